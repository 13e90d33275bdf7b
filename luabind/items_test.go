package luabind

import (
	"context"
	"strings"
	"testing"

	"conquest/dicom"
)

// TestItemsAtTheEnd holds what numbers of items at and beyond the end of a sequence
// do.
func TestItemsAtTheEnd(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"return #a", "2"},
		{"return a[0].PatientID .. a[1].PatientID", "xy"},
		{"local item = a[2] return tostring(item) .. #a", "Dicom Data Object3"},
		{"local item = a[3] return tostring(item) .. #a", "nil2"},
		{"local item = a['2'] return tostring(item) .. #a", "Dicom Data Object3"},
		{"local item = a[1e9] return tostring(item) .. #a", "nil2"},
		{"a[2].PatientID = 'z' return #a .. a[2].PatientID", "3z"},
		{"return tostring(a[-1]) .. #a", "nil2"},
		{"return tostring(a['0008,1155']) .. #a", "Dicom Data Object2"},
		{"a:Delete(1) return #a .. a[0].PatientID", "1x"},
		{"a:Delete(0) return #a .. a[0].PatientID", "1y"},
		{"local ok, err = pcall(a.Delete, a, 2) return tostring(ok) .. #a .. err", "false2bad argument #2 to '?' (no item 2 in a sequence of 2)"},
		{"local ok = pcall(a.Delete, a, -1) return tostring(ok) .. #a", "false2"},
		{"local ok = pcall(Data.DeleteFromSequence, Data, 'ReferencedImageSequence', 2) return tostring(ok) .. #a", "false2"},
		{"Data:DeleteFromSequence('ReferencedImageSequence', 1) return #a .. a[0].PatientID", "1x"},
		{"local e = newdicomarray() local item = e[1] return tostring(item) .. #e", "nil0"},
		{"local e = newdicomarray() return tostring(e.PatientID) .. #e", "nil0"},
		{"local e = newdicomarray() e.PatientID = 'n' return #e .. e[0].PatientID", "1n"},
		{"return tostring(Data['/ReferencedImageSequence.1/PatientID'])", "y"},
		{"return tostring(Data['/ReferencedImageSequence.2/PatientID']) .. #a", "nil2"},
		{"Data['ReferencedImageSequence.2/PatientID'] = 'n' return #a .. a[2].PatientID", "3n"},
		{"Data['ReferencedImageSequence.9/PatientID'] = 'n' return #a .. a[2].PatientID", "3n"},
		{"Data['ReferencedImageSequence.2/PatientID'] = nil return #a .. ''", "2"},
	} {
		st, _ := newTestState(t, Options{})
		ds := &dicom.Dataset{}
		x, y := &dicom.Dataset{}, &dicom.Dataset{}
		x.SetString(dicom.PatientID, "x")
		y.SetString(dicom.PatientID, "y")
		ds.SetItems(0x00081140, x, y)
		res, err := st.Run(context.Background(), Chunk{Text: "local a = Data.ReferencedImageSequence " + c.text, Object: ds})
		if err != nil || strings.TrimSpace(res.Text) != c.want {
			t.Errorf("%s: %q, %v, want %q", c.text, res.Text, err, c.want)
		}
	}
}
