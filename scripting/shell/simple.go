package shell

import (
	"slices"
	"strings"
)

// simple is a simple command whose words are read.
type simple struct{ words []word }

// finish decides what the values in the words can do and begins anew; separator
// is what ends the command.
func (c *simple) finish(p *posix, separator, end byte) {
	words := slices.Clone(c.words)
	c.words = c.words[:0]
	if len(words) == 0 {
		return
	}
	p.feeding = separator == '|'
	if end == ')' && words[0].text == "case" {
		p.lose() // its patterns have parentheses
	}
	classify(p, words)
	if p.feeding {
		p.piped = append(p.piped, words...)
		return
	}
	p.piped = nil
}

// readsInput notes that a program reads code from its input: from the commands
// before it in a pipeline and from here-documents.
func (p *posix) readsInput(k kind) {
	p.readsOn, p.readKind = true, k
	if len(p.piped) == 0 {
		return
	}
	if producer := p.piped[0].text; k == code && producer == "echo" {
		joined(p, p.piped[1:])
		return
	}
	for i := range p.piped {
		for _, n := range p.piped[i].places {
			switch pl := &p.places[n]; {
			case k == code && pl.wordStart:
				pl.kind = program
			default:
				pl.kind = k
			}
		}
	}
}

var (
	keywords = []string{"if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "fi", "done", "esac"}
	// carriers run the program that their arguments name.
	carriers = []string{"exec", "command", "builtin", "nohup", "sudo", "doas", "env", "xargs", "time", "nice", "ionice", "timeout",
		"setsid", "stdbuf", "chroot", "busybox", "unshare", "strace", "flock", "chronic", "unbuffer", "start-stop-daemon", "systemd-run"}
	shells     = []string{"sh", "bash", "dash", "ksh", "zsh", "ash", "mksh", "rbash", "su", "runuser", "script"}
	evaluators = []string{"eval", "ssh", "rsh", "watch", "parallel", "at", "batch", "trap", "alias", "crontab"}
	sources    = []string{".", "source"}
	setters    = []string{"export", "readonly", "local", "declare", "typeset"}
	// interpreters read code from the argument behind one of their options.
	interpreters = map[string]string{"perl": "eEnpi", "python": "c", "python3": "c", "python2": "c", "ruby": "e", "php": "rRBE", "node": "ep",
		"lua": "e", "tclsh": "c", "gs": "c", "sqlite3": "", "mysql": "e", "psql": "c", "osascript": "e", "expect": "c", "gdb": "x", "vi": "c", "vim": "c", "ex": "c", "ed": ""}
	// programs whose first argument is code, but for that of options.
	filters = map[string]string{"sed": "e", "awk": "e", "gawk": "e", "mawk": "e", "nawk": "e", "jq": "", "bc": "", "dc": "e", "m4": "D", "make": ""}
	// runners run others by an option.
	runners = []string{"tar", "find", "rsync", "scp", "sftp", "zip", "git", "sort", "curl", "wget", "convert", "magick", "man", "less", "ffmpeg", "gcc", "cc", "pip", "npm", "docker"}
	// deciders are variables that decide what runs.
	deciders = []string{"PATH", "IFS", "ENV", "BASH_ENV", "SHELL", "EDITOR", "PAGER", "PS4", "PROMPT_COMMAND", "PERL5LIB", "PERL5OPT", "PYTHONPATH", "PYTHONSTARTUP", "RUBYOPT", "NODE_OPTIONS", "GIT_SSH", "GIT_SSH_COMMAND", "RSYNC_RSH"}
)

// classify gives the values of the words their kinds.
func classify(p *posix, words []word) {
	for len(words) > 0 {
		w := &words[0]
		name, isAssignment := w.assignment()
		switch {
		case isAssignment:
			if decides(name) {
				w.all(p, variable)
			}
		case !w.quoted && slices.Contains(keywords, w.text):
		case !w.quoted && (w.text == "for" || w.text == "case" || w.text == "select"):
			return // values are words
		default:
			words = w.run(p, words[1:])
			continue
		}
		words = words[1:]
	}
}

// run takes w for the name of a program and gives the words that name another
// one.
func (w *word) run(p *posix, arguments []word) []word {
	w.name(p)
	name := w.text[strings.LastIndexByte(w.text, '/')+1:]
	switch {
	case slices.Contains(carriers, name):
		return carried(arguments)
	case slices.Contains(shells, name):
		shellCode(p, name, arguments)
	case slices.Contains(evaluators, name):
		joined(p, arguments)
		p.readsInput(code)
	case slices.Contains(setters, name):
		for i := range arguments {
			if v, ok := arguments[i].assignment(); ok && decides(v) {
				arguments[i].all(p, variable)
			}
		}
	case name == "let", name == "[[" && compares(arguments):
		for i := range arguments {
			arguments[i].all(p, number)
		}
	case slices.Contains(sources, name):
		if len(arguments) > 0 {
			arguments[0].name(p)
		}
	case name == "find":
		runnerOptions(p, arguments)
		for i := range arguments {
			if t := arguments[i].text; t == "-exec" || t == "-execdir" || t == "-ok" || t == "-okdir" {
				return arguments[i+1:]
			}
		}
	case slices.Contains(runners, name):
		runnerOptions(p, arguments)
	default:
		if options, ok := interpreters[name]; ok {
			interpreterCode(p, options, arguments)
			p.readsInput(script)
		} else if options, ok := filters[name]; ok {
			filterCode(p, options, arguments)
		}
		for i := range arguments {
			if slices.Contains(shells, base(arguments[i].text)) {
				shellCode(p, base(arguments[i].text), arguments[i+1:])
			}
		}
	}
	return nil
}

func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// carried are the words from the program on that a carrier runs: the first that
// is known, else the first that is no option.
func carried(arguments []word) []word {
	for i := range arguments {
		name := base(arguments[i].text)
		_, interprets := interpreters[name]
		_, filters := filters[name]
		if interprets || filters || slices.Contains(shells, name) || slices.Contains(evaluators, name) || slices.Contains(runners, name) || slices.Contains(carriers, name) {
			return arguments[i:]
		}
	}
	for len(arguments) > 0 && (strings.HasPrefix(arguments[0].text, "-") || isAmount(arguments[0].text)) {
		arguments = arguments[1:]
	}
	return arguments
}

func decides(variable string) bool {
	return slices.Contains(deciders, variable) || strings.HasPrefix(variable, "LD_") || strings.HasPrefix(variable, "DYLD_")
}

// compares tells whether words compare numbers, for which bash evaluates them.
func compares(words []word) bool {
	return slices.ContainsFunc(words, func(w word) bool {
		return slices.Contains([]string{"-eq", "-ne", "-lt", "-le", "-gt", "-ge"}, w.text)
	})
}

// isAmount tells whether a word is the number that carriers take, as 10 or 5m.
func isAmount(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.smhd") == "" && s[0] >= '0' && s[0] <= '9'
}

// assignment is the name in NAME=value.
func (w *word) assignment() (name string, ok bool) {
	name, _, ok = strings.Cut(w.text, "=")
	if !ok || name == "" || name[0] >= '0' && name[0] <= '9' {
		return "", false
	}
	for i := range len(name) {
		if !isAlnum(name[i]) && name[i] != '_' {
			return "", false
		}
	}
	return name, true
}

// all gives all values of a word one kind.
func (w *word) all(p *posix, k kind) {
	for _, n := range w.places {
		if p.places[n].kind == argument {
			p.places[n].kind = k
		}
	}
}

// name takes a word for the name of a program.
func (w *word) name(p *posix) {
	for _, n := range w.places {
		switch pl := &p.places[n]; {
		case pl.kind != argument && pl.kind != option:
		case pl.wordStart:
			pl.kind = program
		default:
			pl.kind = program2
		}
	}
}

// shellCode finds the code behind -c, or in a file, or in the input.
func shellCode(p *posix, name string, arguments []word) {
	if !readsFile(arguments) {
		p.readsInput(code)
	}
	for i := range arguments {
		t := arguments[i].text
		if !strings.HasPrefix(t, "-") || strings.HasPrefix(t, "--") {
			if name == "su" || name == "runuser" || name == "script" {
				continue // the name of a user or a file
			}
			arguments[i].name(p) // the file of a script
			return
		}
		if strings.Contains(t, "c") && i+1 < len(arguments) {
			joined(p, arguments[i+1:i+2])
			if name == "su" || name == "runuser" || name == "script" {
				continue
			}
			return
		}
	}
}

// readsFile tells whether a shell has its code from its arguments.
func readsFile(arguments []word) bool {
	for i := range arguments {
		t := arguments[i].text
		if !strings.HasPrefix(t, "-") || strings.Contains(t, "c") {
			return true
		}
		if strings.Contains(t, "s") {
			return false
		}
	}
	return false
}

// joined takes words for code of a shell, which reads them again as one text.
func joined(p *posix, words []word) {
	var text []string
	var places []int
	unsure := false
	for i := range words {
		text = append(text, words[i].text)
		places = append(places, words[i].places...)
		unsure = unsure || words[i].expands
	}
	if unsure { // what the shell puts in may hold quotes
		for _, n := range places {
			p.places[n].kind = code
		}
		return
	}
	if len(places) > 0 {
		p.again(strings.Join(text, " "), nil, places)
	}
}

// interpreterCode finds the code behind an option of one letter; without options
// all arguments but the first are code.
func interpreterCode(p *posix, options string, arguments []word) {
	for i := range arguments {
		t := arguments[i].text
		switch {
		case options == "":
			arguments[i].all(p, script)
		case strings.HasPrefix(t, "--") && strings.IndexByte(t, hole) >= 0:
			arguments[i].all(p, script)
		case !strings.HasPrefix(t, "-"):
			return // the file of a script; values behind it are its arguments
		case strings.ContainsAny(t[1:], options):
			arguments[i].all(p, script)
			if i+1 < len(arguments) {
				arguments[i+1].all(p, script)
			}
		}
	}
}

// filterCode finds the code of programs that take it as their first argument.
func filterCode(p *posix, options string, arguments []word) {
	given := false
	for i := 0; i < len(arguments); i++ {
		t := arguments[i].text
		switch {
		case len(t) > 1 && t[0] == '-' && options != "" && strings.Contains(t, options):
			given = true
			arguments[i].all(p, script)
			if i+1 < len(arguments) {
				arguments[i+1].all(p, script)
			}
			i++
		case t == "-v" || t == "-F" || t == "-f" || t == "--arg":
			i++ // what follows is a value, or the name of a file
		case strings.HasPrefix(t, "-"):
		case !given:
			arguments[i].all(p, script)
			given = true
		}
	}
}

// runnerOptions takes values that begin arguments for possible options.
func runnerOptions(p *posix, arguments []word) {
	for i := range arguments {
		if arguments[i].text == "--" {
			return
		}
		for _, n := range arguments[i].places {
			if pl := &p.places[n]; pl.kind == argument && pl.wordStart {
				pl.kind = option
			}
		}
	}
}
