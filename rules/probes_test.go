package rules

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/scripting"
)

// A probe is what the original did with one converter line; see the comment of
// TestProbes.
type probe struct {
	Converter   string             `json:"converter"`
	Script      *string            `json:"script"`
	Input       map[string]*string `json:"input"`
	Ini         []string           `json:"ini"`
	Lua         []string           `json:"lua"`
	Scripts     map[string]string  `json:"scripts"`
	FilesBefore map[string]string  `json:"files_before"`
	Executable  []string           `json:"executable"`
	Targets     []int              `json:"targets"`
	Count       int                `json:"count"`
	Calling     string             `json:"calling"`
	Called      string             `json:"called"`
	Run         string             `json:"run"`
	Group       string             `json:"group"`
	Observed    struct {
		Status    json.RawMessage            `json:"status"`
		Stored    *int                       `json:"stored"`
		Server    string                     `json:"server"`
		Changed   json.RawMessage            `json:"changed"`
		Files     map[string]*string         `json:"files"`
		Log       []string                   `json:"log"`
		Forwarded map[string]json.RawMessage `json:"forwarded"`
	} `json:"observed"`
}

// different are the probes that are answered differently on purpose, with the
// entry of docs/differences.md.
var different = map[int]string{
	1:   "Two quotes inside a string give one",
	4:   "Variables are text",
	15:  "Variables are text",
	24:  "Variables are text",
	26:  "setifempty: to and if mean the same as in set",
	55:  "newuids except takes UIDs",
	51:  "Two quotes inside a string give one",
	147: "Two quotes inside a string give one",
	205: "Two quotes inside a string give one",
	178: "Import converters are not numbered modulo 100",
	277: "A forward is reported when it has succeeded",
	278: "A forward is reported when it has succeeded",
	284: "retry works where the database refused an object",
	303: "A last clause without a following one",
	304: "process with keeps the object",
	309: "Numbers of all kinds are converted",
	310: "Numbers of all kinds are converted",
	312: "A last clause without a following one",
}

// elsewhere are the probes that need a whole server.
var elsewhere = map[int]string{
	64:  "fix-ups of the stored object",
	110: "pixel data", 185: "pixel data",
	183: "the cut message is that of dicomini",
	256: "merges in the delayed queue",
	260: "retries of the export queue",
	273: "recompression runs the converter",
	289: "attach", 290: "addimagefile", 291: "merge", 292: "regen", 311: "queries",
	306: "associations", 307: "associations",
}

// TestProbes runs the converters of all probes that need no server on the base
// object and compares log lines, changes of the object, files and forwards. The
// records are numbered from 0 in order of the file.
func TestProbes(t *testing.T) {
	f, err := os.Open("testdata/scripting-probes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	ran := 0
	for i := 0; sc.Scan(); i++ {
		var p probe
		if err := json.Unmarshal(sc.Bytes(), &p); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		if elsewhere[i] != "" {
			continue
		}
		ran++
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			problems := runProbe(t, &p)
			if why := different[i]; why != "" {
				if len(problems) == 0 {
					t.Errorf("listed as different (%s), but is not", why)
				}
				return
			}
			for _, s := range problems {
				t.Error(s)
			}
			if t.Failed() {
				t.Logf("%s = %s", p.Converter, deref(p.Script))
			}
		})
	}
	if ran < 280 {
		t.Errorf("only %d probes were run", ran)
	}
}

func deref(s *string) string {
	if s == nil {
		return "<nil>"
	}
	return *s
}

func probeConfig(t *testing.T, dir string, p *probe) *dicomini.Config {
	t.Helper()
	b, err := os.ReadFile("testdata/dicom.ini")
	if err != nil {
		t.Fatal(err)
	}
	lines := append([]string{}, p.Ini...)
	if p.Script != nil && !strings.HasPrefix(p.Converter, "--") {
		lines = append(lines, p.Converter+" = "+*p.Script)
	}
	text := string(b)
	for _, l := range p.Ini {
		key, _, _ := strings.Cut(l, "=")
		text = regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(strings.TrimSpace(key))+` *=.*\n`).ReplaceAllString(text, "")
	}
	text = strings.Replace(text, "[lua]\n", strings.Join(lines, "\n")+"\n[lua]\n"+strings.Join(p.Lua, "\n")+"\n", 1)
	text += "\n[scripts]\n"
	for k, v := range p.Scripts {
		text += k + " = " + v + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "dicom.ini"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	loc, err := dicomini.Locate("dgate", dir)
	if err != nil {
		t.Fatal(err)
	}
	live, err := dicomini.Open(loc, dicomini.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return live.Current()
}

func probeObject(t *testing.T, input map[string]*string, k int) *dicom.Dataset {
	t.Helper()
	f, err := dicom.ReadFile("testdata/base.dcm", dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := f.Dataset.Clone()
	d.DeleteFunc(func(e *dicom.Element) bool { return e.Tag.Group() == 2 || e.Tag.IsGroupLength() })
	for key, v := range input {
		tag, ok := dicom.ParseTag(key)
		if !ok {
			t.Fatalf("tag %q", key)
		}
		if v == nil {
			d.Delete(tag)
			continue
		}
		text := *v
		if k > 0 {
			text = nextObject(text, k)
		}
		attribute.Assign(d, tag, text)
	}
	return d
}

var objectNumber = regexp.MustCompile(`46\d{4}`)

func nextObject(s string, k int) string {
	return objectNumber.ReplaceAllStringFunc(s, func(n string) string {
		i, _ := strconv.Atoi(n)
		return strconv.Itoa(i + k)
	})
}

func runProbe(t *testing.T, p *probe) (problems []string) {
	dir := t.TempDir()
	e := newFakeEnv(dir)
	cfg := probeConfig(t, dir, p)
	prepareFiles(t, dir, p)
	for k, v := range p.Scripts {
		e.scripts[strings.ToLower(k)] = v
	}
	for _, n := range p.Targets {
		e.targets["TARGET"+strconv.Itoa(n)] = true
		e.targets["127.0.0.1:<PORT"+strconv.Itoa(n)+">"] = true
		if n == 1 {
			e.targets["TARGETJ"] = true
		}
	}
	engine := &Engine{Env: envOf(e), Cache: scripting.NewCache(0), Filter: fakeFilter{e}}
	stored := 0
	var first, sent *dicom.Dataset
	var outcome Outcome
	vars := &scripting.Vars{}
	if p.Run != "" || p.Converter == "RejectedImageConverter0" {
		problems = append(problems, runHook(t, engine, cfg, p)...)
	} else {
		for k := range max(1, p.Count) {
			d := probeObject(t, p.Input, k)
			if k == 0 {
				sent = d.Clone()
			}
			calling, called := or(p.Calling, "STORESCU"), or(p.Called, "CONQUESTSRV1")
			e.proposed = filepath.Join("<DIR>/data", d.String(dicom.PatientID), d.String(dicom.SeriesInstanceUID)+"_0003_000007_<N>.dcm")
			outcome = engine.Import(context.Background(), cfg, Request{Object: d, Caller: &Party{CallingAE: calling, CalledAE: called, Variables: vars}})
			if outcome.Action != Keep {
				continue
			}
			stored++
			if k == 0 {
				first = d
			}
			exportAll(engine, cfg, e, d, calling, called)
		}
		problems = append(problems, compareObject(p, sent, first, stored, outcome)...)
	}
	problems = append(problems, compareLog(p, e)...)
	problems = append(problems, compareFiles(p, e)...)
	return append(problems, compareForwards(p, e)...)
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func prepareFiles(t *testing.T, dir string, p *probe) {
	t.Helper()
	for name, text := range p.FilesBefore {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range p.Executable {
		if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(dir, "dicom.sql"), []byte("x"), 0o666)
	os.Mkdir(filepath.Join(dir, "lua"), 0o777)
}

func exportAll(engine *Engine, cfg Config, e *fakeEnv, d *dicom.Dataset, calling, called string) {
	e.stored = d
	e.MakeDir(filepath.Dir(e.proposed))
	e.WriteText(e.proposed, "object", false)
	for n := range ExportCount(cfg) {
		engine.Export(context.Background(), cfg, n, ExportJob{File: e.proposed, Modality: d.String(dicom.Modality),
			StationName: d.String(dicom.StationName), SOP: d.String(dicom.SOPInstanceUID), PatientID: d.String(dicom.PatientID),
			Calling: calling, Called: called, Caller: &Party{Variables: &scripting.Vars{}}})
	}
}

type fakeFilter struct{ e *fakeEnv }

func (f fakeFilter) MatchObject(context.Context, string, string, string) (bool, error) {
	return false, nil
}

func runHook(t *testing.T, engine *Engine, cfg Config, p *probe) (problems []string) {
	ctx := context.Background()
	caller := &Party{CallingAE: "FINDSCU", CalledAE: "CONQUESTSRV1", Variables: &scripting.Vars{}}
	q := Request{Caller: caller}
	d := &dicom.Dataset{}
	d.SetString(dicom.PatientID, "P468537")
	switch name := strings.TrimRight(p.Converter, "0123456789"); name {
	case "QueryConverter", "QueryResultConverter":
		d.SetString(dicom.QueryRetrieveLevel, "PATIENT")
		d.SetString(dicom.PatientName, "")
		kind := scripting.Query
		if name == "QueryResultConverter" {
			kind = scripting.QueryResult
		}
		q.Object = d
		n := engine.Hook(ctx, cfg, kind, 0, q)
		if want := strings.HasPrefix(*p.Script, "destroy"); (n.Action == Destroy) != want {
			problems = append(problems, fmt.Sprintf("action %v", n.Action))
		}
	case "RetrieveConverter":
		d.SetString(dicom.StudyInstanceUID, "1.2.3.468537.1")
		q.Object, caller.CallingAE, q.Destination = d, "MOVESCU", "TARGET1"
		p.Observed.Forwarded = nil
		engine.Hook(ctx, cfg, scripting.Retrieve, 0, q)
	case "RetrieveResultConverter":
		input := map[string]*string{}
		q.Object, caller.CallingAE, q.Destination = probeObject(t, input, 0), "MOVESCU", "TARGET1"
		if out := engine.Hook(ctx, cfg, scripting.RetrieveResult, 0, q); out.Action != Keep {
			problems = append(problems, "a retrieve result was not kept")
		}
		p.Observed.Forwarded = nil
	case "RejectedImageConverter":
		q.Object = probeObject(t, p.Input, 0)
		out := engine.Hook(ctx, cfg, scripting.RejectedImage, 0, q)
		if want := p.Script == nil; (out.Action == Retry) != want {
			problems = append(problems, fmt.Sprintf("action %v", out.Action))
		}
	default:
		q.Object, caller.CallingAE = probeObject(t, map[string]*string{}, 0), "CONQUESTSRV1"
		engine.Script(ctx, cfg, strings.ReplaceAll(*p.Script, "'", `"`)+map[bool]string{true: " [%u]"}[*p.Script == "nop ms"], q)
	}
	return problems
}

var (
	ours      = regexp.MustCompile(`(?i)converter-?\d+\.-?\d+|NewUID|ChangeUID|UIDsInDICOM|patient ID (from|to) kodak`)
	notOurs   = regexp.MustCompile(`^sh: |association closed by|Retrieve: operation|restoring|rejected by script|Ini file item`)
	uidText   = regexp.MustCompile(`99999\.99999\.\d\.\d+\.\d+|<UID>`)
	fileText  = regexp.MustCompile(`_0003_000007_[0-9a-fA-F<>N]+\.dcm`)
	fileBase  = regexp.MustCompile(`_0003_000007_[0-9a-fA-F<>N]+`)
	dateText  = regexp.MustCompile(`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}|<DATE>`)
	exportLog = regexp.MustCompile(`(?i)exportconverter\d`)
)

func normalize(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s = uidText.ReplaceAllString(s, "<UID>")
	s = fileText.ReplaceAllString(s, "_F.dcm")
	s = fileBase.ReplaceAllString(s, "_F")
	return strings.TrimRight(dateText.ReplaceAllString(s, "<DATE>"), " \r")
}

func selectLog(lines []string) (list []string) {
	for _, l := range lines {
		if ours.MatchString(l) && !notOurs.MatchString(l) {
			list = append(list, normalize(l))
		}
	}
	return list
}

func compareLog(p *probe, e *fakeEnv) []string {
	want, got := selectLog(p.Observed.Log), selectLog(e.log)
	if reflect.DeepEqual(want, got) {
		return nil
	}
	if exportLog.MatchString(strings.Join(want, "\n")) && sameLines(want, got) {
		return nil
	}
	return []string{fmt.Sprintf("log\n got %q\nwant %q", got, want)}
}

// sameLines compares without regard to order: export converters run beside each
// other.
func sameLines(a, b []string) bool {
	count := map[string]int{}
	for _, l := range a {
		count[l]++
	}
	for _, l := range b {
		count[l]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func compareObject(p *probe, sent, first *dicom.Dataset, stored int, out Outcome) (problems []string) {
	if p.Observed.Stored != nil && *p.Observed.Stored != stored && p.Observed.Server == "" {
		problems = append(problems, fmt.Sprintf("%d stored, want %d", stored, *p.Observed.Stored))
	}
	if strings.Contains(string(p.Observed.Status), "0x110") != (out.Action == Reject) {
		problems = append(problems, fmt.Sprintf("status %s, action %v", p.Observed.Status, out.Action))
	}
	if first == nil || len(p.Observed.Changed) == 0 {
		return problems
	}
	var want map[string]struct {
		Was, Now any
	}
	if err := json.Unmarshal(p.Observed.Changed, &want); err != nil {
		return append(problems, string(p.Observed.Changed))
	}
	got := changes(sent, first)
	for tag, v := range want {
		if g, ok := got[tag]; !ok || normalValue(g) != normalValue(v.Now) {
			problems = append(problems, fmt.Sprintf("%s is %s, want %s", tag, normalValue(g), normalValue(v.Now)))
		}
		delete(got, tag)
	}
	for tag, v := range got {
		problems = append(problems, fmt.Sprintf("%s changed to %v", tag, v))
	}
	return problems
}

func normalValue(v any) string {
	var buf strings.Builder
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.Encode(v)
	b := strings.TrimSpace(buf.String())
	return dateText.ReplaceAllString(uidText.ReplaceAllString(b, "<UID>"), "<DATE>")
}

func changes(was, now *dicom.Dataset) map[string]any {
	out := map[string]any{}
	for e := range now.All() {
		old := was.Get(e.Tag)
		if v := elementValue(e); old == nil || !reflect.DeepEqual(elementValue(old), v) {
			out[e.Tag.String()] = v
		}
	}
	for e := range was.All() {
		if !now.Has(e.Tag) {
			out[e.Tag.String()] = nil
		}
	}
	return out
}

func elementValue(e *dicom.Element) any {
	switch {
	case e.IsSequence():
		items := []any{}
		for _, item := range e.Items {
			m := map[string]any{}
			for e := range item.All() {
				m[e.Tag.String()] = elementValue(e)
			}
			items = append(items, m)
		}
		return items
	case e.VR == dicom.OW || e.VR == dicom.OB || e.VR == dicom.UN:
		return hex.EncodeToString(e.Value[:min(64, len(e.Value))])
	case !e.VR.IsText() && len(e.Value) > 0:
		var parts []string
		size := max(1, e.VR.WordSize())
		for i := 0; i+size <= len(e.Value); i += size {
			d := &dicom.Dataset{}
			d.Put(dicom.Element{Tag: e.Tag, VR: e.VR, Value: e.Value[i : i+size]})
			n, _ := d.Int(e.Tag)
			parts = append(parts, strconv.Itoa(n))
		}
		return strings.Join(parts, `\`)
	}
	return strings.TrimRight(string(e.Value), " \x00")
}

func compareFiles(p *probe, e *fakeEnv) (problems []string) {
	for name, want := range p.Observed.Files {
		if len(e.queued) > 0 {
			continue
		}
		b, err := os.ReadFile(filepath.Join(e.dir, name))
		if want == nil {
			if err == nil {
				problems = append(problems, name+" exists")
			}
			continue
		}
		if normalize(string(b)) != normalize(*want) && string(b) != *want {
			problems = append(problems, fmt.Sprintf("file %s: %q, want %q", name, b, *want))
		}
	}
	return problems
}

func compareForwards(p *probe, e *fakeEnv) (problems []string) {
	for target, raw := range p.Observed.Forwarded {
		var want struct {
			Objects int
			Patient []string
		}
		json.Unmarshal(raw, &want)
		n := strings.TrimPrefix(target, "TARGET")
		list := append(append([]*dicom.Dataset{}, e.forwarded[target]...), e.forwarded["127.0.0.1:<PORT"+n+">"]...)
		if n == "1" {
			list = append(list, e.forwarded["TARGETJ"]...)
		}
		if len(e.queued) > 0 {
			continue
		}
		if len(list) != want.Objects {
			problems = append(problems, fmt.Sprintf("%d objects to %s, want %d", len(list), target, want.Objects))
			continue
		}
		if len(list) == 0 || want.Patient == nil {
			continue
		}
		d := list[0]
		got := []string{d.String(dicom.PatientName), d.String(dicom.PatientID), or(d.String(0x00104000), "None")}
		if !reflect.DeepEqual(got, want.Patient) {
			problems = append(problems, fmt.Sprintf("forwarded %q, want %q", got, want.Patient))
		}
	}
	return problems
}
