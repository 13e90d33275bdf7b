package main

import (
	"fmt"
	"strings"

	"conquest/server"
)

// manual prints the man page, in the language of man(7).
func manual([]string) int {
	fmt.Print(manPage())
	return 0
}

// roff makes a text safe where a line of roff begins or a backslash stands.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

func manPage() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH DGATE 1 \"\" \"dgate %s\" \"DICOM server\"\n", server.Version)
	b.WriteString(".SH NAME\ndgate \\- DICOM server that continues the Conquest DICOM server\n")
	b.WriteString(".SH SYNOPSIS\n")
	for _, line := range []string{"[OPTION]...", "[OPTION]... ACTION", "[OPTION]... --COMMAND:ARGUMENTS", "help|version|status", "init [FOLDER [AE [PORT]]]", "completion bash|zsh|fish|powershell"} {
		fmt.Fprintf(&b, ".B dgate\n%s\n.br\n", roff(line))
	}
	b.WriteString(".SH DESCRIPTION\n")
	b.WriteString("Without an action it runs the server on the dicom.ini of the current folder, or of that of the program.\n")
	b.WriteString("Options change how an action runs and stand before it. Actions print on the console only: put \\-v before them to see it.\n")
	section := func(title string, rows []localRow) {
		fmt.Fprintf(&b, ".SH %s\n", title)
		for _, r := range rows {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(r.form), roff(r.help))
		}
	}
	modifiers, acts := optionLists()
	section("OPTIONS", modifiers)
	section("ACTIONS", append(acts, fileForms...))
	section("ARCHIVING", archiveForms)
	section("COMMANDS OF THE PROGRAM", localRows)
	b.WriteString(".SH COMMANDS OF THE SERVER\nThose that a running server takes are listed by\n.B dgate help\nand explained in the documentation that its browser pages show.\n")
	b.WriteString(".SH EXIT STATUS\nOf a command to a server: 255 when it answered with a value, 0 when it answered without one, 1 when it could not be reached or ended. Else 0, or 1 for errors.\n")
	b.WriteString(".SH FILES\n.TP\n.B dicom.ini\nthe configuration of the site\n.TP\n.B acrnema.map\nwho may be sent to\n.TP\n.B dgatesop.lst\nwhat is accepted\n")
	return b.String()
}
