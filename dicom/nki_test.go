package dicom

import "testing"

func TestNKI(t *testing.T) {
	for _, test := range []struct {
		e    Element
		want bool
	}{
		{Element{VR: LO, Value: []byte("ELSCINT1")}, false},
		{Element{VR: OW, Value: []byte("ACUSON:1.2.840.113680.1.0:7fdf  ")}, false},
		{Element{VR: UN, Value: []byte("ELSCINT1")}, false},
		{Element{VR: OW, Value: []byte{4, 0, 0, 0, 1, 2}}, true},
		{Element{VR: OW, Value: make([]byte, 100)}, true},
		{Element{VR: OW, Bulk: &Bulk{Length: 1 << 20}}, true},
	} {
		d := new(Dataset)
		test.e.Tag = NKIPixelData
		d.Put(test.e)
		if got := d.NKI() != nil; got != test.want {
			t.Errorf("%v %q: %v", test.e.VR, test.e.Value, got)
		}
		d.DeleteNKI()
		if d.Has(NKIPixelData) == test.want {
			t.Errorf("%v %q: deleted %v", test.e.VR, test.e.Value, !test.want)
		}
	}
}
