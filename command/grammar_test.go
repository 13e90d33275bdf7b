package command

import (
	"reflect"
	"strings"
	"testing"
)

func TestCommandsAreReadByTheirGrammar(t *testing.T) {
	for text, want := range map[string][]string{
		"get_param:MyACRNema":                     {"MyACRNema"},
		"get_param:MyACRNema,[%s],%s":             {"MyACRNema", "[%s],%s"},
		"get_amaps:%s,%s":                         {"%s,%s"},
		"attachfile:a.dcm,set x to 1,y":           {"a.dcm", "set x to 1,y"},
		"addimagefile:/in/a.dcm":                  {"/in/a.dcm"},
		"addimagefile:/in/a.dcm,P1":               {"/in/a.dcm", "P1"},
		"addimagefile:/in/a,b.dcm":                {"/in/a,b.dcm"},
		"addimagefile:/in/a,b.dcm,P,1":            {"/in/a,b.dcm", "P,1"},
		"loadanddeletedir:/in/,P":                 {"/in/", "P"},
		"deletestudy:P:1.2":                       {"P:1.2"},
		"moveseries:A,B,P:1.2,1.3,4":              {"A", "B", "P:1.2", "1.3,4"},
		"move:A,B,P,1,2,3,4":                      {"A", "B", "P", "1", "2", "3,4"},
		"mergestudy:1,2,3":                        {"1", "2", "3"},
		"query:DICOMPatients":                     {"DICOMPatients"},
		"query:T|A,B|C = 1|%s|f|more|and more":    {"T", "A,B", "C = 1", "%s", "f", "more|and more"},
		"patientfinder:local|X,Y":                 {"local", "X,Y"},
		"deletesopfromdb:1,2,3,4,5":               {"1", "2", "3", "4,5"},
		"deletestudies:20200101-20201231":         {"20200101-20201231"},
		"deadletters_move:AE=A,patient=P,B":       {"AE=A,patient=P", "B"},
		"deadletters_move:AE":                     {"AE"},
		"extract_frames:o,f,1,2":                  {"o", "f", "1", "2"},
		"wadorequest:a\\b\\c,1/2/3,4/5,,t,s,,n,b": {"a\\b\\c", "1/2/3", "4/5", "", "t", "s", "", "n", "b"},
		"doctor:repair":                           {"repair"},
		"api:POST /a,b c":                         {"POST /a,b c"},
		"genuid:":                                 nil,
	} {
		r, ok := read(text)
		if !ok || !reflect.DeepEqual(r.fields, want) || r.problems != nil && text != "deadletters_move:AE" {
			t.Errorf("%s: %q, problems %q", text, r.fields, r.problems)
		}
	}
}

func TestCheckTellsWhatIsMissing(t *testing.T) {
	for text, want := range map[string]string{
		"modifystudy:P,1.2":        "modifystudy lacks SCRIPT",
		"modifystudy:":             "modifystudy lacks PATIENT, modifystudy lacks STUDY, modifystudy lacks SCRIPT",
		"get_param:":               "get_param lacks NAME",
		"get_ini:":                 "",
		"genuid:":                  "",
		"query:T":                  "",
		"extract_frames:o":         "extract_frames lacks FILE",
		"attachfile:a.dcm,":        "",
		"deadletters_move:AE=A":    "deadletters_move lacks AE",
		"no_such_command:":         "there is no command no_such_command",
		"genuid":                   "there is no command genuid",
		"submit:P,1,2,3,user@host": "submit lacks PASSWORD",
	} {
		if got := strings.Join(Check(text), ", "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestGrammarsHaveNames: what help shows parts into words with names.
func TestGrammarsHaveNames(t *testing.T) {
	for name, r := range commands() {
		for _, w := range r.grammar().words {
			if w == "" || strings.ContainsAny(w, ",|") && w != strings.ToLower(w) {
				t.Errorf("%s: word %q in %s", name, w, r.args)
			}
		}
	}
}
