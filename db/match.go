package db

import (
	"bytes"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
)

// keyText is the value of a query key as it is compared (docs/original/network.md 2.3).
// charset is that of the identifier where the index is in Unicode, else nil.
func keyText(e *dicom.Element, c *column, charset *dicom.Charset) string {
	var s string
	switch c.typ {
	case dicomini.DTUInt16, dicomini.DTUInt32, dicomini.DTFL, dicomini.DTFD:
		c2 := *c
		c2.date = false
		s = columnText(e, &c2)
	default:
		s = e.String()
	}
	if s == "**" || s == " *" {
		return "*"
	}
	if s == "" && onlyBlanks(e.Value) {
		return blank
	}
	switch {
	case c.typ == dicomini.DTUI && len(s) > maxUID:
		list := strings.Split(s, `\`)
		for i := range list {
			list[i] = fitUID(list[i], c.width)
		}
		return strings.Join(list, `\`)
	case charset != nil && c.decoded():
		return charset.Decode([]byte(s))
	case charset != nil:
		return utf8FromLatin1(s)
	}
	return s
}

// keyCharset is that of the keys of an identifier, where it counts.
func (d *DB) keyCharset(identifier *dicom.Dataset) *dicom.Charset {
	if !d.Unicode() {
		return nil
	}
	c := identifier.Charset()
	return &c
}

// blank is the text of a key that consists of blanks. Unlike an empty key it is
// compared, and matches nothing, since empty columns are NULL.
const blank = " "

func onlyBlanks(v []byte) bool {
	return len(v) > 0 && len(bytes.Trim(v, " ")) == 0
}

// match appends the conditions of key s for a column.
func match(where []condition, t *table, c *column, s string) []condition {
	if s == "" {
		return where
	}
	ref := colref{t.name, c.name}
	add := func(op operator, v string) []condition {
		return append(where, condition{col: ref, op: op, value: v})
	}
	if s == blank {
		return add(opEqual, "")
	}
	if strings.Trim(s, "*") == "" {
		return add(opAll, s)
	}
	wild := strings.ContainsAny(s, "*?")
	switch c.typ {
	case dicomini.DTDate, dicomini.DTTime:
		if from, to, ok := strings.Cut(s, "-"); ok {
			if from != "" || to == "" {
				where = add(opAtLeast, from)
			}
			if to != "" {
				where = add(opAtMost, to)
			}
			return where
		}
	case dicomini.DTUI:
		if strings.Contains(s, `\`) {
			return append(where, condition{col: ref, op: opIn, values: listOfUIDs(s)})
		}
	case dicomini.DTMStr:
		if !wild {
			return add(opAny, s)
		}
	case dicomini.DTIStr:
		if wild {
			return add(opFoldLike, s)
		}
		return add(opFoldEq, s)
	}
	if wild {
		return add(opLike, s)
	}
	return add(opEqual, s)
}

func listOfUIDs(s string) []string {
	var list []string
	for _, v := range strings.Split(s, `\`) {
		if v = strings.TrimRight(v, " "); v != "" {
			list = append(list, v)
		}
	}
	if list == nil {
		return []string{""}
	}
	return list
}
