package dicom

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"conquest/regress/rig"
)

// tool is the path of a program of another maker; without it the test is
// skipped, but fails in CI.
func tool(t *testing.T, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err == nil {
		return p
	}
	rig.Missing(t, err)
	return ""
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// uncompressed are files with native pixel data.
func uncompressed(t *testing.T) []string {
	return append(globbed(t, "testdata/reference/input/0[1257]*"), "testdata/reference/input/15-ct-private-implicit.dcm", rich)
}

// rich has elements of most VRs; two of them have their VR told by others that
// are missing.
const rich = "testdata/dump/sequences.dcm"

// withoutMeta reads a file, without group 0002 and group lengths.
func withoutMeta(t *testing.T, name string) *Dataset {
	t.Helper()
	f, err := ReadFile(name, ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f.DeleteFunc(func(e *Element) bool { return e.Tag>>16 == 2 || e.Tag.IsGroupLength() })
	return f.Dataset
}

// forgetVRs brings both sides to the VRs that implicit data leave them.
func forgetVRs(t *testing.T, d *Dataset) *Dataset {
	t.Helper()
	b, err := Append(nil, d, implicitLE)
	if err != nil {
		t.Fatal(err)
	}
	if d, err = Parse(b, implicitLE, ParseOptions{}); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReadWhatDcmconvWrites(t *testing.T) {
	dcmconv := tool(t, "dcmconv")
	dir := t.TempDir()
	for _, name := range uncompressed(t) {
		want := forgetVRs(t, withoutMeta(t, name))
		for _, args := range [][]string{
			{"+ti", "+e"}, {"+te", "-e"}, {"+tb", "+e"}, {"+tb", "-e", "+g"}, {"+td", "-e"}, {"+te", "+e", "-F"}, {"+ti", "-F", "+e"},
		} {
			out := filepath.Join(dir, "converted")
			run(t, dcmconv, append(args[:len(args):len(args)], name, out)...)
			got := withoutMeta(t, out)
			if diff := Diff(forgetVRs(t, got), want); len(diff) > 0 {
				t.Errorf("%s %v: differs at %v: %v, %v", name, args, diff[0].Path, diff[0].A, diff[0].B)
			}
		}
	}
}

func TestDcmdumpReadsWhatIsWritten(t *testing.T) {
	dcmdump := tool(t, "dcmdump")
	dir := t.TempDir()
	for _, name := range uncompressed(t) {
		native := run(t, dcmdump, "-q", "+L", name)
		for _, ts := range []TransferSyntax{implicitLE, explicitLE, explicitBE, deflatedLE} {
			d := withoutMeta(t, name)
			d.SetTransferSyntax(ts.UID)
			var w bytes.Buffer
			if err := WritePart10(&w, d, siteMeta); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(dir, "written.dcm")
			if err := os.WriteFile(out, w.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			if dump := run(t, dcmdump, "+L", out); strings.Contains(dump, "W: ") || strings.Contains(dump, "E: ") {
				t.Errorf("%s as %s: %s", name, ts.Name, dump)
			} else if a, b := bodyLines(dump), bodyLines(native); !ts.Implicit && !strings.Contains(name, "private-implicit") && a != b {
				t.Errorf("%s as %s:\n%s\ninstead of\n%s", name, ts.Name, a, b)
			}
		}
	}
}

// bodyLines are tags, VRs and values of a dump behind the meta header.
func bodyLines(dump string) string {
	_, body, _ := strings.Cut(dump, "# Dicom-Data-Set")
	var out []string
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "(") && !strings.HasPrefix(line, "(fffe") && !strings.Contains(line[:15], " SQ") {
			out = append(out, strings.Replace(line, " OB ", " OW ", 1))
		}
	}
	return strings.Join(out, "\n")
}

const pydicomScript = `
import sys, json, warnings
warnings.simplefilter("ignore")
import pydicom
out = []
for name in sys.argv[1:]:
    ds = pydicom.dcmread(name)
    for e in ds.iterall(): pass
    out.append(ds.to_json_dict(bulk_data_threshold=1 << 30, suppress_invalid_tags=True))
print(json.dumps(out))
`

func TestPydicomReadsTheSame(t *testing.T) {
	python := tool(t, "/usr/bin/python3")
	if err := exec.Command(python, "-c", "import pydicom").Run(); err != nil {
		rig.Missing(t, "python3-pydicom: ", err)
	}
	dir := t.TempDir()
	var names []string
	var wanted []*Dataset
	for i, name := range uncompressed(t) {
		for k, ts := range []TransferSyntax{implicitLE, explicitLE, explicitBE, deflatedLE} {
			if name == rich && ts.Implicit {
				continue
			}
			d := withoutMeta(t, name)
			d.SetTransferSyntax(ts.UID)
			var w bytes.Buffer
			if err := WritePart10(&w, d, siteMeta); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(dir, string(rune('a'+i))+string(rune('0'+k)))
			if err := os.WriteFile(out, w.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			names = append(names, out)
			wanted = append(wanted, withoutMeta(t, out))
		}
	}
	var got []map[string]any
	if err := json.Unmarshal([]byte(run(t, python, append([]string{"-c", pydicomScript}, names...)...)), &got); err != nil {
		t.Fatal(err)
	}
	for i, d := range wanted {
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(names[i], "2") {
			dropWords(got[i]) // left in big endian by it
			dropWords(want)
		}
		compareJSON(t, names[i], got[i], want)
	}
}

func dropWords(d map[string]any) {
	for _, v := range d {
		if e := v.(map[string]any); e["vr"] == "OW" || e["vr"] == "OF" {
			delete(e, "InlineBinary")
		}
	}
}

// compareJSON compares data sets in JSON, but for the character set, group
// lengths and unknown VRs.
func compareJSON(t *testing.T, name string, got, want map[string]any) {
	t.Helper()
	for key := range got {
		if _, ok := want[key]; !ok && !strings.HasSuffix(key, "0000") {
			t.Errorf("%s: %s only there: %v", name, key, got[key])
		}
	}
	for key, w := range want {
		g, ok := got[key].(map[string]any)
		if !ok {
			t.Errorf("%s: %s missing", name, key)
			continue
		}
		w := w.(map[string]any)
		switch {
		case key == "00080005" || w["vr"] == "UN" || key == "7FE00010" && g["vr"] != w["vr"]:
		case w["vr"] == "SQ":
			a, _ := g["Value"].([]any)
			b, _ := w["Value"].([]any)
			if len(a) != len(b) {
				t.Errorf("%s: %s has %d items, want %d", name, key, len(a), len(b))
				continue
			}
			for i := range a {
				compareJSON(t, name+" "+key, a[i].(map[string]any), b[i].(map[string]any))
			}
		case !sameJSON(g["Value"], w["Value"]) || !reflect.DeepEqual(g["InlineBinary"], w["InlineBinary"]) || g["vr"] != w["vr"]:
			t.Errorf("%s: %s is %v, want %v", name, key, g, w)
		}
	}
}

// sameJSON compares values; numbers of 32 bits may have other last digits.
func sameJSON(a, b any) bool {
	x, ok1 := a.([]any)
	y, ok2 := b.([]any)
	if !ok1 || !ok2 || len(x) != len(y) {
		return reflect.DeepEqual(a, b) || len(x) == 0 && len(y) == 0
	}
	for i := range x {
		f, ok1 := x[i].(float64)
		g, ok2 := y[i].(float64)
		if ok1 && ok2 && math.Abs(f-g) <= 1e-6*math.Abs(f) {
			continue
		}
		if !reflect.DeepEqual(x[i], y[i]) {
			return false
		}
	}
	return true
}
