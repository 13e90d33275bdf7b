package hl7

import (
	"conquest/db"
	"conquest/dicomini"
)

// Row is what a message makes of the worklist: a value for each column whose
// item it has, in order of the items.
type Row []db.Field

// Special items of a column: a new accession number and a new UID.
const (
	newAccession = "*AN"
	newUID       = "*UI"
)

// accessionLength is the length of a made accession number: the end of a UID.
const accessionLength = 16

// Rows reads the messages of text, makes a row of each by the last column of the
// worklist table, and gives it to enter as soon as its message ends. makeUID gives
// new UIDs; log, which may be nil, sees every item. Of an item that comes twice in
// a message the first counts.
func Rows(text string, table *dicomini.Table, makeUID func() string, log func(Item), enter func(Row)) error {
	var row Row
	filled := map[string]bool{}
	add := func(c dicomini.Column, value string) {
		if !filled[c.Name] {
			filled[c.Name] = true
			row = append(row, db.Field{Column: c.Name, Value: value})
		}
	}
	return Parse(text, func(it Item) bool {
		if log != nil {
			log(it)
		}
		for _, c := range table.Columns {
			if !c.Sequence() && c.HL7 == it.Type {
				add(c, it.Contents)
			}
		}
		if it.Type != EndOfMessage {
			return true
		}
		if len(row) > 0 {
			enter(complete(row, table, makeUID))
		}
		row, filled = nil, map[string]bool{}
		return true
	})
}

// complete adds the columns that no item fills.
func complete(row Row, table *dicomini.Table, makeUID func() string) Row {
	for _, c := range table.Columns {
		switch {
		case c.Sequence():
		case c.HL7 == newAccession:
			uid := makeUID()
			row = append(row, db.Field{Column: c.Name, Value: uid[max(0, len(uid)-accessionLength):]})
		case c.HL7 == newUID:
			row = append(row, db.Field{Column: c.Name, Value: makeUID()})
		}
	}
	return row
}
