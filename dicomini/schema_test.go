package dicomini

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

func withoutLines(s *Schema) *Schema {
	for _, t := range s.Tables() {
		for i := range t.Columns {
			t.Columns[i].line = 0
		}
	}
	return s
}

func TestDefaultSchemas(t *testing.T) {
	for name, s := range map[string]*Schema{"dicom.sql": DefaultSchema(SchemaOptions{}), "dicom.sql.dbase": DBaseSchema(SchemaOptions{})} {
		golden(t, name, s.Text())
		again, err := ParseSchema(s.Text(), SchemaOptions{})
		if err != nil || !reflect.DeepEqual(withoutLines(again), s) {
			t.Errorf("%s does not read back: %v", name, err)
		}
	}
}

func TestSchemaLimits(t *testing.T) {
	s := DefaultSchema(SchemaOptions{TruncateFieldNames: 10, MaxFieldLength: 20})
	if c := s.Patient.Columns[2]; c.Name != "PatientBir" || c.Length != 8 {
		t.Errorf("%+v", c)
	}
	if c := s.Patient.Columns[0]; c.Length != 20 {
		t.Errorf("%+v", c)
	}
	if c, ok := s.WorkList.Column(0x0040, 0x0009); !ok || c.Name != "SchedPSID" || c.HL7 != "OBR.4" {
		t.Errorf("%+v", c)
	}
	if _, ok := s.WorkList.Column(0x0040, 0x0100); ok {
		t.Error("a sequence row is no column")
	}
}

func TestParseSchema(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"row", `*Patient* { { 0x0010, 0x0020, "PatientID", 64, SQL_C_CHAR, DT_STR } }`, "(0010,0020) PatientID 64 SQL_C_CHAR DT_STR"},
		{"missing comma between rows", `*Patient*{{16,32,"A",1,SQL_C_CHAR,DT_UI}{0X10,0x1F,"B",2,SQL_C_DATE,DT_DATE}}`,
			"(0010,0020) A 1 SQL_C_CHAR DT_UI|(0010,001f) B 2 SQL_C_DATE DT_DATE"},
		{"comma after the last row", `*Patient*{{1,2,"A",1,SQL_C_CHAR,DT_UI},}`, "(0001,0002) A 1 SQL_C_CHAR DT_UI"},
		{"comments", "/* *Patient* { */ *Patient* /* x */ {{1,2,\"A\",3,SQL_C_CHAR,DT_ISTR}/*,*/}", "(0001,0002) A 3 SQL_C_CHAR DT_ISTR"},
		{"open comment", "*Patient*{{1,2,\"A\",3,SQL_C_CHAR,DT_FD}} /* to the end", "(0001,0002) A 3 SQL_C_CHAR DT_FD"},
		{"two sections of one name", `*Patient*{{1,2,"A",3,SQL_C_CHAR,DT_UINT16}} *Study*{} *Patient*{{1,3,"B",3,SQL_C_CHAR,DT_UINT32}}`,
			"(0001,0002) A 3 SQL_C_CHAR DT_UINT16|(0001,0003) B 3 SQL_C_CHAR DT_UINT32"},
		{"no closing quote before a comma", `*Patient*{{1,2,"A,3,SQL_C_CHAR,DT_STR}}`, "(0001,0002) A 3 SQL_C_CHAR DT_STR"},
		{"no closing brace", `*Patient*{{1,2,"A",3,SQL_C_CHAR,DT_STR}`, "(0001,0002) A 3 SQL_C_CHAR DT_STR"},
		{"empty", "", ""},
		{"no opening brace", `*Patient* x`, "1: Expected: Database  { : x"},
		{"unknown section", "\n*Patients* {", "2: Parse error : Parse : *Patients*"},
		{"case counts", `*patient* {}`, "1: Parse error : Parse : *patient*"},
		{"too few items", "*Patient*\n{\n{ 1, 2, \"A\", 3, SQL_C_CHAR } }",
			"3: Expected { Group, Element, Column, Length, SQLType, DICOMType }\nGot { 1, 2, A, 3, SQL_C_CHAR, } }"},
		{"seventh item outside the worklist", `*Patient*{{1,2,"A",3,SQL_C_CHAR,DT_STR,"PID.3"}}`,
			"1: Expected { Group, Element, Column, Length, SQLType, DICOMType }\nGot { 1, 2, A, 3, SQL_C_CHAR, DT_STR }"},
		{"sql type", `*Patient*{{1,2,"A",3,SQL_C_TEXT,DT_STR}}`, "1: Unknown SQL Type: SQL_C_TEXT"},
		{"dicom type", `*Patient*{{1,2,"A",3,SQL_C_CHAR,DT_DS}}`, "1: Unknown DICOM Type: DT_DS"},
		{"unfinished", `*Patient*{{1,2,"A"`, "1: Expected { Group, Element, Column, Length, SQLType, DICOMType }\nGot { 1, 2, A, , ,  }"},
		{"section not closed", `*Patient*{{1,2,"A",3,SQL_C_CHAR,DT_STR} *Study*{}`, "1: Parse error : Parse : *Study*"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := ParseSchema([]byte(tt.text), SchemaOptions{})
			var got string
			var se *SchemaError
			switch {
			case errors.As(err, &se):
				got = itoa(se.Line) + ": " + se.Message
			case err != nil:
				got = err.Error()
			default:
				got = rows(s.Patient.Columns)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseWorkList(t *testing.T) {
	s, err := ParseSchema([]byte(`*WorkList*{{8,0x50,"Acc",16,SQL_C_CHAR,DT_STR,"OBR.3"},{0x40,0x100,"--",0,SQL_C_CHAR,DT_STARTSEQUENCE,"---"}{8,0x60,"Modality",16,SQL_C_CHAR,DT_STR}}`), SchemaOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := s.WorkList.Columns
	if len(c) != 3 || c[0].HL7 != "OBR.3" || !c[1].Sequence() || c[2].HL7 != "" {
		t.Errorf("%+v", c)
	}
}

func rows(columns []Column) string {
	var out []string
	for _, c := range columns {
		out = append(out, "("+hex4(c.Group)+","+hex4(c.Element)+") "+c.Name+" "+itoa(c.Length)+" "+c.SQLType.String()+" "+c.DTType.String())
	}
	return strings.Join(out, "|")
}

// TestSchemaOfOldReleases: each dicom.sql up to release 1.4.14 ends with a text that is
// not closed. The release of today reads it, with the end of the file for the brace.
func TestSchemaOfOldReleases(t *testing.T) {
	text := `*WorkList*
{
	{ 0x0040, 0x1001, "ReqProcID",          16, SQL_C_CHAR, DT_STR,  "OBR.4.0" },
	{ 0x0040, 0x1003, "ReqProcPriority",    16, SQL_C_CHAR, DT_STR,  "OBR.27 }
}
`
	for _, tt := range []string{text, strings.TrimSuffix(text, "}\n"), strings.ReplaceAll(text, "\n", "\r\n"), strings.Replace(text, `.0" }`, ".0 }", 1)} {
		s, err := ParseSchema([]byte(tt), SchemaOptions{})
		if err != nil || len(s.WorkList.Columns) != 2 || s.WorkList.Columns[0].HL7 != "OBR.4.0" || s.WorkList.Columns[1].HL7 != "OBR.27" {
			t.Errorf("%q: %+v, %v", tt, s, err)
		}
	}
	found := false
	for _, f := range Lint(LintInput{SchemaText: []byte(text)}) {
		found = found || strings.Contains(f.Message, "no closing quote") && f.Line == 4
	}
	if !found {
		t.Error("lint does not tell")
	}
}
