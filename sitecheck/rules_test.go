package sitecheck_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"conquest/sitecheck"
)

func TestRuleReport(t *testing.T) {
	tests := []struct {
		ini, want string // part of the report; with ! in front absent
	}{
		{"ImportConverter0 = nop\nImportConverter1 = nop\n", "ImportConverter: 2 rules run"},
		{"ImportConverter0 = nop\n", "ImportConverter: 1 rule runs"},
		{"ExportConverter0 = nop\n", "!ExportConverter: 1 rule runs"},
		{"ExportConverters = 1\nExportConverter0 = nop\n", "ExportConverter: 1 rule runs"},
		{"[lua]\nassociation = x = 1\n", "[lua] association runs"},
		{"", "no converters and hooks"},
		{"ImportConverter0 = forward study to A; destroy\n", "the object stays until the delayed command has read it"},
		{"ImportConverter0 = forward to A; destroy\n", "refused, not lost"},
		{"ImportConverter0 = forward to A\n", "!refused, not lost"},
		{"ImportConverter3 = set x to \"%i\"\n", "%x, %y and %z hold text"},
		{"ImportConverter0 = set 0010,0010 to \"say \"\"x\"\"\"\n", "stands for one quote"},
		{"ImportConverter0 = set 0010,0010 to \"\"; ifempty \"\"; nop\n", "!stands for one quote"},
		{"ImportConverter0 = setifempty 0010,0010 to \"a\"\n", "to and if mean the same"},
		{"ImportConverter0 = newuids except 1.2.3\n", "UIDs in the list stay"},
		{"ImportConverter0 = system run.sh %i\n", "quoted for the shell"},
		{"[lua]\nQueryResultConverter0 = Data.PatientID = 'x'\n", "every record is converted"},
		{"ExportConverters = 1\nExportConverter0 = forward patient to A date now -7+0\n", "dates are real ones"},
		{"ImportConverters = 120\nImportConverter0 = nop\n", "each number runs once"},
		{"MAGDeviceFullThreshold = 10\n", "did not know this spelling"},
	}
	for _, tt := range tests {
		live, _ := newSite(t, tt.ini, nil)
		report, _ := sitecheck.Report(context.Background(), live)
		want, absent := strings.CutPrefix(tt.want, "!")
		if strings.Contains(report, want) == absent {
			t.Errorf("%q: %q in the report is %v:\n%s", tt.ini, want, !absent, report)
		}
	}
}

// TestHeadings holds that the entries a report names are on the page of
// differences.
func TestHeadings(t *testing.T) {
	page, err := os.ReadFile("../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`, "([A-Za-z][^"]+)"\},\n`).FindAllSubmatch(source, -1)
	if len(named) == 0 {
		t.Fatal("no headings found")
	}
	for _, m := range named {
		if !strings.Contains(string(page), "\n### "+string(m[1])+"\n") {
			t.Errorf("no entry %q", m[1])
		}
	}
}
