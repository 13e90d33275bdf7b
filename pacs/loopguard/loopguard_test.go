package loopguard

import (
	"testing"
	"time"

	"conquest/dicom"
)

func TestAdmit(t *testing.T) {
	var g Guard
	start := time.Now()
	trip := Trip{SOP: "1.2", Peer: "A", Rule: "ExportConverter0", To: "B"}
	admitted := func(trip Trip, n int, every time.Duration, from time.Time) (yes int) {
		for i := range n {
			if g.Admit(trip, 20, from.Add(time.Duration(i)*every)) {
				yes++
			}
		}
		return yes
	}
	if n := admitted(trip, 772, time.Millisecond, start); n != 20 {
		t.Errorf("%d of 772 in a second", n)
	}
	other := trip
	other.Content++
	if n := admitted(other, 20, time.Millisecond, start.Add(time.Second)); n != 20 {
		t.Errorf("%d of 20 with other content", n)
	}
	if n := admitted(trip, 600, time.Second, start.Add(2*time.Second)); n < 160 || n > 205 {
		t.Errorf("%d of one each second for ten minutes, at most 20 a minute", n)
	}
	slow := Trip{SOP: "slow"}
	if n := admitted(slow, 100, 4*time.Second, start.Add(time.Hour)); n != 100 {
		t.Errorf("%d of 15 a minute", n)
	}
	for range 100 {
		if !g.Admit(trip, 0, start) {
			t.Fatal("the guard is off")
		}
	}
}

func TestContent(t *testing.T) {
	object := func(comment string, pixels int) *dicom.Dataset {
		d := dicom.NewDataset(4)
		d.SetString(dicom.PatientID, "A")
		d.SetString(dicom.NewTag(0x0010, 0x4000), comment)
		item := dicom.NewDataset(1)
		item.SetString(dicom.ReferencedSOPInstanceUID, comment)
		d.SetItems(dicom.NewTag(0x0008, 0x1199), item)
		d.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: make([]byte, pixels)})
		return d
	}
	a := Content(object("x", 200_000))
	if a != Content(object("x", 200_000)) {
		t.Error("the same content differs")
	}
	if a == Content(object("y", 200_000)) || a == Content(object("x", 200_002)) {
		t.Error("other content is the same")
	}
}
