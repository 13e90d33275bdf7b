package luabind

import (
	"fmt"
	"strings"
)

// Reference is docs/lua.md: the API of the server in Lua, from the tables that make it.
func Reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	for _, c := range api() {
		fmt.Fprintf(&b, "\n## %s\n\n", c.title)
		if c.text != "" {
			b.WriteString(c.text + "\n\n")
		}
		b.WriteString("| function | method | |\n|---|---|---|\n")
		for _, f := range c.features {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(f.global+f.args, f.global != ""), cell(f.call(), f.method != ""), f.help)
		}
	}
	b.WriteString(referenceModules)
	for _, m := range modules {
		fmt.Fprintf(&b, "| %s | %s |\n", cell(strings.Join(m.names, "`, `"), true), m.help)
	}
	b.WriteString(referenceGlobal)
	fmt.Fprintf(&b, "\nNumbers: %s.\n", strings.Join(NumberVariables(), ", "))
	fmt.Fprintf(&b, "\nTexts: %s.\n", strings.Join(TextVariables(), ", "))
	return b.String()
}

func cell(code string, there bool) string {
	if !there {
		return ""
	}
	return "`" + code + "`"
}

// call is how the method is called.
func (f feature) call() string {
	args := f.args
	for _, own := range []string{"([obj,] ", "(obj, ", "(obj [, ", "([obj])", "(obj)", "(array, "} {
		rest, ok := strings.CutPrefix(args, own)
		switch {
		case !ok:
			continue
		case strings.HasSuffix(own, ")"):
			args = "()"
		case strings.HasSuffix(own, "[, "):
			args = "([" + rest
		default:
			args = "(" + rest
		}
		break
	}
	switch f.kind {
	case ofClass:
		return "DicomObject:" + f.method + args
	case ofArrays:
		return "array:" + f.method + args
	}
	return "obj:" + f.method + args
}

const referenceHead = `<!-- Made by: go test ./luabind -run TestReference -update -->
# Lua

Lua 5.1 with its standard libraries runs in hooks and converters (section ` + "`[lua]`" + ` of dicom.ini), in ` + "`lua:`" + ` statements and called files of the
command language, in web pages, and by ` + "`--lua:`, `--luastart:`, `--globallua:` and `--dolua:`" + `. When each runs, on what, and for how long its globals live is
in [original/lua.md](original/lua.md); where we differ from the original on purpose is in [differences.md](differences.md).

A chunk finds:

| | |
|---|---|
| ` + "`Data`" + ` | the object it works on. ` + "`Data.PatientID`, `Data['0010,0020']`, `Data['/Seq.n/Item']`" + ` read a text, nil when it is not there; assigning changes it, nil removes it |
| ` + "`Data.Sequence[n]`" + ` | an item, from 0; number ` + "`#Data.Sequence`" + ` is made. ` + "`Data.Sequence = {}`" + ` makes a sequence |
| ` + "`Data.Storage`" + ` | in import converters: the device |
| ` + "`Command`" + ` | the command set that came with it |
| ` + "`Association`" + ` | ` + "`Calling`, `Called`, `ConnectedIP`, `Thread`" + ` |
| ` + "`Global`" + ` | live variables of the server and keys of dicom.ini, see below |

Functions give nothing when they fail, unless it says otherwise. A wrong argument is an error of Lua.
`

const referenceModules = `
## Modules

What ` + "`require`" + ` finds without a file. It also looks into the folder ` + "`lua`" + ` of the site.

| module | |
|---|---|
`

const referenceGlobal = `
## Global

Names are found in any case. Others than these read the key of the server's section of dicom.ini. Assigning to a key that dicom.ini has changes the file.
`
