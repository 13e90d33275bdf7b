package dicom

import (
	"fmt"
	"strings"
	"testing"
)

// TestNumbersOfLines: lines of a dgate.dic are numbered as release 1.5.0e numbers them
// for get_dic, also those that tell nothing of a tag.
func TestNumbersOfLines(t *testing.T) {
	d := parseTextDictionary(`(0010,0010) VERS="4"	VR="PN"   VM="1"	Keyword="PatientName"
(0008,0018) VERS="4"	VR="UI"   VM="1"	Keyword="SOPInstanceUID"
(0002,0001) VERS="3"	VR="OB"   VM="1"	Keyword="FileMetaInformationVersion"
(0002,0001) VERS="3"	VR="OB"   VM="1"	Keyword="FileMetaInformationVersion"
(0018,9445) VERS="4RET"	VR=""   VM=""	Keyword=""
(0020,31xx) VERS="4"	VR="CS"   VM="1-n"	Keyword="SourceImageIDs"
(0020,4000) VERS="4"	VR="LT"   VM="1"	Keyword="ImageComments"
`)
	d.sort()
	d = StandardDictionary().Overlay(d)
	var got []string
	for _, tag := range d.Own() {
		e := d.OwnEntry(tag)
		got = append(got, fmt.Sprintf("%v %c%c %s", tag, byte(e.VR>>8), byte(e.VR), e.Keyword))
	}
	want := []string{"0002,0001 OB FileMetaInformationVersion", "0002,0001 OB FileMetaInformationVersion", "0008,0018 UI SOPInstanceUID",
		"0010,0010 PN PatientName", `0018,9445 "  `, "0020,35c8 CS SourceImageIDs", "0020,4000 LT ImageComments"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", got)
	}
	if e, _ := d.Lookup(0x00203101); e.Keyword != "SourceImageIDs" {
		t.Errorf("repeating group: %+v", e)
	}
}
