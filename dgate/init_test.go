package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestInit makes a site from the program alone; what is there stays.
func TestInit(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new site")
	if code := initSite([]string{"dgate", "init", folder, "HOSPITAL", "11112"}); code != 0 {
		t.Fatal(code)
	}
	ini, err := os.ReadFile(filepath.Join(folder, "dicom.ini"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"MyACRNema                = HOSPITAL\n", "TCPPort                  = 11112\n", "HTTPPort                 = 8086\n", "\nFileMode                 = 0640\n"} {
		if !strings.Contains(string(ini), line) {
			t.Errorf("dicom.ini lacks %q", line)
		}
	}
	for _, name := range []string{"acrnema.map", "dgatesop.lst", "dicom.sql", "dgate.dic", "data"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "dicom.ini"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := initSite([]string{"dgate", "init", folder}); code != 0 {
		t.Fatal(code)
	}
	if ini, err := os.ReadFile(filepath.Join(folder, "dicom.ini")); err != nil || string(ini) != "mine" {
		t.Errorf("dicom.ini was written over: %v", err)
	}
	for _, args := range [][]string{{"f", "A TITLE THAT IS TOO LONG"}, {"f", "A", "0"}, {"f", "A", "x"}, {"f", `A\B`}, {"f", "A", "1", "2"}} {
		if code := initSite(append([]string{"dgate", "init"}, args...)); code != 2 {
			t.Errorf("%q: %d", args, code)
		}
	}
}

// TestCompletion holds that the shells read what is written for them.
func TestCompletion(t *testing.T) {
	list := completions()
	for _, want := range []string{"help", "--lint", "--doctor", "--deletepatient:", "--healthcheck", "-v"} {
		if !slices.Contains(list, want) {
			t.Errorf("%q is not completed", want)
		}
	}
	script := bashCompletion(list) + `
COMP_LINE="dgate --deletepat"; COMP_POINT=${#COMP_LINE}; compopt() { :; }; _dgate; echo "${COMPREPLY[@]}"
COMP_LINE="dgate --nothing"; COMP_POINT=${#COMP_LINE}; _dgate; echo "${COMPREPLY[@]}"
`
	out, err := exec.Command("bash", "-c", script).CombinedOutput()
	if err != nil || string(out) != "--deletepatient:\n\n" {
		t.Errorf("bash completes %q, %v", out, err)
	}
}

// TestManPage holds that the page has all options, and nothing that man stumbles
// over.
func TestManPage(t *testing.T) {
	page := manPage()
	for n, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, ".") && !strings.HasPrefix(line, ".TH ") && !strings.HasPrefix(line, ".SH ") && !strings.HasPrefix(line, ".TP") && !strings.HasPrefix(line, ".B ") && line != ".br" || strings.HasPrefix(line, "'") {
			t.Errorf("line %d: %q", n+1, line)
		}
	}
	for _, r := range optionRows {
		if !strings.Contains(page, roff(r.form)) {
			t.Errorf("%s is not there", r.form)
		}
	}
}
