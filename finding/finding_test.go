package finding_test

import (
	"encoding/json"
	"testing"

	"conquest/finding"
)

func TestString(t *testing.T) {
	for _, c := range []struct {
		f          finding.Finding
		text, json string
	}{
		{finding.Finding{Severity: finding.Error, File: "dicom.ini", Line: 3, Column: 7, Key: "A", Message: "is wrong", Fix: "mend it"},
			"dicom.ini:3: is wrong; mend it", `{"severity":"error","file":"dicom.ini","line":3,"column":7,"key":"A","message":"is wrong","fix":"mend it"}`},
		{finding.Finding{File: "dicom.ini", Message: "is odd"}, "dicom.ini: is odd", `{"severity":"hint","file":"dicom.ini","message":"is odd"}`},
		{finding.Finding{Severity: finding.Warning, Message: "is odd"}, "is odd", `{"severity":"warning","message":"is odd"}`},
	} {
		got, err := json.Marshal(c.f)
		if c.f.String() != c.text || string(got) != c.json || err != nil {
			t.Errorf("%s, %s, %v", c.f, got, err)
		}
	}
}

func TestWorst(t *testing.T) {
	list := []finding.Finding{{Severity: finding.Warning, Line: 2}, {Severity: finding.Error, Line: 1}, {Severity: finding.Warning, Line: 1}}
	if finding.Worst(list) != finding.Error || finding.Worst(nil) != finding.Hint || finding.Count(list, finding.Warning) != 2 {
		t.Error("severities are not counted")
	}
	finding.Sort(list)
	if list[0].Severity != finding.Error || list[1].Line != 1 || list[2].Line != 2 {
		t.Errorf("%v", list)
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"exportconvertor0", "exportconverter0", 1}, {"ab", "ba", 1}, {"kitten", "sitting", 3}} {
		if got := finding.Distance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if best, d := finding.Nearest("Exportt", []string{"Import", "Export", "Query"}); best != "Export" || d != 1 {
		t.Errorf("%s, %d", best, d)
	}
}
