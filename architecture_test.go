package conquest_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows are the packages of ours that each package may import. Imports go
// downwards only; docs/architecture.md has the picture. Anybody may import group,
// budget and regular, and oplog who writes lines of the log.
var arrows = map[string][]string{
	"budget":              nil,
	"cformat":             nil,
	"finding":             nil,
	"group":               nil,
	"console":             nil,
	"audit":               {"console"},
	"alert":               {"console"},
	"regular":             nil,
	"eventlog":            {"console"},
	"oplog":               nil,
	"dicom":               nil,
	"dicomweb":            {"dicom", "pixel"},
	"dicomweb/folder":     {"dicom", "dicomweb"},
	"dicomweb/client":     {"dicom"},
	"web":                 nil,
	"ohif":                nil,
	"compat":              {"dicom", "dicomweb", "web"},
	"login":               {"web"},
	"docs":                nil,
	"metrics":             nil,
	"ui/archive":          {"console", "dicom", "dicomini", "finding", "pacs", "pacs/browse", "pacs/life", "pacs/undo", "pacs/who", "web", "pacs/letters", "pacs/retrieve", "queue", "scripting", "ui"},
	"ui":                  {"dicom", "web"},
	"api":                 {"dicom", "web"},
	"api/archive":         {"api", "dicom", "finding", "pacs", "pacs/browse", "pacs/jobs", "pacs/letters", "pacs/outgoing", "queue", "storage", "console", "dicomini", "pacs/edited", "scripting"},
	"dicom/gendictionary": nil,
	"dimse":               {"dicom"},
	"dicomini":            {"finding"},
	"pixel/frame":         nil,
	"pixel/rle":           {"pixel/frame"},
	"pixel/nki":           {"pixel/frame"},
	"pixel/marker":        nil,
	"pixel/jpeg":          {"pixel/frame", "pixel/marker"},
	"pixel/jpegls":        {"pixel/frame", "pixel/marker"},
	"pixel/jpeg2000":      {"pixel/frame"},
	"pixel":               {"dicom", "pixel/"},
	"db":                  {"dicom", "dicomini", "db/"},
	"db/":                 {"dicom", "dicomini", "db/"},
	"storage":             {"attribute", "dicom", "pixel", "dicomini"},
	"journal":             nil,
	"queue":               {"journal"},
	"attribute":           {"dicom"},
	"scripting":           {"finding", "attribute", "cformat", "dicom", "scripting/shell"},
	"scripting/shell":     nil,
	"lua":                 nil,
	"lua/":                {"lua", "lua/sqlite"},
	"luabind":             {"attribute", "dicom", "lua", "lua/", "pixel", "pixel/frame"},
	"rules":               {"finding", "scripting", "luabind", "dicomini", "dicom"},
	"hl7":                 {"dicom", "dicomini", "db"},
	"access":              {"console", "dicomini", "dimse"},
	"pacs/arriving":       {"console", "db", "dicom", "dicomini", "journal", "storage"},
	"pacs/archive":        {"console", "dicom", "dicomini", "db", "pixel", "rules", "scripting", "storage"},
	"pacs/commitment":     {"console", "dicom", "dicomini", "dimse", "db", "queue", "storage"},
	"pacs/quarantine":     {"dicom", "queue", "storage"},
	"pacs/regen":          {"console", "dicom", "dicomini", "db", "db/sqlite", "rules", "scripting", "storage"},
	"pacs/letters":        {"queue"},
	"pacs/loopguard":      {"dicom"},
	"pacs/health":         {"db", "storage"},
	"pacs/pack":           {"storage"},
	"pacs/upkeep":         {"console", "dicomini", "pacs/pack", "storage"},
	"pacs/sitetest":       {"console", "db", "dicom", "dicomini", "storage"},
	"pacs/delayed":        {"console", "dicom", "dicomini", "dimse", "db", "journal", "queue", "scripting", "storage"},
	"pacs/doctor":         {"finding", "console", "dicom", "dicomini", "db", "journal", "storage"},
	"pacs/prefetch":       {"console", "dicom", "dicomini", "db", "storage"},
	"pacs/printing":       {"console", "dicom", "dimse", "pixel", "pixel/frame", "storage"},
	"pacs/site":           {"dimse", "console", "db", "dicom", "dicomini", "journal", "pacs/delayed", "rules", "scripting", "storage", "pixel", "pacs/life", "pacs/who", "metrics"},
	"pacs/transcode":      {"dicom", "dicomini", "pacs/site", "pixel", "rules", "scripting"},
	"pacs/peers":          {"access", "dicom", "dicomini", "dimse", "luabind", "pacs/printing", "pacs/site", "pacs/transcode", "pixel", "dicomweb/client"},
	"pacs/forward":        {"dicom", "dicomini", "dimse", "pacs/loopguard", "pacs/peers", "pacs/site", "queue", "rules", "scripting", "dicomweb/client", "pacs/life", "pacs/who"},
	"pacs/who":            nil,
	"pacs/life":           {"console", "journal"},
	"pacs/undo":           {"console", "db", "dicom", "dicomini", "journal", "pacs/who", "storage"},
	"pacs/remove":         {"db", "dicom", "dicomini", "pacs/site", "pacs/undo", "storage", "pacs/life", "pacs/who"},
	"pacs/export":         {"db", "dicom", "dicomini", "luabind", "pacs/site", "queue", "rules", "scripting", "storage"},
	"pacs/worklist":       {"access", "dicom", "dicomini", "hl7", "pacs/site", "rules", "scripting"},
	"pacs/virtual":        {"attribute", "db", "dicom", "dicomini", "dicomweb/client", "dimse", "pacs/peers", "pacs/remove", "pacs/site", "rules", "scripting", "storage"},
	"pacs/find":           {"db", "dicom", "dicomini", "pacs/peers", "pacs/prefetch", "pacs/site", "pacs/virtual", "rules", "scripting"},
	"pacs/browse":         {"db", "dicom", "pacs/site", "storage"},
	"pacs/outgoing":       {"queue"},
	"pacs/jobs":           {"journal"},
	"pacs/edited":         {"dicom"},
	"pacs/load":           {"dicom", "pacs/site", "pacs/virtual", "storage"},
	"pacs/store":          {"db", "dicom", "dicomini", "luabind", "pacs/arriving", "pacs/delayed", "pacs/export", "pacs/quarantine", "pacs/remove", "pacs/site", "pacs/transcode", "pacs/worklist", "rules", "scripting", "storage", "pacs/life", "pacs/who"},
	"pacs/served":         {"db", "dicom", "dicomini", "dicomweb", "luabind", "pacs/remove", "pacs/site", "pacs/store", "pacs/who", "rules", "scripting", "storage", "pacs/peers"},
	"pacs/modify":         {"db", "dicom", "dicomini", "pacs/find", "pacs/remove", "pacs/site", "pacs/store", "pacs/undo", "queue", "rules", "scripting", "storage", "pacs/life"},
	"pacs/submit":         {"dicom", "luabind", "pacs/find", "pacs/pack", "pacs/site", "rules", "scripting", "storage"},
	"pacs/intake":         {"db", "dicom", "dicomini", "luabind", "pacs/modify", "pacs/pack", "pacs/site", "pacs/store", "pacs/worklist", "rules", "scripting", "storage"},
	"pacs/retrieve":       {"access", "db", "dicom", "dicomini", "dicomweb/client", "dimse", "pacs/find", "pacs/forward", "pacs/peers", "pacs/site", "pacs/transcode", "pacs/virtual", "rules", "scripting", "storage", "pacs/life", "pacs/who"},
	"pacs":                {"cformat", "db", "dicom", "dicomini", "dimse", "queue", "rules", "scripting", "storage", "pacs/", "luabind"},
	"scp":                 {"access", "console", "db", "dicom", "dicomini", "dimse", "luabind", "pacs", "pacs/commitment", "pacs/find", "pacs/peers", "pacs/printing", "pacs/retrieve", "pacs/site", "pacs/store", "rules", "scripting", "storage", "metrics"},
	"script":              {"console", "db", "dicom", "dicomini", "luabind", "pacs", "pacs/forward", "pacs/printing", "pacs/site", "pacs/store", "pixel", "rules", "scripting", "storage"},
	"command":             {"attribute", "cformat", "console", "db", "db/dbase", "dicom", "dicomini", "luabind", "pacs", "pacs/archive", "pacs/delayed", "pacs/find", "pacs/letters", "pacs/modify", "pacs/pack", "pacs/peers", "pacs/prefetch", "pacs/regen", "pacs/site", "pacs/store", "pacs/undo", "pacs/who", "pixel", "queue", "rules", "script", "scripting", "storage", "pacs/life"},
	"command/client":      {"dicom", "dimse", "luabind", "pacs/site"},
	"sitecheck":           {"access", "attribute", "dimse", "luabind", "finding", "console", "dicom", "dicomini", "db", "storage", "scripting", "lua", "rules"},
	"server":              {"pacs/outgoing", "alert", "ohif", "attribute", "access", "cformat", "command", "command/client", "console", "db", "dicom", "dicomini", "finding", "journal", "pacs", "pacs/health", "pacs/site", "pacs/upkeep", "pixel", "rules", "scp", "script", "scripting", "sitecheck", "storage", "dicomweb", "web", "docs", "ui", "ui/archive", "api", "api/archive", "login", "proof/record", "proof/witness", "pacs/life", "compat", "luabind", "pacs/retrieve", "pacs/served", "eventlog", "metrics", "audit", "pacs/who"},
	"cgi":                 {"command/client", "console", "dicomini", "luabind", "server", "storage"},
	"dgate":               {"ohif", "cgi", "command", "command/client", "console", "dicomini", "finding", "login", "proof/", "script", "server", "sitecheck", "web", "api", "audit"},
	"proof/report":        nil,
	"proof/wire":          {"dimse"},
	"proof/play":          {"dicom", "dimse", "proof/record", "proof/wire"},
	"proof/scratch":       {"command/client", "db", "dicom", "dicomini", "dimse", "proof/compare", "storage"},
	"proof/replay":        {"dicom", "dicomini", "dimse", "proof/compare", "proof/play", "proof/record", "proof/report", "proof/scratch"},
	"proof/known":         {"proof/report"},
	"proof/shadow":        {"dicom", "dicomini", "dimse", "proof/compare", "proof/known", "proof/play", "proof/record", "proof/replay", "proof/report", "proof/scratch", "storage"},
	"proof/migrate":       {"command/client"},
	"proof/record":        {"dicom", "dimse", "proof/wire", "storage"},
	"proof/witness":       {"db", "dicom", "dicomini", "dimse", "pacs/site", "proof/record", "rules", "scripting"},
	"proof/compare":       {"db", "dicom", "dicomini", "pixel", "proof/report", "storage"},
	"regress":             {"regress/rig"},
	"regress/badinputs":   {"dicom", "dimse", "pixel/", "regress/rig"},
	"regress/foreign":     {"dicom", "dimse", "regress/rig"},
	"regress/commands":    nil,
	"regress/databases":   {"db/"},
	"regress/rig":         nil,
	"regress/durable":     {"dicom", "dimse", "regress/rig"},
	"regress/load":        nil,
	"deploy/image":        nil,
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
			if is && ours != "group" && ours != "regular" && ours != "budget" && ours != "oplog" && !permits(allowed, ours) {
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
