package server_test

import (
	"os"
	"strings"
	"testing"
)

// TestLuaSelections runs what gets, deletes and changes by keys against the real
// server: an object without a value takes nothing away.
func TestLuaSelections(t *testing.T) {
	s := newSite(t).start()
	s.store(image("P1", "1.2.1", "1.2.1.1", "1.2.1.1.1", 1), image("P1", "1.2.1", "1.2.1.2", "1.2.1.2.1", 1), image("P2", "1.2.2", "1.2.2.1", "1.2.2.1.1", 1))
	lua := func(text string) string { return s.run("--lua:local d = newdicomobject() " + text) }
	stored := func() string {
		return lua("local n = 0 for _, r in ipairs(dbquery('DICOMImages', 'SOPInstanc', '')) do n = n + 1 end return n")
	}
	const keys = "d.PatientID = '' d.StudyInstanceUID = '' d.SeriesInstanceUID = '' d.SOPInstanceUID = '' "
	for _, c := range []struct{ text, want, left string }{
		{"d.StudyInstanceUID = '1.2.1' return #dicomget('CONQUESTSRV1', 'STUDY', d)", "2", "3"},
		{"d.SeriesInstanceUID = '1.2.1.2' d.StudyInstanceUID = '1.2.1' return #dicomget('CONQUESTSRV1', 'SERIES', d)", "1", "3"},
		{"d.PatientID = 'P1' return #dicomget('CONQUESTSRV1', 'PATIENT', d)", "2", "3"},
		{"newdicomdelete(newdicomobject()) return 'x'", "x", "3"},
		{"dicomdelete(newdicomobject()) return 'x'", "x", "3"},
		{keys + "newdicomdelete(d) newdicommodify(d, 'set 0010,0020 to \"Q\"') return 'x'", "x", "3"},
		{"d.PatientID = 'P1' newdicomdelete(d) return 'x'", "x", "3"},
		{keys + "d.PatientID = 'P2' newdicommodify(d, 'set 0010,4000 to \"seen\"') return #dbquery('DICOMImages', 'SOPInstanc', \"ImagePat='P2'\")", "1", "3"},
		{keys + "d.SeriesInstanceUID = '1.2.1.2' newdicomdelete(d) return 'x'", "x", "2"},
		{"d.PatientID = 'P1' dicomdelete(d) return 'x'", "x", "1"},
	} {
		if got := lua(c.text); strings.TrimSpace(got) != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
		if got := strings.TrimSpace(stored()); got != c.left {
			t.Errorf("%s: %s are left, want %s", c.text, got, c.left)
		}
	}
}

// TestExplainReads holds that Lua in an explanation gets answers of the site and leaves it
// as it is.
func TestExplainReads(t *testing.T) {
	s := newSite(t, "[lua]", "ImportConverter0 = dofile('rule.lua')").start()
	s.store(image("P1", "1.2.1", "1.2.1.1", "1.2.1.1.1", 1)) // there is no rule.lua yet
	s.write("rule.lua", "local name = get_amap(0)\nData.PatientID = name .. #dbquery('DICOMPatients', 'PatientID', '')\n"+
		"io.open('left.txt', 'w'):write('x')\nsql('delete from DICOMPatients')\nforward('ARCHIVE')\n")
	got := s.run("--explain:" + writeObject(t, s.dir+"/in.dcm", image("P2", "1.2.2", "1.2.2.1", "1.2.2.1.1", 1)))
	for _, want := range []string{"line 2 of rule.lua", `sets Data.PatientID to "CONQUESTSRV11"`, "-> write file left.txt", "-> run SQL: delete from", "-> send the object to ARCHIVE"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if _, err := os.Stat(s.dir + "/left.txt"); err == nil {
		t.Error("a file was written")
	}
	if left := s.run("--lua:return #dbquery('DICOMPatients', 'PatientID', '')"); strings.TrimSpace(left) != "1" {
		t.Errorf("%q patients are left", left)
	}
}
