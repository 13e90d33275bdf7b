package dicomini

import (
	"fmt"
	"strconv"
	"strings"
)

// KeysDocument is docs/configuration.md: the table of keys for people.
func KeysDocument() string {
	var b strings.Builder
	b.WriteString(documentHead)
	for _, t := range Topics() {
		fmt.Fprintf(&b, "\n## %s\n\n", t.Title)
		switch {
		case t.Keys[0].Unread:
			unreadDocument(&b, t)
		case t.Keys[0].Type == Script:
			convertersDocument(&b)
		default:
			keysDocument(&b, t)
		}
	}
	return b.String()
}

const documentHead = `# Keys of dicom.ini

Made from the table in package dicomini: ` + "`go test ./dicomini -run TestKeysDocument -update`" + ` writes this file.

Keys stand in the main section, which is ` + "`[sscscp]`" + `, unless a section is named. The first of equal keys counts, letter case does not matter, there are no comments behind values.
A switch is a number: 0 is off, anything else on. A change takes effect

* **reread** - at start and with ` + "`--read_ini:`" + `,
* **start** - at the next start,
* **once** - at the next start, when it is first used,
* **use** - within a second,
* **open** - with the next connection to the database.

Keys with a release are ours; the others are those of the original with its defaults.
`

func keysDocument(b *strings.Builder, t Topic) {
	b.WriteString("| key | value | default | effect | since | what it does |\n|---|---|---|---|---|---|\n")
	for _, k := range t.Keys {
		name := "`" + k.Name + "`"
		if k.Numbered {
			name = "`" + k.Name + "0`, `1` ..."
		}
		if k.Bare {
			name = "`" + k.Name + "`, " + name
		}
		if k.Alternative != "" {
			name += "<br>`" + k.Alternative + "`"
		}
		if k.Section != "" {
			name = "`[" + k.Section + "]` " + name
		}
		value := ""
		if k.Default != "" {
			value = "`" + k.Default + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", name, k.valueText(), value, k.When.word(), k.Since, strings.ReplaceAll(k.Text, "|", `\|`))
	}
}

func convertersDocument(b *strings.Builder) {
	b.WriteString("Each is a line of commands of at most 511 bytes, or of Lua when it stands in `[lua]`, and takes effect at use. Beside `ImportConverter0` stand its filters `ImportModality0`,\n" +
		"`ImportStationName0`, `ImportCalledAE0` and `ImportCallingAE0` (default `*`; `x*`, `*x`, `*x*`; an empty one switches the converter off), and so for all kinds. `ExportFilter0` is a condition of SQL.\n\n" +
		"| key | what it does |\n|---|---|\n")
	for _, kind := range ConverterKinds {
		fmt.Fprintf(b, "| `%sConverter0` ... | %s |\n", kind, converterTexts[kind])
	}
}

func unreadDocument(b *strings.Builder, t Topic) {
	b.WriteString("These occur in manuals, shipped files or the graphical program; the server does not read them:\n")
	for i, k := range t.Keys {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(" `" + k.Name + "`")
	}
	b.WriteString(".\n")
}

func (w When) word() string {
	if w == "" || w == Reread {
		return "reread"
	}
	return string(w)
}

// valueText says what a value may be.
func (k *Key) valueText() string {
	s := [...]string{"text", "number", "switch", "word", "folder", "file", "compression", "hosts", "names", "commands", "Lua", "SQL", "filter"}[k.Type]
	switch {
	case k.Type == Word:
		s = strings.Join(k.Choices, ", ")
	case k.Type == Number && k.Max == 1<<30:
		s += " from " + strconv.Itoa(k.Min)
	case k.Type == Number && k.Max != 0:
		s = fmt.Sprintf("%d to %d", k.Min, k.Max)
	}
	if k.Unit != "" {
		s += " (" + k.Unit + ")"
	}
	return s
}
