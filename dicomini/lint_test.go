package dicomini

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/finding"

	"github.com/rogpeppe/go-internal/txtar"
)

// destroyChecker stands for the checker of the script rooms.
type destroyChecker struct{}

func (destroyChecker) CheckScript(kind, text string) []ScriptFinding {
	if i := strings.Index(text, "destroy"); kind == "Export" && i >= 0 {
		return []ScriptFinding{{Severity: finding.Warning, Offset: i, Message: "destroy has no meaning in an export converter", Fix: "remove it"}}
	}
	return nil
}

// TestLint runs the archives in testdata/lint: the files of a site, and the
// findings they give in the file want.
func TestLint(t *testing.T) {
	names, err := filepath.Glob("testdata/lint/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := lintArchive(t, archive)
			for i, f := range archive.Files {
				if f.Name != "want" {
					continue
				}
				if *update {
					archive.Files[i].Data = []byte(got)
					if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
						t.Fatal(err)
					}
				} else if got != string(f.Data) {
					t.Errorf("got\n%swant\n%s", got, f.Data)
				}
			}
		})
	}
}

func lintArchive(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	in := LintInput{Scripts: destroyChecker{}}
	for _, f := range archive.Files {
		switch f.Name {
		case "dicom.ini":
			text := strings.NewReplacer("<BOM>", "\xef\xbb\xbf", "<LONG>", strings.Repeat("x", 600), "<VERYLONG>", strings.Repeat("y", 2100)).Replace(string(f.Data))
			c, err := Load(Location{}, ParseFile("dicom.ini", []byte(text)))
			if err != nil {
				t.Fatal(err)
			}
			in.Config = c
		case "acrnema.map":
			in.AEMap = ParseAEMap(f.Data)
		case "dgatesop.lst":
			in.SOPList = ParseSOPList(f.Data)
		case "dicom.sql":
			in.SchemaText = f.Data
		}
	}
	var b strings.Builder
	for _, f := range Lint(in) {
		b.WriteString(f.Severity.String() + " " + f.String() + "\n")
	}
	return b.String()
}

func TestForwardDestinations(t *testing.T) {
	for text, want := range map[string]string{
		"forward to A; destroy":                             "A",
		"ifequal \"%i\",\"x\"; { forward to A org B; }":     "A",
		"forward compressed as j2 to B":                     "B",
		"forward study to C after 10":                       "C",
		"forward series after 2 to D":                       "D",
		"forward to %V0008,0090":                            "",
		"forward to X%u":                                    "",
		"forward study to A; forward image to B; save to x": "A B",
		"process series after 5 by x.lua to Y":              "",
	} {
		var got []string
		for _, d := range destinations(nil, "Import", text) {
			if !strings.HasPrefix(text[d.Offset:], d.AE) {
				t.Errorf("%s: offset %d", text, d.Offset)
			}
			got = append(got, d.AE)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
