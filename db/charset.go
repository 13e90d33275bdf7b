package db

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
)

// Unicode tells whether the index holds text in UTF-8: UTF8ToDB is set, or the
// database takes nothing else. Otherwise it holds bytes as they came.
func (d *DB) Unicode() bool {
	return d.settings().UTF8ToDB || d.isOpen() && d.store.unicode()
}

// decoded tells whether the values of a column are read by the character set of
// their object. Patient IDs are not: they are looked up by their bytes.
func (c *column) decoded() bool {
	switch c.typ {
	case dicomini.DTStr, dicomini.DTIStr, dicomini.DTMStr:
		return c.tag != dicom.PatientID
	}
	return false
}

// unicodeLabel is (0008,0005) of data sets in UTF-8.
const unicodeLabel = "ISO_IR 192"

// speaker brings answers of a Unicode index into a character set that can hold
// them, and labels them.
type speaker struct {
	sets []string // (0008,0005) of the sets in question; UTF-8 comes last
	iso  int      // the label of answers that need none, 0 is none
}

// speaks makes the speaker of the answers to an identifier: its own character set
// comes first. iso is QueriesReturnISO_IR or WorkListReturnsISO_IR.
func (d *DB) speaks(identifier *dicom.Dataset, iso int) *speaker {
	if !d.Unicode() {
		return nil
	}
	s := &speaker{iso: iso}
	if own := identifier.String(dicom.SpecificCharacterSet); own != "" {
		s.sets = append(s.sets, own)
	}
	if iso != 0 {
		s.sets = append(s.sets, fmt.Sprintf("ISO_IR %d", iso))
	}
	if d.settings().UTF8FromDB {
		s.sets = append(s.sets, "ISO_IR 100")
	}
	return s
}

// say recodes an answer.
func (s *speaker) say(a *dicom.Dataset) {
	if !beyondASCII(a) {
		if s.iso != 0 && !a.Has(dicom.SpecificCharacterSet) {
			a.Put(isoIR(s.iso))
		}
		return
	}
	for _, label := range s.sets {
		a.SetString(dicom.SpecificCharacterSet, unicodeLabel)
		c := a.Clone()
		if c.Recode(strings.Split(label, `\`)...) == nil {
			*a = *c
			return
		}
	}
	a.SetString(dicom.SpecificCharacterSet, unicodeLabel)
}

func beyondASCII(ds *dicom.Dataset) bool {
	for e := range ds.All() {
		for _, it := range e.Items {
			if beyondASCII(it) {
				return true
			}
		}
		for _, b := range e.Value {
			if b >= 0x80 && e.VR.IsText() {
				return true
			}
		}
	}
	return false
}

// maxUID is the length of UIDs (PS3.5 section 9.1), and of their columns.
const maxUID = 64

// fitUID makes a UID that is too long for its column one of the right length, so
// that two of them never share a row. It is the same for rows and for keys.
func fitUID(uid string, width int) string {
	if len(uid) <= maxUID || width < maxUID {
		return uid
	}
	sum := sha256.Sum256([]byte(uid))
	tail := fmt.Sprintf(".%d%d", binary.BigEndian.Uint64(sum[:])|1<<63, binary.BigEndian.Uint32(sum[8:])|1<<31)
	return uid[:maxUID-len(tail)] + tail
}
