package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
)

// converterProbe is what the original did with one converter line, an object
// sent to it or a command (docs/original/scripting.md). <DIR> is the server's folder.
type converterProbe struct {
	number int

	Converter     string              `json:"converter"`
	Script        *string             `json:"script"`
	Input         map[string]*string  `json:"input"`
	Object        map[string]*string  `json:"object"`
	Before        []map[string]string `json:"store_before"`
	Ini           []string            `json:"ini"`
	Lua           []string            `json:"lua"`
	Scripts       map[string]string   `json:"scripts"`
	FilesBefore   map[string]string   `json:"files_before"`
	Executable    []string            `json:"executable"`
	Targets       []int               `json:"targets"`
	TargetOptions []string            `json:"target_options"`
	Count         int                 `json:"count"`
	Calling       string              `json:"calling"`
	Called        string              `json:"called"`
	Run           string              `json:"run"`
	ClientFilter  string              `json:"client_filter"`
	Group         string              `json:"group"`
	Observed      struct {
		Status    any                `json:"status"`
		Stored    *int               `json:"stored"`
		Server    string             `json:"server"`
		Changed   any                `json:"changed"`
		Files     map[string]*string `json:"files"`
		Log       []string           `json:"log"`
		Client    []string           `json:"client"`
		Forwarded map[string]struct {
			Objects int      `json:"objects"`
			Syntax  string   `json:"transfer_syntax"`
			Patient []string `json:"patient"`
		} `json:"forwarded"`
	} `json:"observed"`
}

// serverProbes need more than the rules and a fake environment, besides those
// with peers, commands or exports.
var serverProbes = []int{64, 110, 183, 185, 256, 259, 260, 273, 306, 307}

// otherwise are the records that are answered differently on purpose: the entry
// of docs/differences.md.
var otherwise = map[int]string{
	26:  "setifempty: to and if mean the same as in set",
	205: "Two quotes inside a string give one",
	275: "A forward is reported when it has succeeded",
	277: "A forward is reported when it has succeeded",
	284: "retry works where the database refused an object",
	296: "A forward in a compression that does not suit the object",
	297: "JPEG 2000 of images with a side below 64",
	304: "process with keeps the object",
	307: "A kept association serves one destination",
	311: "Query results after a skipped statement",
}

func readConverterProbes(t *testing.T) (groups [][]*converterProbe) {
	t.Helper()
	f, err := os.Open("../rules/testdata/scripting-probes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	byName := map[string]int{}
	for n := 0; sc.Scan(); n++ {
		p := &converterProbe{number: n}
		if err := json.Unmarshal(sc.Bytes(), p); err != nil {
			t.Fatalf("record %d: %v", n, err)
		}
		if p.Run == "" && p.Targets == nil && p.Before == nil && !strings.HasPrefix(p.Converter, "Export") && !slices.Contains(serverProbes, n) {
			continue
		}
		if at, ok := byName[p.Group]; ok && p.Group != "" {
			groups[at] = append(groups[at], p)
			continue
		}
		byName[p.Group] = len(groups)
		groups = append(groups, []*converterProbe{p})
	}
	return groups
}

// TestConverterProbes sends the recorded objects and commands to real servers,
// with dcmtk's tools as peers.
func TestConverterProbes(t *testing.T) {
	for _, name := range []string{"storescu", "storescp", "findscu", "movescu"} {
		tool(t, name, "the package dcmtk")
	}
	slots := make(chan struct{}, 4)
	for _, group := range readConverterProbes(t) {
		t.Run(fmt.Sprint(group[0].number), func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			r := &converterReplay{t: t, s: newSite(t)}
			for i, p := range group {
				r.play(p, i > 0)
			}
		})
	}
}

type converterReplay struct {
	t      *testing.T
	s      *site
	from   int // of the log
	before map[string]bool
	sent   *dicom.Dataset
	got    struct {
		status any
		client []string
	}
}

func (r *converterReplay) play(p *converterProbe, goOn bool) {
	r.prepare(p, goOn)
	r.from, r.before = len(r.s.log()), r.stored()
	if !goOn {
		r.from = 0
	}
	if p.Run != "" {
		r.command(p)
	} else {
		r.send(p)
	}
	problems := r.outcome(p)
	select {
	case <-r.s.stopped:
		r.t.Fatalf("server ended:\n%s", r.s.log())
	default:
	}
	if why := otherwise[p.number]; why != "" {
		if len(problems) == 0 {
			r.t.Errorf("%d is listed as different (%s), but is not", p.number, why)
		}
		return
	}
	for _, x := range problems {
		r.t.Errorf("%d: %s", p.number, x)
	}
	if r.t.Failed() {
		r.t.Logf("%s = %v", p.Converter, p.Script)
	}
}

// outcome compares until nothing is missing any more; a difference that is meant
// may take as long to show.
func (r *converterReplay) outcome(p *converterProbe) (problems []string) {
	different := otherwise[p.number] != ""
	limit := 10 * time.Second
	if different {
		limit = 3 * time.Second
	}
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		problems = r.compare(p)
		if (len(problems) > 0) == different {
			break
		}
	}
	return problems
}

// stored are the files of objects.
func (r *converterReplay) stored() map[string]bool {
	found := map[string]bool{}
	filepath.WalkDir(filepath.Join(r.s.dir, "data"), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() && slices.Contains([]string{"dbase", "incoming", "printer_files"}, e.Name()) {
			return filepath.SkipDir
		}
		if err == nil && !e.IsDir() {
			found[path] = true
		}
		return nil
	})
	return found
}

func (r *converterReplay) compare(p *converterProbe) (problems []string) {
	differ := func(what string, want, got any) {
		if !reflect.DeepEqual(want, got) {
			problems = append(problems, fmt.Sprintf("%s: want %s got %s", what, short(want), short(got)))
		}
	}
	o := &p.Observed
	if o.Server == "crashed" {
		return nil
	}
	if o.Status != nil {
		differ("status", o.Status, r.got.status)
	}
	if o.Client != nil {
		want := []string{}
		for _, l := range o.Client {
			want = append(want, r.plain(l))
		}
		differ("client", want, r.got.client)
	}
	var fresh []string
	for path := range r.stored() {
		if !r.before[path] {
			fresh = append(fresh, path)
		}
	}
	sort.Strings(fresh)
	if o.Stored != nil && p.Run == "" {
		differ("stored", *o.Stored, len(fresh))
	}
	if want, ok := o.Changed.(map[string]any); ok && len(fresh) > 0 && p.Run == "" {
		differ("changed", r.expected(want), r.changes(fresh[0]))
	}
	for name, want := range o.Files {
		b, err := os.ReadFile(filepath.Join(r.s.dir, name))
		switch {
		case want == nil && err == nil:
			problems = append(problems, "file "+name+" is there")
		case want != nil:
			differ("file "+name, r.plain(*want), r.plain(string(b)))
		}
	}
	for peer, want := range o.Forwarded {
		found, _ := filepath.Glob(filepath.Join(r.s.dir, strings.Replace(peer, "TARGET", "target", 1), "*"))
		differ(peer, want.Objects, len(found))
		if want.Objects == 1 && len(found) == 1 && !strings.HasSuffix(found[0], ".tmp") {
			syntax, patient := r.received(found[0])
			differ(peer+" syntax", want.Syntax, syntax)
			differ(peer+" patient", want.Patient, patient)
		}
	}
	differ("log", converterLines(r, o.Log), converterLines(r, strings.Split(r.s.log()[r.from:], "\n")))
	return problems
}

func (r *converterReplay) received(path string) (syntax string, patient []string) {
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		return err.Error(), nil
	}
	defer f.Close()
	for _, tag := range []dicom.Tag{dicom.PatientName, dicom.PatientID, 0x00104000} {
		if f.Dataset.Has(tag) {
			patient = append(patient, f.Dataset.String(tag))
		} else {
			patient = append(patient, "None")
		}
	}
	return f.Dataset.TransferSyntax().UID, patient
}

var (
	madeUID   = regexp.MustCompile(`99999\.99999(\.\d+){2,}|<UID>`)
	madeName  = regexp.MustCompile(`_1[4-9]\d{8}[0-9a-f]{4}\b`)
	timeText  = regexp.MustCompile(`(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}`)
	converter = regexp.MustCompile(`(\w*)[cC]onverter(-?\d+)\.\d+`)
	responses = regexp.MustCompile(`Received Find Response (\d+)`)
)

// plain replaces what differs from run to run.
func (r *converterReplay) plain(s string) string {
	s = strings.ReplaceAll(strings.TrimRight(s, " "), r.s.dir, "<DIR>")
	s = r.s.portNames(s)
	s = madeUID.ReplaceAllString(s, "<UID>")
	s = madeName.ReplaceAllString(s, "_<N>")
	s = timeText.ReplaceAllString(s, "<DATE>")
	return responses.ReplaceAllString(s, "Find Response: $1")
}

// converterLines are the log lines that name converters, by converter; those of
// exports and queries in any order.
func converterLines(r *converterReplay, log []string) map[string][]string {
	out := map[string][]string{}
	for _, l := range log {
		if m := converter.FindStringSubmatch(l); m != nil {
			key := strings.ToLower(m[1]) + m[2]
			out[key] = append(out[key], r.plain(l))
		}
	}
	for key, lines := range out {
		if strings.HasPrefix(key, "export") || strings.HasPrefix(key, "q") {
			sort.Strings(lines)
		}
	}
	return out
}

// expected is the recorded change of an object, made elements and the lengths of
// groups left out.
func (r *converterReplay) expected(want map[string]any) map[string]any {
	out := map[string]any{}
	for key, v := range want {
		if m, ok := v.(map[string]any); ok && !strings.HasSuffix(key, ",0000") {
			now := m["now"]
			if s, ok := now.(string); ok {
				now = r.plain(s)
			}
			out[key] = now
		}
	}
	return out
}

// changes are the elements of a stored file that differ from what was sent.
func (r *converterReplay) changes(path string) map[string]any {
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		return map[string]any{"unreadable": err.Error()}
	}
	defer f.Close()
	was, now, out := r.flat(r.sent), r.flat(f.Dataset), map[string]any{}
	for key, v := range now {
		if !reflect.DeepEqual(was[key], v) {
			out[key] = v
		}
	}
	for key := range was {
		if _, ok := now[key]; !ok {
			out[key] = nil
		}
	}
	return out
}

func (r *converterReplay) flat(d *dicom.Dataset) map[string]any {
	out := map[string]any{}
	for i := range d.Len() {
		e := d.At(i)
		if e.Tag.Group() == 2 || e.Tag.IsGroupLength() {
			continue
		}
		switch {
		case e.IsSequence():
			items := []any{}
			for _, item := range e.Items {
				items = append(items, r.flat(item))
			}
			out[e.Tag.String()] = items
		case e.VR == dicom.US || e.VR == dicom.UL || e.VR == dicom.SS || e.VR == dicom.SL:
			n, _ := e.Ints()
			out[e.Tag.String()] = strings.ReplaceAll(strings.Trim(fmt.Sprint(n), "[]"), " ", `\`)
		case e.VR == dicom.OB || e.VR == dicom.OW || e.VR == dicom.UN:
			b, _ := e.Bytes()
			out[e.Tag.String()] = fmt.Sprintf("%x", b[:min(len(b), 64)])
		default:
			out[e.Tag.String()] = r.plain(string(bytes.TrimRight(e.Value, " \x00")))
		}
	}
	return out
}
