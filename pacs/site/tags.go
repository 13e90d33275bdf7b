package site

import (
	"conquest/dicom"
)

// Private elements of commands and identifiers (docs/original/network.md 2.4, 5).
const (
	TagMaxVRSize       dicom.Tag = 0x99990100
	TagMaxRowsColumns  dicom.Tag = 0x99990200
	TagFrame           dicom.Tag = 0x99990201
	TagScrub           dicom.Tag = 0x99990202
	TagConsoleText     dicom.Tag = 0x99990300
	TagConsoleCommand  dicom.Tag = 0x99990400
	TagConsoleResponse dicom.Tag = 0x99990401
	TagConsoleData     dicom.Tag = 0x99990402
	TagScriptReply     dicom.Tag = 0x99990403
	TagDataOddLength   dicom.Tag = 0x99990404
	TagConsoleFailure  dicom.Tag = 0x999904f0 // why a command failed; not of the original
	TagMaxSlices       dicom.Tag = 0x99990500
	TagMaxNKI          dicom.Tag = 0x99990600
	TagRecompression   dicom.Tag = 0x99990700
	TagVirtualMask     dicom.Tag = 0x99990802
	TagScript          dicom.Tag = 0x99990900
	TagMoveOriginator  dicom.Tag = 0x99990a00
	TagSplit           dicom.Tag = 0x99990b00
)

// Number reads a private number, US or UL by its length; ok is false when the
// element is absent or empty.
func Number(d *dicom.Dataset, t dicom.Tag) (int, bool) {
	if d == nil {
		return 0, false
	}
	return d.Int(t)
}

// Elements of an identifier that ask for the place of a file.
const (
	TagFile   dicom.Tag = 0x99990800
	TagDevice dicom.Tag = 0x99990801
)
