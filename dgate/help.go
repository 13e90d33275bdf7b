package main

import (
	"fmt"
	"strings"

	"conquest/command"
	"conquest/server"
)

// archiveForms are the options of archiving, which the server reads.
var archiveForms = []localRow{
	{"-asKB,N", "mark patients of MAGN for archiving"},
	{"-abJUKEBOXn.m,N", "copy what is marked to the cache of a medium"},
	{"-acJUKEBOXn.m, -adJUKEBOXn.m", "compare a medium with its cache; and delete the cache"},
	{"-amFROM,TO", "move the data of a device"},
	{"-aeFROM,TO", "rename a device in the index"},
	{"-au", "take the marks of archiving back"},
	{"-avDEVICE, -atDEVICE", "compare a device with its mirror; read all its files"},
}

// fileForms are the options -f beside those of deletion.
var fileForms = []localRow{
	{"-faFILE[,PATIENT]", "add a file"},
	{"-feFILE, -frDEVICE,FOLDER", "enter a stored file or a folder in the index"},
	{"-fdFILE, -fzFILE", "delete the object of a stored file from the index, or altogether"},
	{"-fcPATIENT,FILE, -fkPATIENT,FILE", "change the patient ID of a stored file, or copy it under another"},
	{"-ffMB", "delete old patients until MB are free"},
	{"-f?FILE, -fu", "SOP instance UID of a file; a new UID"},
}

// helpPage is what -? prints.
func helpPage() string {
	var b strings.Builder
	fmt.Fprintf(&b, "DGATE %s: DICOM server, its maintenance and its commands\n\n", server.Version)
	b.WriteString("dgate [OPTION]...              run the server\ndgate [OPTION]... ACTION       maintain the site, then end\n")
	b.WriteString("dgate [OPTION]... --COMMAND:.. send a command to the running server\n")
	b.WriteString("dgate init [FOLDER [AE [PORT]]] make a new site\ndgate help|version|status|man|completion SHELL\n")
	section := func(title string) { fmt.Fprintf(&b, "\n%s:\n", title) }
	line := func(form, help string) { fmt.Fprintf(&b, "  %-44s %s\n", form, help) }
	section("Options")
	for _, r := range optionRows {
		if r.modify != nil {
			line(r.form, r.help)
		}
	}
	section("Actions")
	for _, r := range optionRows {
		if r.modify == nil {
			line(r.form, r.help)
		}
	}
	for _, r := range fileForms {
		line(r.form, r.help)
	}
	section("Archiving")
	for _, r := range archiveForms {
		line(r.form, r.help)
	}
	section("Carried out here")
	for _, r := range localRows {
		line(r.form, r.help)
	}
	b.WriteString("\nServer commands")
	b.WriteString("\nexit status: 255 with an answer, 0 without, 1 when the server can not be reached\n")
	b.WriteString(command.Help())
	return b.String()
}

// optionLists are the options that change how an action runs, and the actions.
func optionLists() (modifiers, acts []localRow) {
	for _, r := range optionRows {
		if r.modify != nil {
			modifiers = append(modifiers, localRow{r.form, r.help})
		} else {
			acts = append(acts, localRow{r.form, r.help})
		}
	}
	return modifiers, acts
}

// helpMarkdown is docs/commands.md.
func helpMarkdown() string {
	var b strings.Builder
	b.WriteString(`# Command line and server commands

This page is made from the tables that the program itself reads: ` + "`dgate --help-markdown`" + `.

    dgate [OPTION]...              run the server
    dgate [OPTION]... ACTION       maintain the site, then end
    dgate [OPTION]... --COMMAND:.. send a command to the running server
    dgate init [FOLDER [AE [PORT]]] make a new site: dicom.ini, acrnema.map and the lists, none of which is overwritten
    dgate help|version|status      this page, the build, how the server of this folder is
    dgate man                      the man page, for man -l -
    dgate completion SHELL         what bash, zsh, fish or powershell read to complete the command line

Options change how an action runs and stand before it; letters may be capital or small, but for l and L.
Actions print their messages on the console only: put ` + "`-v`" + ` before them to see them.

`)
	table := func(title string, rows []localRow) {
		fmt.Fprintf(&b, "## %s\n\n| Form | What it does |\n|---|---|\n", title)
		for _, r := range rows {
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(r.form, "|", `\|`), strings.ReplaceAll(r.help, "|", `\|`))
		}
		b.WriteString("\n")
	}
	modifiers, acts := optionLists()
	table("Options", modifiers)
	table("Actions", append(acts, fileForms...))
	table("Archiving", archiveForms)
	table("Commands carried out by the program itself", localRows)
	b.WriteString(`# Server commands

` + "`dgate [-pPORT] [-qHOST] [-hAE] --COMMAND:ARGUMENTS`" + ` sends a command to a running server and prints the answer as it is, without adding a line end.
Exit status: 255 when the server answered with a value, 0 when it answered without one (or does not know the command), 1 when it could not be reached or ended.
File names are those of the server. FORMAT is a format of C's printf; values that it asks for and that are not there print nothing.
FILE as last argument: empty answers with the content, ` + "`cgi`" + ` with a content type before it, ` + "`pre`" + ` with a ` + "`<pre>`" + `, ` + "`binary`" + ` as it is; anything else is a file that the server writes.
OBJECT is ` + "`PATIENT:SOP`" + ` (or ` + "`|`, `?`, `*`" + ` instead of the colon), ` + "`STUDY\\SERIES\\SOP`" + `, or a file.
SELECTION is ` + "`all`" + `, an AE, the name of a queue, or ` + "`QUEUE/NUMBER`" + ` as ` + "`--deadletters:`" + ` shows it.
Hosts that may send commands are listed in ` + "`CommandIPs`" + `, by default this machine only.

A copy of the program, or a link to it, whose name begins with ` + "`servertask`" + ` is the client of web applications: it sends ` + "`--COMMAND:ARGUMENTS`" + `,
runs ` + "`--dolua:CHUNK`" + ` or any other argument as Lua with ` + "`servercommand()`" + `, and reads no file of a site.
`)
	b.WriteString(command.Reference())
	return b.String()
}
