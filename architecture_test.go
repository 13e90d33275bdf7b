package conquest_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows are the packages of ours that each package may import. Imports go
// downwards only; docs/architecture.md has the picture.
var arrows = map[string][]string{
	"cformat":           nil,
	"console":           nil,
	"dicom":             nil,
	"dimse":             {"dicom"},
	"dicomini":          nil,
	"pixel/frame":       nil,
	"pixel/rle":         {"pixel/frame"},
	"pixel/nki":         {"pixel/frame"},
	"pixel/jpeg":        {"pixel/frame"},
	"pixel/jpegls":      {"pixel/frame"},
	"pixel/jpeg2000":    {"pixel/frame"},
	"pixel":             {"dicom", "pixel/"},
	"db":                {"dicom", "dicomini", "db/"},
	"db/":               {"dicom", "dicomini", "db/"},
	"storage":           {"dicom", "pixel", "dicomini"},
	"queue":             nil,
	"scripting":         {"dicom"},
	"luabind":           {"dicom", "pixel", "pixel/frame"},
	"rules":             {"scripting", "luabind", "dicomini", "dicom"},
	"hl7":               {"dicom", "dicomini", "db"},
	"server/access":     {"console", "dicomini", "dimse"},
	"server/archive":    {"console", "dicom", "dicomini", "db", "pixel", "rules", "scripting", "storage"},
	"server/commitment": {"console", "dicom", "dicomini", "dimse", "db", "queue", "storage"},
	"server/regen":      {"console", "dicom", "dicomini", "db", "rules", "scripting", "storage"},
	"server/pack":       {"storage"},
	"server/upkeep":     {"console", "dicomini", "server/pack", "storage"},
	"server/sitetest":   {"console", "db", "dicom", "dicomini", "storage"},
	"server/delayed":    {"console", "dicom", "dicomini", "dimse", "db", "queue", "scripting", "storage"},
	"server/doctor":     {"console", "dicom", "dicomini", "db", "storage"},
	"server/prefetch":   {"console", "dicom", "dicomini", "db", "storage"},
	"server/printing":   {"console", "dicom", "dimse", "pixel", "pixel/frame", "storage"},
	"sitecheck":         {"console", "dicom", "dicomini", "db", "storage", "scripting", "luabind", "rules"},
	"server":            {"server/access", "server/archive", "server/commitment", "server/delayed", "server/doctor", "server/pack", "server/prefetch", "server/printing", "server/regen", "server/upkeep", "cformat", "sitecheck", "console", "dicom", "dimse", "dicomini", "pixel", "pixel/frame", "db", "db/dbase", "storage", "queue", "scripting", "luabind", "rules", "hl7"},
	"web":               {"console", "dicomini", "luabind", "server", "storage"},
	"dgate":             {"server", "sitecheck", "web", "dicomini", "console"},
	"regress":           nil,
	"regress/commands":  nil,
	"regress/databases": {"db/"},
	"regress/durable":   {"dicom", "dimse"},
	"regress/load":      nil,
}

// TestImportArrows holds the layering: a package imports what stands in its row
// and nothing else of ours.
func TestImportArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "conquest/")
		if name == "conquest" {
			continue
		}
		allowed, ok := row(name)
		if !ok {
			t.Errorf("package %s has no row", name)
			continue
		}
		for _, imp := range p.Imports {
			ours, is := strings.CutPrefix(imp, "conquest/")
			if is && !permits(allowed, ours) {
				t.Errorf("%s may not import %s", name, ours)
			}
		}
	}
}

func row(name string) ([]string, bool) {
	if a, ok := arrows[name]; ok {
		return a, true
	}
	parent, _, _ := strings.Cut(name, "/")
	a, ok := arrows[parent+"/"]
	return a, ok
}

// permits tells whether a row allows an import; an entry ending in a slash
// allows all below it.
func permits(allowed []string, name string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		return a == name || strings.HasSuffix(a, "/") && strings.HasPrefix(name, a)
	})
}
