package rules

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/scripting"
)

func iniConfig(t *testing.T, lines ...string) *dicomini.Config {
	t.Helper()
	p := &probe{Converter: "--", Ini: lines}
	var lua []string
	for i, l := range lines {
		if l == "[lua]" {
			p.Ini, lua = lines[:i], lines[i+1:]
			break
		}
	}
	p.Lua = lua
	return probeConfig(t, t.TempDir(), p)
}

func testRequest(t *testing.T) Request {
	return Request{Object: probeObject(t, nil, 0), Caller: &Party{CallingAE: "SRC1", CalledAE: "CONQUESTSRV1"}}
}

func TestImportOrderAndFilters(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  string // names of the converters that logged
		out   Action
	}{
		{[]string{"ImportConverter10 = nop", "ImportConverter2 = nop; stop", "ImportConverter0 = nop"}, "0 2 10", Keep},
		{[]string{"ImportConverter0 = nop", "ImportConverter1 = nop; reject", "ImportConverter2 = nop"}, "0 1 1", Reject},
		{[]string{"ImportConverter0 = nop", "ImportConverter1 = destroy2", "ImportConverter2 = nop"}, "0", Destroy},
		{[]string{"ImportModality0 = MR", "ImportConverter0 = nop", "ImportConverter1 = nop"}, "1", Keep},
		{[]string{"ImportModality0 =", "ImportConverter0 = nop"}, "", Keep},
		{[]string{"ImportCallingAE0 = src*", "ImportConverter0 = nop", "ImportCalledAE1 = X", "ImportConverter1 = nop"}, "0", Keep},
		{[]string{"ImportConverters = 1", "ImportConverter0 = nop", "ImportConverter1 = nop"}, "0", Keep},
		{[]string{"ImportConverters = 120", "ImportConverter0 = nop", "ImportConverter100 = nop"}, "0 100", Keep},
		{[]string{"ImportModality0 = MR", "ImportConverter0 = nop", "[lua]", "ImportConverter0 = destroy()"}, "", Destroy},
	} {
		e := newFakeEnv(t.TempDir())
		engine := &Engine{Env: envOf(e)}
		out := engine.Import(context.Background(), iniConfig(t, c.lines...), testRequest(t))
		var names []string
		for _, l := range e.log {
			name, _, _ := strings.Cut(strings.TrimPrefix(l, "Importconverter"), ".")
			if !strings.Contains(l, ": stop") {
				names = append(names, name)
			}
		}
		if got := strings.Join(names, " "); got != c.want || out.Action != c.out {
			t.Errorf("%q: %s %v, want %s %v", c.lines, got, out.Action, c.want, c.out)
		}
	}
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		kind scripting.Kind
		code scripting.Code
		want Action
	}{
		{scripting.Query, scripting.Destroy, Destroy}, {scripting.Query, scripting.Reject, Keep},
		{scripting.QueryResult, scripting.Reject, Keep}, {scripting.RetrieveResult, scripting.Destroy, Keep},
		{scripting.MergeSeries, scripting.Reject, Reject}, {scripting.Archive, scripting.Destroy, Destroy},
		{scripting.RejectedImage, scripting.Retry, Retry}, {scripting.Import, scripting.Retry, Keep},
		{scripting.Regen, scripting.Destroy, Destroy}, {scripting.VirtualServerQueryResult, scripting.Destroy, Keep},
		{scripting.Compression, scripting.Destroy, Keep}, {scripting.Export, scripting.Defer, Defer},
	} {
		if got := actionFor(c.kind, c.code); got != c.want {
			t.Errorf("%s %v: %v, want %v", c.kind.Name(), c.code, got, c.want)
		}
	}
}

// Scripts that are numbers name a converter; storage and values of the object
// reach the caller.
func TestScriptCodesAndStorage(t *testing.T) {
	e := newFakeEnv(t.TempDir())
	engine := &Engine{Env: envOf(e)}
	cfg := iniConfig(t, "MergeSeriesConverter0 = nop merging; reject", "ImportConverter0 = storage MAG1")
	if out := engine.Script(context.Background(), cfg, "1700", testRequest(t)); out.Action != Reject {
		t.Errorf("1700: %+v", out)
	}
	if out := engine.Import(context.Background(), cfg, testRequest(t)); out.Storage != "MAG1" {
		t.Errorf("storage: %+v", out)
	}
	want := []string{"MergeSeriesconverter0.0: nop merging", "MergeSeriesconverter0.1: rejected received image", "Importconverter0.0: sets preferred storage to MAG1"}
	if !reflect.DeepEqual(e.log, want) {
		t.Errorf("%q", e.log)
	}
}

// Records after one whose converter ended skipped are converted all the same.
func TestQueryResultsAreAllConverted(t *testing.T) {
	e := newFakeEnv(t.TempDir())
	engine := &Engine{Env: envOf(e)}
	cfg := iniConfig(t, `QueryResultConverter0 = ifequal "%i","QRC1"; set 0010,0010 to "HIT"`)
	for _, id := range []string{"QRC0", "QRC1", "QRC2"} {
		d := &dicom.Dataset{}
		d.SetString(dicom.PatientID, id)
		engine.Hook(context.Background(), cfg, scripting.QueryResult, 0, Request{Object: d})
		if hit := d.String(dicom.PatientName) == "HIT"; hit != (id == "QRC1") {
			t.Errorf("%s: %v", id, hit)
		}
	}
}

type filterFunc func(condition string) (bool, error)

func (f filterFunc) MatchObject(_ context.Context, condition, _, _ string) (bool, error) {
	return f(condition)
}

func TestExportFilters(t *testing.T) {
	for _, c := range []struct {
		lines  []string
		answer bool
		err    error
		ran    bool
	}{
		{[]string{"ExportConverter0 = nop"}, false, nil, true},
		{[]string{"ExportFilter0 = Rows = 8", "ExportConverter0 = nop"}, true, nil, true},
		{[]string{"ExportFilter0 = Rows = 8", "ExportConverter0 = nop"}, false, nil, false},
		{[]string{"ExportFilter0 = Rows = 8", "ExportConverter0 = nop"}, true, errors.New("no such column"), false},
		{[]string{"ExportFilter0 =", "ExportConverter0 = nop"}, true, nil, false},
		{[]string{"ExportStationName0 = S*", "ExportConverter0 = nop"}, true, nil, true},
		{[]string{"ExportConverters = 0", "ExportConverter0 = nop"}, true, nil, false},
	} {
		e := newFakeEnv(t.TempDir())
		engine := &Engine{Env: envOf(e), Filter: filterFunc(func(string) (bool, error) { return c.answer, c.err })}
		out := engine.Export(context.Background(), iniConfig(t, c.lines...), 0, ExportJob{File: "/x.dcm", StationName: "STAT1"})
		if out.Ran != c.ran {
			t.Errorf("%q: ran %v", c.lines, out.Ran)
		}
	}
}

type placeAt string

func (p placeAt) Place(d *dicom.Dataset, preferred string) (device, file string, err error) {
	if preferred == "" {
		preferred = "MAG0"
	}
	return preferred, string(p) + d.String(dicom.PatientID) + "/1.dcm", nil
}

func TestExplain(t *testing.T) {
	cases, err := filepath.Glob("testdata/explain/*.ini")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, name := range cases {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := iniConfig(t, strings.Split(strings.TrimSpace(string(b)), "\n")...)
		d := probeObject(t, nil, 0)
		d.SetString(dicom.PatientID, "P1")
		e := newFakeEnv(t.TempDir())
		before := d.Clone()
		got := (&Engine{Env: envOf(e)}).Explain(context.Background(), cfg, d, "SRC1", "CONQUESTSRV1", placeAt("/data/"))
		golden := strings.TrimSuffix(name, ".ini") + ".txt"
		if os.Getenv("UPDATE") != "" {
			os.WriteFile(golden, []byte(got), 0o666)
		}
		want, _ := os.ReadFile(golden)
		if got != string(want) {
			t.Errorf("%s:\n%s", name, got)
		}
		if !reflect.DeepEqual(d, before) || len(e.log) > 0 || len(e.queued) > 0 || len(e.shell) > 0 {
			t.Errorf("%s: the explanation had effects", name)
		}
		for _, path := range []string{"/etc/x", "/new", "written.txt"} {
			if _, err := os.Stat(path); err == nil {
				t.Errorf("%s: the explanation made %s", name, path)
			}
		}
	}
}

func TestChecker(t *testing.T) {
	c := Checker{Known: func(s string) bool { return s == "myscript" }}
	if got := c.CheckScript("Import", "myscript; destory"); len(got) != 1 || got[0].Offset != 10 || got[0].Severity != finding.Error {
		t.Errorf("%+v", got)
	}
	if got := c.CheckScript("lua", "nonsense"); got != nil {
		t.Errorf("%+v", got)
	}
	if got := c.Destinations("Export", "forward to A; forward to %u"); len(got) != 1 || got[0].AE != "A" || got[0].Offset != 11 {
		t.Errorf("%+v", got)
	}
}
