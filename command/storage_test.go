package command

import "testing"

func TestSplitFileArgument(t *testing.T) {
	for arg, want := range map[string][2]string{
		"/in/a.dcm": {"/in/a.dcm", ""}, "/in/a.dcm,P1": {"/in/a.dcm", "P1"}, "/in/a,b.dcm": {"/in/a,b.dcm", ""},
		"/in/a,b.dcm,P,1": {"/in/a,b.dcm", "P,1"}, "/in/,P": {"/in/", "P"},
	} {
		if file, rest := splitFileArgument(arg); file != want[0] || rest != want[1] {
			t.Errorf("%s: %q %q", arg, file, rest)
		}
	}
}
