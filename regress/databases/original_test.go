package databases

import "testing"

// TestSessionAsOriginal compares the session on SQLite and dBASE files with what
// the original gives.
func TestSessionAsOriginal(t *testing.T) {
	needTools(t)
	binary := dgate(t)
	for _, d := range drivers[:2] {
		t.Run(d.name, func(t *testing.T) {
			program, support := original(t, d.name)
			sql := "dicom.sql"
			if d.name == "dbase" {
				sql = "dicom.sql.dbase"
			}
			s := newSite(t, program, d.keys(t))
			s.supportFiles(support, sql)
			compare(t, session(t, s), session(t, newSite(t, binary, d.keys(t))), driver{})
		})
	}
}
