package sitecheck_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"conquest/dicomini"
	"conquest/finding"
	"conquest/sitecheck"
)

// newSite makes a folder with files, the first of them being dicom.ini.
func newSite(t *testing.T, ini string, files map[string]string) (*dicomini.Live, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o777); err != nil {
		t.Fatal(err)
	}
	head := fmt.Sprintf("[sscscp]\nMicroPACS = sscscp\nMyACRNema = SITE\nTCPPort = 1\nSQLite = 1\nSQLServer = %[1]s/data/index.db3\nMAGDevice0 = %[1]s/data/\nkFactorFile = %[1]s/dicom.sql\nACRNemaMap = %[1]s/acrnema.map\n", filepath.ToSlash(dir))
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("dicom.ini", head+ini)
	for name, text := range files {
		write(name, text)
	}
	live, err := dicomini.Open(dicomini.Location{BaseDir: dir + string(filepath.Separator), Path: filepath.Join(dir, "dicom.ini")}, dicomini.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return live, dir
}

func TestLint(t *testing.T) {
	tests := []struct {
		name, ini string
		files     map[string]string
		want      string // of a finding; "" for none of errors
	}{
		{"nothing", "ImportConverters = 1\nImportConverter0 = nop\n", nil, ""},
		{"rights that can not be read", "AccessRights = /nonexistent/rights.lst\n", nil, "AccessRights can not be read"},
		{"hosts that can not be read", "DeniedIPs = 10.1.2.3-9\n", nil, "everybody is denied"},
		{"TLS only without a port", "TLSOnly = 1\n", nil, "TLSPort is not"},
		{"misspelt key", "ExportConvertor0 = forward to X\n", nil, "ExportConvertor0"},
		{"Lua in the ini", "ImportConverters = 1\nImportConverter0 = lua \"if x then\"\n", nil, "Lua does not parse"},
		{"Lua hook", "[lua]\nassociation = x = = 1\n", nil, "Lua does not parse"},
		{"called script is checked", "ImportConverters = 1\nImportConverter0 = call fix.cq\n", map[string]string{"fix.cq": "# ok\nnop\nforwrd to X\n"}, "script fix.cq, line 3"},
		{"Lua file", "[lua]\nassociation = dofile('broken.lua')\n", map[string]string{"broken.lua": "for"}, "broken.lua does not parse"},
		{"called script is fine", "ImportConverters = 1\nImportConverter0 = call fix.cq\n", map[string]string{"fix.cq": "nop\n"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live, _ := newSite(t, tt.ini, tt.files)
			list, err := sitecheck.Lint(t.Context(), live.Current())
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(list, func(f finding.Finding) bool {
				return f.Severity > finding.Hint && (tt.want == "" || strings.Contains(f.String(), tt.want))
			})
			if found != (tt.want != "") {
				t.Errorf("findings %v", list)
			}
		})
	}
}

func TestReport(t *testing.T) {
	live, dir := newSite(t, "", map[string]string{"acrnema.map": "SITE 127.0.0.1 1 un\n"})
	report, worst := sitecheck.Report(context.Background(), live)
	if worst != finding.Warning {
		t.Errorf("worst is %v", worst)
	}
	for _, want := range []string{"acrnema.map is read as it is", "dicom.sql is missing", "index.db3 is not there", "MAG0", "this site runs; read the points"} {
		if !strings.Contains(report, want) {
			t.Errorf("report lacks %q:\n%s", want, report)
		}
	}
	var left []string
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			left = append(left, filepath.Base(path))
		}
		return err
	})
	if want := []string{"acrnema.map", "dicom.ini"}; !slices.Equal(left, want) {
		t.Errorf("the site now holds %v", left)
	}
	os.RemoveAll(filepath.Join(dir, "data"))
	if _, worst := sitecheck.Report(context.Background(), live); worst != finding.Error {
		t.Errorf("without its device the worst is %v", worst)
	}
}

func TestStartFolder(t *testing.T) {
	live, dir := newSite(t, "MAGDevices = 2\nMAGDevice1 = ./data/\n", nil)
	const reminder = "counts from the folder in which the program starts"
	report, _ := sitecheck.Report(context.Background(), live)
	if !strings.Contains(report, reminder) {
		t.Errorf("no reminder elsewhere:\n%s", report)
	}
	t.Chdir(dir)
	if report, _ = sitecheck.Report(context.Background(), live); strings.Contains(report, reminder) {
		t.Errorf("a reminder in the folder of the site:\n%s", report)
	}
}
