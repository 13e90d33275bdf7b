package db

import (
	"fmt"
	"testing"
)

// TestStatements holds the statements of each SQL dialect; no SQL Server is
// there to run its own.
func TestStatements(t *testing.T) {
	study, patient := colref{"DICOMStudies", "StudyInsta"}, colref{"DICOMStudies", "PatientNam"}
	base := selection{distinct: true, columns: []colref{study, patient}, from: []string{"DICOMStudies"}, limit: -1}
	name := base
	name.where = []condition{{col: patient, op: opLike, value: `50%_[a]\*?`}}
	name.order = []order{{col: patient}}
	paged := base
	paged.limit, paged.offset = 10, 20
	sortedBy := base
	sortedBy.order = []order{{col: colref{"DICOMStudies", "StudyID"}, numeric: true, desc: true}}
	sortedBy.limit = 5
	list := base
	list.where = []condition{{col: study, op: opIn, values: []string{"1.2", "1.3"}}, {col: colref{"DICOMStudies", "StudyModal"}, op: opAny, value: "CT"}}
	folded := base
	folded.where = []condition{{col: patient, op: opFoldEq, value: "smith"}, {col: patient, op: opFoldLike, value: "sm*"}}

	const head, from = "SELECT DISTINCT DICOMStudies.StudyInsta, DICOMStudies.PatientNam", " FROM DICOMStudies"
	for _, c := range []struct {
		kind Kind
		q    *selection
		text string
		args string
	}{
		{SQLServer, &name, head + from + ` WHERE DICOMStudies.PatientNam LIKE @p1 ESCAPE '\' ORDER BY DICOMStudies.PatientNam`, `[50\%\_\[a]\\%_]`},
		{SQLite, &name, head + from + ` WHERE DICOMStudies.PatientNam LIKE ? ESCAPE '\' ORDER BY DICOMStudies.PatientNam`, `[50\%\_\[a]\\%_]`},
		{Postgres, &name, head + from + ` WHERE DICOMStudies.PatientNam LIKE $1 ESCAPE '\' ORDER BY DICOMStudies.PatientNam`, `[50\%\_\[a]\\%_]`},
		{MySQL, &name, head + from + ` WHERE DICOMStudies.PatientNam LIKE ? ORDER BY DICOMStudies.PatientNam`, `[50\%\_\[a]\\%_]`},
		{SQLServer, &paged, head + from + " ORDER BY 1 OFFSET 20 ROWS FETCH NEXT 10 ROWS ONLY", "[]"},
		{SQLite, &paged, head + from + " LIMIT 10 OFFSET 20", "[]"},
		{SQLServer, &sortedBy, head + ", TRY_CAST(DICOMStudies.StudyID AS bigint)" + from +
			" ORDER BY TRY_CAST(DICOMStudies.StudyID AS bigint) DESC OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY", "[]"},
		{SQLServer, &list, head + from + ` WHERE DICOMStudies.StudyInsta in (@p1,@p2) and (DICOMStudies.StudyModal = @p3 or DICOMStudies.StudyModal LIKE @p4 ESCAPE '\'` +
			` or DICOMStudies.StudyModal LIKE @p5 ESCAPE '\' or DICOMStudies.StudyModal LIKE @p6 ESCAPE '\')`, `[1.2 1.3 CT CT\\% %\\CT\\% %\\CT]`},
		{SQLServer, &folded, head + from + ` WHERE UPPER(DICOMStudies.PatientNam) = @p1 and UPPER(DICOMStudies.PatientNam) LIKE @p2 ESCAPE '\'`, "[SMITH SM%]"},
	} {
		st := dialects[c.kind].statement(same)
		st.sel(c.q)
		if got := st.String(); got != c.text {
			t.Errorf("%v:\n got %s\nwant %s", c.kind, got, c.text)
		}
		if got := fmt.Sprint(st.args); got != c.args {
			t.Errorf("%v: parameters %s, want %s", c.kind, got, c.args)
		}
	}
}
