package dicomini

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseWebMap(t *testing.T) {
	m := ParseWebMap([]byte("\xef\xbb\xbf# servers\r\n\r\nA https://a/dicom-web\r\n  B http://b:80/x user=u secret=/s batch=5 parallel=3 timeout=7 syntax=js\n" +
		"C ftp://c\nD\nE https://e wrong=1\nF https://f user=u\nG https://g cert=c\nH https://h batch=0 # all\n"))
	list := m.Entries()
	if len(list) != 2 || len(m.notes) != 6 {
		t.Fatalf("entries %+v, notes %+v", list, m.notes)
	}
	if a := list[0]; a.Name != "A" || a.Batch != 20 || a.Parallel != 2 || a.Timeout != time.Minute || a.Syntax != "as" || a.Line != 3 {
		t.Errorf("defaults: %+v", a)
	}
	want := WebPeer{Name: "B", URL: "http://b:80/x", User: "u", SecretFile: "/s", Batch: 5, Parallel: 3, Timeout: 7 * time.Second, Syntax: "js", Line: 4}
	if list[1] != want {
		t.Errorf("options: %+v", list[1])
	}
	for destination, want := range map[string]string{"WEB:A": "A", "web:a": "A", "B": "B", " WEB:b ": "B", "WEB:": "", "WEB:C": "", "AE": ""} {
		if p, ok := m.Lookup(strings.TrimSpace(destination)); ok != (want != "") || p.Name != want {
			t.Errorf("%q: %+v", destination, p)
		}
	}
}

// TestLintWebMap holds the remarks about dicomweb.map and about rules that send
// there.
func TestLintWebMap(t *testing.T) {
	dir := t.TempDir()
	text := "[sscscp]\nMicroPACS = sscscp\nACRNemaMap = " + filepath.Join(dir, "acrnema.map") + "\nExportConverters = 2\n" +
		"ExportConverter0 = forward to WEB:LONGERTHANTWELVE\nExportConverter1 = forward to WEB:NONE\nVirtualServerFor0 = WEB:NONE\n"
	c, err := Load(Location{}, ParseFile("dicom.ini", []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	webs := ParseWebMap([]byte("LONGERTHANTWELVE http://far/x user=u secret=" + filepath.Join(dir, "none") + " syntax=zz\nBAD\nlongerthantwelve http://far\n"))
	var all strings.Builder
	for _, f := range Lint(LintInput{Config: c, AEMap: DefaultAEMap("A", "104"), WebMap: webs}) {
		all.WriteString(f.String() + "\n")
	}
	for _, want := range []string{
		"more than 12 characters", "no such file", "unknown compression zz", "without encryption", "BAD has no address", "listed again",
		"destination WEB:NONE is not in dicomweb.map", "VirtualServerFor0: WEB:NONE is not in dicomweb.map",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no remark %q in\n%s", want, all.String())
		}
	}
	if strings.Contains(all.String(), "WEB:LONGERTHANTWELVE is not in") {
		t.Errorf("a known server is missed:\n%s", all.String())
	}
}
