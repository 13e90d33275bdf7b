package main

import (
	"runtime"
	"slices"
	"strings"

	"conquest/dicomini"
)

// options are what the command line says: modifiers and one action.
type options struct {
	where    []string // texts of -w
	ae, port string
	host     string // of the server that commands go to
	counter  uint32
	consoles []consoleOption // in order; the last one counts
	progress string          // -x
	shows    bool            // -x is there
	binary   bool            // -$

	action string // letter with its minus, "--" for a command, "" for the server
	arg    string // text behind it
	rest   []string
}

// consoleOption is an option that opens the console: its letter and target.
type consoleOption struct {
	kind   byte
	target string
}

// A row describes an option for the parser and for the help page.
type optionRow struct {
	letters string // first characters behind the minus
	form    string // as shown
	help    string
	modify  func(o *options, letter byte, arg string) // nil for actions
}

// optionRows are all options. Letters do not distinguish case, but for l, L, x
// and y.
var optionRows = []optionRow{
	{"v", "-v", "console and debug to standard output", addConsole},
	{"b", "-b", "the same with debug level 4", addConsole},
	{"u", "-uPORT", "console and debug to UDP port PORT of OperatorConsole, or to a named pipe", addConsole},
	{"!", "-![PORT]", "console to UDP port PORT (1111) of OperatorConsole", addConsole},
	{"^", "-^FILE", "console to FILE, with times", addConsole},
	{"#", "-#FILE", "console and debug to FILE, with times", addConsole},
	{"l", "-lFILE, -LFILE", "console (capital: and debug) to FILE, without times", addConsole},
	{"x", "-xPORT, -x!PORT", "progress to a UDP or TCP port of OperatorConsole", func(o *options, _ byte, arg string) { o.progress, o.shows = arg, true }},
	{"p", "-pPORT", "port to listen on, and of the server for commands", func(o *options, _ byte, arg string) { o.port = arg }},
	{"q", "-qIP", "host of the server for commands (127.0.0.1)", func(o *options, _ byte, arg string) { o.host = arg }},
	{"h", "-hAE", "own AE title", func(o *options, _ byte, arg string) { o.ae = arg }},
	{"w", "-wFOLDER, -wFILE.ini", "folder of the site, or its configuration file", func(o *options, _ byte, arg string) { o.where = append(o.where, arg) }},
	{"c", "-cN", "first value of the counter in UIDs and names, 0 to 99", func(o *options, _ byte, arg string) { o.counter = uint32(max(dicomini.Atoi(arg), 0)) }},
	{"$", "-$", "standard output without the line ends of Windows", func(o *options, _ byte, _ string) { o.binary = true }},

	{"y", "-yQUERY", "answer a web request like a CGI program", nil},
	{"i", "-i[MODE]", "make the tables of the index anew", nil},
	{"r", "-r[MODE]", "make the tables anew and enter all stored files", nil},
	{"a", "-arDEVICE[,FOLDER]", "enter the files of a device or of a folder of it; further -a options: see archiving", nil},
	{"d", "-d", "free space of the devices", nil},
	{"m", "-m", "show the AE map", nil},
	{"k", "-k", "show the layout of the database", nil},
	{"t", "-t", "test the console", nil},
	{"o", "-o", "test the database", nil},
	{"e", "-ePW DATABASE USER USERPW", "create database and login on a database server", nil},
	{"s", "-sDRIVER;OPTIONS", "create an ODBC data source: there are none, which is told; exit status 1", nil},
	{"z", "-zPATIENT", "delete a patient", nil},
	{"g", "-gAE[,DATE]", "fetch the images of another server that are not here", nil},
	{"f", "-fpID, -ftID:UID, -fsID:UID, -fiID:UID", "delete patient, study, series, image from the index, files stay", nil},
	{"n", "-ndFILE, -ncNFILE, -nu IN OUT", "NKI: decompress, compress to code nN, decompress to another file", nil},
	{"j", "-jdFILE, -jcNFILE, -j*XXFILE, -jsFILE, -jjFILE", "JPEG: decompress, compress to code jN; recompress to code XX; JSON without and with pixels", nil},
	{"?", "-?", "this page", nil},
}

func addConsole(o *options, letter byte, arg string) {
	if letter != 'L' {
		letter = lower(letter)
	}
	o.consoles = append(o.consoles, consoleOption{letter, arg})
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// parse reads the arguments from left to right up to the first action; -w counts
// wherever it stands.
func parse(args []string) options {
	o := options{host: "127.0.0.1"}
	for i, a := range args {
		a = minus(a)
		if command, ok := strings.CutPrefix(a, "--"); ok {
			o.action, o.arg, o.rest = "--", command, args[i+1:]
			break
		}
		text, ok := strings.CutPrefix(a, "-")
		if !ok {
			addConsole(&o, '!', "")
			if text, ok = strings.CutPrefix(a, "/"); !ok || !isWhere(text) {
				continue
			}
		}
		if o.option(text, args[i+1:]) {
			break
		}
	}
	for _, a := range o.rest {
		if text, ok := strings.CutPrefix(minus(a), "-"); ok && isWhere(text) {
			o.where = append(o.where, text[1:])
		}
	}
	return o
}

// isWhere tells whether the text behind a minus is -w, which also counts behind
// a slash.
func isWhere(text string) bool { return text != "" && lower(text[0]) == 'w' }

// option reads one option and tells whether it is an action.
func (o *options) option(text string, rest []string) bool {
	row := slices.IndexFunc(optionRows, func(r optionRow) bool { return text != "" && r.has(text[0]) })
	if row < 0 {
		o.action, o.rest = "-?", rest
		return true
	}
	if modify := optionRows[row].modify; modify != nil {
		modify(o, text[0], text[1:])
		return false
	}
	o.action, o.arg, o.rest = "-"+optionRows[row].letters, text[1:], rest
	return true
}

// has tells whether a letter means the option.
func (r *optionRow) has(letter byte) bool {
	if letter == 'X' || lower(letter) == 'y' {
		return false
	}
	return r.letters[0] == lower(letter)
}

// minus turns the slash of Windows into a minus.
func minus(a string) string {
	if runtime.GOOS == "windows" && len(a) > 1 && a[0] == '/' {
		return "-" + a[1:]
	}
	return a
}
