package db

import (
	"context"
	"strings"
	"testing"
)

func TestDBaseStatements(t *testing.T) {
	d := dbaseBackend().open(t, defaultSettings(), nil)
	ctx := context.Background()
	for i, s := range []string{"P1 CT 20240101", "P2 MR 20240201", "P3 US 20240301", "P4 CT"} {
		f := append(strings.Fields(s), "")
		mustAdd(t, d, object(f[0], "1."+f[0], "2."+f[0], "3."+f[0], "0008,0060", f[1], "0008,0020", f[2], "0008,0050", "ACC"+f[0], "0020,0011", string(rune('1'+i))), "f")
	}
	for where, want := range map[string]string{
		"":                                     "P1 P2 P3 P4",
		"PatientID = 'p1'":                     "P1",
		"PatientID in ('P1','P3')":             "P1 P3",
		"PatientID in 'P1|P4'":                 "P1 P4",
		"PatientID = 'P1' or PatientID = 'P2'": "P1 P2",
		"not PatientID = 'P1'":                 "P2 P3 P4",
		"PatientID <> 'P1' and StudyDate >= '20240201'":     "P2 P3",
		"StudyDate > '20240101' and StudyDate < '20240301'": "P2",
		"StudyDate is null":                                                    "P4",
		"StudyDate IS NOT NULL AND (StudyID is null)":                          "P1 P2 P3",
		"(StudyModal LIKE 'C%' or StudyModal LIKE '%S') AND PatientID <> 'P4'": "P1 P3",
		"PatientID not like 'P%'":                                              "",
		"DICOMStudies.PatientNam LIKE '%P2'":                                   "P2",
	} {
		rows, err := d.Query(ctx, "DICOMStudies", "PatientID", where, "")
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		var got []string
		for _, r := range rows {
			got = append(got, r[0])
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: %s, want %s", where, g, want)
		}
	}
	// Columns of the study and the series, asked of the images.
	rows, err := d.Query(ctx, "DICOMImages", "DICOMImages.SOPInstanc", "(Modality = 'MR' and AccessionN LIKE 'ACC%') AND DICOMImages.SOPInstanc = '3.P2'", "")
	if err != nil || len(rows) != 1 {
		t.Errorf("condition on parents: %v %v", rows, err)
	}
	// An expression sorts nothing, as in the original.
	rows, err = d.Query(ctx, "DICOMStudies", "PatientID", "", "PatientID * 1")
	if err != nil || len(rows) != 4 {
		t.Errorf("sorted by an expression: %v %v", rows, err)
	}
	for _, bad := range []string{"PatientID =", "= 'x'", "PatientID 'x'", "(PatientID = 'x'", "NoColumn = 'x'", strings.Repeat("(", 500), strings.Repeat("not ", 500) + "PatientID = 'x'"} {
		if _, err := d.Query(ctx, "DICOMStudies", "PatientID", bad, ""); !isSQL(err) {
			t.Errorf("%.40s: %v", bad, err)
		}
	}
	if _, err := d.SQL(ctx, "DELETE FROM DICOMStudies WHERE PatientID = 'P1' or StudyModal = 'MR'"); err != nil {
		t.Fatal(err)
	}
	if c := counts(t, d); c.Studies != 2 {
		t.Errorf("%d studies left", c.Studies)
	}
}

func FuzzDBaseStatement(f *testing.F) {
	f.Add("SELECT PatientID, PatientNam FROM DICOMPatients WHERE (PatientID = 'a' or not PatientSex is null) ORDER BY PatientID DESC LIMIT 2 OFFSET 1")
	f.Add("INSERT INTO DICOMPatients (PatientID, PatientNam) VALUES ('a''b', NULL)")
	f.Add("UPDATE DICOMPatients SET PatientNam = 'x' WHERE PatientID in ('a','b')")
	f.Add("CREATE TABLE  x (a varchar(10) PRIMARY KEY not null, b int)")
	d := openFresh(f, Options{Server: f.TempDir() + "/", IndexDBF: 10}, defaultSettings())
	mustAdd(f, d, object("P", "1", "1.1", "1.1.1"), "f")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(strings.ToUpper(s), "TABLE") {
			p := newSQLParser(s)
			p.next()
			return
		}
		_, _ = d.SQL(context.Background(), s)
	})
}
