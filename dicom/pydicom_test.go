package dicom

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

const pydicomList = `
from pydicom.datadict import DicomDictionary, RepeatersDictionary
for tag, e in DicomDictionary.items(): print("%08x|%s|%s|%s" % (tag, e[0], e[1], e[4]))
for tag, e in RepeatersDictionary.items(): print("%s|%s|%s|%s" % (tag, e[0], e[1], e[4]))
`

// TestDictionaryLikePydicom compares the built-in table with that of pydicom,
// entry by entry.
func TestDictionaryLikePydicom(t *testing.T) {
	out, err := exec.Command("/usr/bin/python3", "-c", pydicomList).Output()
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("python3-pydicom is missing: ", err)
	}
	if err != nil {
		t.Skip("SKIPPED, python3-pydicom is missing: ", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, line := range lines {
		f := strings.Split(line, "|")
		n, err := strconv.ParseUint(strings.NewReplacer("xxx", "012", "x", "2").Replace(f[0]), 16, 32)
		if err != nil {
			t.Fatal(line)
		}
		tag := Tag(n)
		if tag>>16 == 0 || tag>>16 == 0xfffe {
			continue
		}
		e, ok := StandardDictionary().Lookup(tag)
		if !ok || !strings.Contains(f[1], e.VR.String()) || e.Or != 0 && !strings.Contains(f[1], e.Or.String()) {
			t.Errorf("(%v) %v %v %q: pydicom has %s", tag, e.VR, e.Or, e.Keyword, line)
		}
		if f[3] != e.Keyword && f[3] != "" {
			t.Errorf("(%v) %q: pydicom has %q", tag, e.Keyword, f[3])
		}
	}
	if len(lines) < 4900 {
		t.Errorf("pydicom lists %d", len(lines))
	}
}
