package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"conquest/dicomini"
)

// options are what the command line says: modifiers and one action.
type options struct {
	where    string // text of the last -w
	ae, port string
	host     string // of the server that commands go to
	counter  uint32
	consoles []consoleOption // in order; the last one counts
	progress string          // -x

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

// optionRows are all options. Letters do not distinguish case, but for l and L.
var optionRows = []optionRow{
	{"v", "-v", "console and debug to standard output", addConsole},
	{"b", "-b", "the same with debug level 4", addConsole},
	{"u", "-uPORT", "console and debug to UDP port PORT of OperatorConsole, or to a named pipe", addConsole},
	{"!", "-![PORT]", "console to UDP port PORT (1111) of OperatorConsole", addConsole},
	{"^", "-^FILE", "console to FILE, with times", addConsole},
	{"#", "-#FILE", "console and debug to FILE, with times", addConsole},
	{"l", "-lFILE, -LFILE", "console (capital: and debug) to FILE, without times", addConsole},
	{"x", "-xPORT, -x!PORT", "progress to a UDP or TCP port of OperatorConsole", func(o *options, _ byte, arg string) { o.progress = arg; noPort(arg) }},
	{"p", "-pPORT", "port to listen on, and of the server for commands", func(o *options, _ byte, arg string) { o.port = arg }},
	{"q", "-qIP", "host of the server for commands (127.0.0.1)", func(o *options, _ byte, arg string) { o.host = arg }},
	{"h", "-hAE", "own AE title", func(o *options, _ byte, arg string) { o.ae = arg }},
	{"w", "-wFOLDER, -wFILE.ini", "folder of the site, or its configuration file", func(*options, byte, string) {}},
	{"c", "-cN", "first value of the counter in UIDs and names, 0 to 99", func(o *options, _ byte, arg string) { o.counter = uint32(max(dicomini.Atoi(arg), 0)) }},
	{"$", "-$", "accepted, does nothing", func(*options, byte, string) {}},

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
	{"z", "-zPATIENT", "delete a patient", nil},
	{"g", "-gAE[,DATE]", "fetch the images of another server that are not here", nil},
	{"f", "-fpID, -ftID:UID, -fsID:UID, -fiID:UID", "delete patient, study, series, image from the index, files stay", nil},
	{"n", "-ndFILE, -nN FILE, -nu IN OUT", "NKI: decompress, compress, decompress to another file", nil},
	{"j", "-jdFILE, -jN FILE, -j*XXFILE, -jsFILE, -jjFILE", "JPEG: decompress, compress; recompress to code XX; JSON without and with pixels", nil},
	{"?", "-?", "this page", nil},
}

func addConsole(o *options, letter byte, arg string) {
	o.consoles = append(o.consoles, consoleOption{letter, arg})
}

// noPort complains about an empty port.
func noPort(arg string) {
	if strings.TrimPrefix(arg, "!") == "" {
		fmt.Fprintln(os.Stderr, "Could not resolve port")
	}
}

// parse reads the arguments from left to right up to the first action; -w counts
// wherever it stands.
func parse(args []string) options {
	var o options
	for _, a := range args {
		if text, ok := strings.CutPrefix(minus(a), "-"); ok && text != "" && (text[0] == 'w' || text[0] == 'W') {
			o.where = text[1:]
		}
	}
	for i, a := range args {
		a = minus(a)
		if command, ok := strings.CutPrefix(a, "--"); ok {
			o.action, o.arg, o.rest = "--", command, args[i+1:]
			return o
		}
		text, ok := strings.CutPrefix(a, "-")
		if !ok {
			addConsole(&o, '!', "")
			continue
		}
		if o.option(text, args[i+1:]) {
			return o
		}
	}
	return o
}

// option reads one option and tells whether it is an action.
func (o *options) option(text string, rest []string) bool {
	if text == "" {
		o.action = "-?"
		return true
	}
	letter := strings.ToLower(text[:1])
	i := slices.IndexFunc(optionRows, func(r optionRow) bool { return r.letters == letter })
	if i < 0 {
		o.action = "-?"
		return true
	}
	if modify := optionRows[i].modify; modify != nil {
		modify(o, text[0], text[1:])
		return false
	}
	o.action, o.arg, o.rest = "-"+letter, text[1:], rest
	return true
}

// minus turns the slash of Windows into a minus.
func minus(a string) string {
	if runtime.GOOS == "windows" && len(a) > 1 && a[0] == '/' {
		return "-" + a[1:]
	}
	return a
}

// cgiRequest tells whether this is a web request: by -y, or without arguments by
// the environment.
func cgiRequest(argv []string) (query string, ok bool) {
	for _, a := range argv[1:] {
		if q, is := strings.CutPrefix(a, "-y"); is {
			return q, true
		}
	}
	if len(argv) > 1 {
		return "", false
	}
	query, set := os.LookupEnv("QUERY_STRING")
	return query, set || os.Getenv("CONTENT_LENGTH") != ""
}
