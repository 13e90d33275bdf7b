package replay

import (
	"fmt"
	"slices"
	"testing"

	"conquest/dicom"
	"conquest/proof/record"
	"conquest/proof/report"
)

func stored(file, study string, rules ...record.Rule) *Object {
	ds := dicom.NewDataset(2)
	ds.SetString(dicom.StudyDescription, study)
	header, pixels := record.Head(ds)
	return &Object{Event: record.Event{Outcome: "stored", Patient: "P", Received: "1.2", SOP: "1.2", File: file, Header: header, Pixels: pixels, Rules: rules, Rows: map[string]string{"study.StudyDescr": study}}}
}

func TestWhatBecameOfAnObjectIsCompared(t *testing.T) {
	rule := func(line string) record.Rule {
		return record.Rule{Name: "Importconverter1", Runs: true, Lines: []string{line}}
	}
	for _, c := range []struct {
		name string
		a, b *Object
		want []string
	}{
		{"the same but for the time", stored("P/1.2_1795467613000a.dcm", "x", rule("set")), stored("P/1.2_17954676990010.dcm", "x", rule("set")), nil},
		{"another element", stored("f", "x", rule("set x")), stored("f", "y", rule("set y")),
			[]string{"element 0008,1030 StudyDescription by ImportConverter1", "row study.StudyDescr by ImportConverter1"}},
		{"left out", stored("f", "x"), &Object{Event: record.Event{Outcome: "left out", Received: "1.2", Rules: []record.Rule{rule("destroy")}}},
			[]string{"file name ObjectFile by ImportConverter1", "object what became of it by ImportConverter1"}},
		{"another name", stored("a/f", "x"), stored("b/f", "x"), []string{"file name ObjectFile by "}},
	} {
		var got []string
		for _, d := range ObjectDifferences(c.a, c.b) {
			got = append(got, fmt.Sprintf("%s %s by %s", d.Kind, d.What, d.Rule))
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestAnswersAreComparedAsSets(t *testing.T) {
	var got []string
	add := func(d report.Difference) { got = append(got, d.Kind+": "+d.A+" / "+d.B) }
	CompareAnswers(add, 0x0020, "C-FIND", "", Answered{Status: "0000", Answers: []string{"a=1 b=1 ", "c=1 "}}, Answered{Status: "0000", Answers: []string{"a=1 b=1 ", "c=1 "}})
	if got != nil {
		t.Error(got)
	}
	CompareAnswers(add, 0x0020, "C-FIND", "", Answered{Status: "0000", Answers: []string{"a=1 b=1 "}}, Answered{Status: "A700", Answers: []string{"a=1 b=2 ", "c=1 "}})
	if want := []string{"status: 0000 / A700", "answer: b=1 / b=2", "answer: not answered / c=1 "}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
