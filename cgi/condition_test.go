package cgi

import (
	"testing"
	"time"
)

func TestCondition(t *testing.T) {
	tests := []struct {
		text string
		ok   bool
	}{
		{"", true},
		{"patientid = 'PAT001'", true},
		{"DICOMStudies.patientid = 'O''Brien' and DICOMSeries.studyinsta = '1.2'", true},
		{"PatientNam like '%A%' or (StudyDate >= '2020' and not Modality in ('CT','MR'))", true},
		{"ImageNumbe between 1 and 5", true},
		{"patientid is not null", true},
		{"1=1", true},
		{"patientid = 'a' ; delete from x", false},
		{"patientid = 'a' -- x", false},
		{"patientid = 'a' /* x */", false},
		{"patientid = 'a|b'", false},
		{"patientid = 'a'|x", false},
		{"patientid = 'a", false},
		{`patientid = "a"`, false},
		{"load_extension('x')", false},
		{"patientid = (select 1)", false},
		{"1=1 union select name", false},
		{"a = 1) or (b = 1", false},
		{"(a = 1", false},
	}
	for _, tt := range tests {
		if err := checkCondition(tt.text); (err == nil) != tt.ok {
			t.Errorf("%q: %v", tt.text, err)
		}
	}
}

// FuzzCondition looks for texts that leave the parentheses around a condition.
func FuzzCondition(f *testing.F) {
	f.Add("a = 'b''c' and (d in (1,2))")
	f.Fuzz(func(t *testing.T, text string) {
		begun := time.Now()
		if checkCondition(text) != nil || time.Since(begun) > 5*time.Second {
			return
		}
		depth, quoted := 0, false
		for _, c := range text {
			switch {
			case c == '\'':
				quoted = !quoted
			case quoted:
			case c == '(':
				depth++
			case c == ')':
				depth--
			case c == ';' || c == '|':
				t.Fatalf("%q is taken", text)
			}
			if depth < 0 {
				t.Fatalf("%q is taken", text)
			}
		}
		if depth != 0 || quoted {
			t.Fatalf("%q is taken", text)
		}
	})
}
