package scripting

import (
	"testing"

	"conquest/dicom"
)

// TestSequencesStayReadable: what does not fit a sequence leaves it as it is, and
// a UID that was not changed is empty. The rest of a path beyond the end of a
// sequence stays in the text, as in the original.
func TestSequencesStayReadable(t *testing.T) {
	const sequence dicom.Tag = 0x00081110
	d, env, code := script(testWorld(), `set 0008,1110 to "text"; nop [%V/0008,1110.5/0008,1150] [%R0020,000e]`)
	if code != Done {
		t.Errorf("code %v", code)
	}
	e := d.Get(sequence)
	if e == nil || e.VR != dicom.SQ || len(e.Items) == 0 {
		t.Errorf("the sequence is %+v", e)
	}
	found := false
	log := env.Log()
	for _, line := range log {
		found = found || line == "Importconverter0.1: nop [/0008,1150] []"
	}
	if !found {
		t.Errorf("said %q", log)
	}
}
