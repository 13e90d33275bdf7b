package attribute_test

import (
	"testing"

	"conquest/attribute"
)

func TestWindowsPath(t *testing.T) {
	for in, want := range map[string]string{
		"PAT001/1.2.3.dcm": "PAT001/1.2.3.dcm", "CON/x.dcm": "CON_/x.dcm", "con": "con_", "nul.dcm": "nul_.dcm", "Com1.a.b": "Com1_.a.b",
		"LPT9 .x": "LPT9_ .x", "CONSOLE": "CONSOLE", "COM10": "COM10", "AUX /x": "AUX_/x", "a/PRN": "a/PRN_",
		`\\host\share\x`: "/host/share/x", "C:/x": "C_/x", "C:x": "C_x", "x.dcm:stream": "x.dcm_stream", "a./b ": "a_/b_",
		"./a": "./a", "COM\xb9": "COM\xb9_", "": "",
	} {
		if got := attribute.WindowsPath(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
