package luabind

import (
	"context"
	"strings"
	"testing"

	"conquest/dicom"
)

// selectionHost counts what it is asked to delete, change and move.
type selectionHost struct {
	NoHost
	asked []string
	said  []string
}

func (h *selectionHost) Operator(line string) { h.said = append(h.said, line) }

func (h *selectionHost) note(what string, d *dicom.Dataset) error {
	h.asked = append(h.asked, what+" "+d.String(dicom.PatientID))
	return nil
}

func (h *selectionHost) Delete(_ context.Context, d *dicom.Dataset) error { return h.note("delete", d) }
func (h *selectionHost) Move(_ context.Context, m Move) error             { return h.note("move", m.Query) }

func (h *selectionHost) Remove(_ context.Context, d *dicom.Dataset, _ string) error {
	return h.note("remove", d)
}

func (h *selectionHost) Modify(_ context.Context, d *dicom.Dataset, _ string, copy bool, _ string) error {
	if copy {
		return h.note("copy", d)
	}
	return h.note("modify", d)
}

// TestEmptyKeysSelectNothing holds that no object without a value deletes, changes or
// moves what is stored, and which elements the original wants.
func TestEmptyKeysSelectNothing(t *testing.T) {
	const all = "d.PatientID = '%' d.StudyInstanceUID = '' d.SeriesInstanceUID = '' d.SOPInstanceUID = '' "
	keys := func(id string) string { return strings.Replace(all, "%", id, 1) }
	for _, c := range []struct{ text, want string }{
		{"newdicomdelete(newdicomobject())", ""},
		{"newdicomdelete(d)", ""},
		{"d.PatientID = 'P' newdicomdelete(d)", ""},
		{"d.PatientID = 'P' d.SOPInstanceUID = '1.2' newdicomdelete(d)", ""},
		{keys("") + "newdicomdelete(d)", ""},
		{keys("*") + "newdicomdelete(d)", ""},
		{keys("") + "d.QueryRetrieveLevel = 'PATIENT' d.SpecificCharacterSet = 'ISO_IR 100' newdicomdelete(d)", ""},
		{keys("") + "d['0002,0010'] = '1.2' newdicomdelete(d)", ""},
		{keys("P") + "newdicomdelete(d)", "remove P"},
		{keys("P*") + "newdicomdelete(d, 7)", "remove P*"},
		{keys("") + "d.StudyDate = '2020*' newdicomdelete(d)", "remove "},
		{"newdicommodify(d, 'nop')", ""},
		{"d.PatientID = 'P' newdicommodify(d, 'nop')", ""},
		{"d.SOPInstanceUID = '' newdicommodify(d, 'nop')", ""},
		{"d.PatientID = 'P' d.SOPInstanceUID = '' newdicommodify(d, 'nop')", "modify P"},
		{"newdicomcopy(d, 'nop')", ""},
		{"d.PatientID = '*' d.SOPInstanceUID = '*' newdicomcopy(d, 'nop')", ""},
		{"d.PatientID = 'P' d.SOPInstanceUID = '' newdicomcopy(d, 'nop')", "copy P"},
		{"assert(dicomdelete(d))", ""},
		{"d.PatientID = '*' assert(dicomdelete(d))", ""},
		{"d.PatientID = 'P' assert(dicomdelete(d))", "delete P"},
		{"assert(dicommove('A', 'B', d))", ""},
		{"d.QueryRetrieveLevel = 'PATIENT' d.PatientID = '' assert(dicommove('A', 'B', d))", ""},
		{"d.PatientID = 'P' assert(not dicommove('A', 'B', d))", "move P"},
	} {
		h := &selectionHost{}
		st := NewEngine(h, Options{}).NewState()
		if _, err := st.Run(context.Background(), Chunk{Text: "local d = newdicomobject() " + c.text}); err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		if got := strings.Join(h.asked, "\n"); got != c.want {
			t.Errorf("%s: asked for %q, want %q", c.text, got, c.want)
		}
		if len(h.said) == 0 == (c.want == "") {
			t.Errorf("%s: said %q", c.text, h.said)
		}
		st.Close()
	}
}

// TestWithoutArguments holds that functions which want an object do nothing without.
func TestWithoutArguments(t *testing.T) {
	st, _ := newTestState(t, Options{})
	for _, name := range []string{"dicommove", "dicomget", "dicomquery", "dicomquery2", "dicomread", "dicomdelete", "newdicomdelete",
		"newdicommodify", "newdicomcopy", "addimage", "copydicom", "serialize"} {
		res, err := st.Run(context.Background(), Chunk{Text: "return select('#', " + name + "())"})
		if err != nil || res.Text != "0" {
			t.Errorf("%s(): %q, %v", name, res.Text, err)
		}
	}
	for text, want := range map[string]string{
		"Global.NoSuchKey = nil return 'kept'": "kept", "Global.DebugLevel = nil return Global.DebugLevel": "0",
	} {
		if res, err := st.Run(context.Background(), Chunk{Text: text}); err != nil || res.Text != want {
			t.Errorf("%s: %q, %v", text, res.Text, err)
		}
	}
}
