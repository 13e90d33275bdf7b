package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/pacs/sitetest"
	"conquest/proof/report"
	"conquest/regress/rig"
)

// besides is a site whose original is another dgate, with the shadow before it. The
// original may have other rules than the site that the shadow knows: so faults of the
// shadow are made.
type besides struct {
	*site
	folder   string
	original *running
	shadow   *exec.Cmd
	ended    chan struct{}
	out      *output
	took     <-chan string
}

// beside starts an original and a shadow. rules are those of the site; change makes
// those of the original out of dicom.ini.
func beside(t *testing.T, change func(ini string) string, rules ...string) *besides {
	t.Helper()
	destination, took := receiver(t)
	s := newSite(t, append(rules, "ForwardAssociationCloseDelay = 1")...)
	s.write("acrnema.map", "OTHER 127.0.0.1 "+destination+" un\n")
	s.run("-r")
	first, _ := strconv.Atoi(s.port) // the rig gives ports in blocks
	b := &besides{site: s, folder: filepath.Join(s.dir, "shadow"), ended: make(chan struct{}), out: &output{}, took: took}
	b.shadow = s.command("--shadow", "--original", fmt.Sprintf("127.0.0.1:%d", first+1), "--relays", strconv.Itoa(first+2), "--page", strconv.Itoa(first+3), "--json")
	b.shadow.Stdout, b.shadow.Stderr = b.out, b.out
	if err := b.shadow.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { b.shadow.Wait(); close(b.ended) }()
	t.Cleanup(func() {
		b.shadow.Process.Kill()
		<-b.ended
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(b.folder, "copy", "serverstatus.log"))
			t.Logf("%s", log)
		}
	})
	if !rig.Await(func() bool { _, err := os.Stat(filepath.Join(b.folder, "acrnema.map")); return err == nil }) {
		t.Fatal(b.out.text.String())
	}
	relays, err := os.ReadFile(filepath.Join(b.folder, "acrnema.map"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("acrnema.map", string(relays))
	if change != nil {
		s.write("dicom.ini", change(s.read("dicom.ini")))
	}
	listening := &site{t, s.dir, strconv.Itoa(first + 1)}
	b.original = listening.start(nil, "-v", "-p"+listening.port)
	return b
}

// finish ends the shadow and reads its report.
func (b *besides) finish() (r report.Written, text string) {
	b.t.Helper()
	if err := b.shadow.Process.Signal(os.Interrupt); err != nil {
		b.t.Fatal(err)
	}
	<-b.ended
	data, err := os.ReadFile(filepath.Join(b.folder, "report.json"))
	if err != nil {
		b.t.Fatal(err, b.out.text.String())
	}
	if err := json.Unmarshal(data, &r); err != nil {
		b.t.Fatal(err)
	}
	if page, err := os.ReadFile(filepath.Join(b.folder, "report.html")); err != nil || !strings.Contains(string(page), r.Verdict) {
		b.t.Error(err, "the page does not say:", r.Verdict)
	}
	return r, string(data)
}

// traffic is a few objects, a query, a retrieval and a deletion.
func (b *besides) traffic(forwards int) {
	b.t.Helper()
	ctx := context.Background()
	for i := range 6 {
		b.send(image(i))
	}
	a, err := dimse.Dial(ctx, "127.0.0.1:"+b.port, dimse.Request{Calling: "VIEWER", Called: "TESTED", Contexts: []dimse.ContextRequest{
		{AbstractSyntax: dimse.StudyRootFind}, {AbstractSyntax: dimse.StudyRootMove}}})
	if err != nil {
		b.t.Fatal(err)
	}
	keys := dicom.NewDataset(4)
	keys.SetString(dicom.QueryRetrieveLevel, "STUDY")
	keys.SetString(dicom.StudyInstanceUID, "")
	keys.SetString(dicom.PatientName, "")
	for _, err := range a.Find(ctx, dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: keys}) {
		if err != nil {
			b.t.Fatal(err)
		}
	}
	move := dicom.NewDataset(2)
	move.SetString(dicom.QueryRetrieveLevel, "STUDY")
	move.SetString(dicom.StudyInstanceUID, image(1).String(dicom.StudyInstanceUID))
	if _, err := a.Move(ctx, dimse.Query{SOPClassUID: dimse.StudyRootMove, Identifier: move, Destination: "OTHER"}, nil); err != nil {
		b.t.Fatal(err)
	}
	if err := a.Release(ctx); err != nil {
		b.t.Fatal(err)
	}
	for range forwards {
		<-b.took
	}
	b.run("--deletepatient:P2")
}

func TestShadowFindsNothingWhereBothAreTheSame(t *testing.T) {
	b := beside(t, nil, `ImportConverter0 = ifequal "%VModality","MR"; set 0008,103E to "resonance"`, "ExportConverters = 1", "ExportConverter0 = forward to OTHER")
	b.traffic(7)
	r, text := b.finish()
	if r.Differences != 0 {
		t.Errorf("%s\n%s", r.Verdict, text)
	}
	for _, f := range []string{`"objects stored"`, `"forwards compared"`, `"7 of the original, 7 of this server"`, `"objects compared"`} {
		if !strings.Contains(text, f) {
			t.Errorf("no %s in\n%s", f, text)
		}
	}
}

func TestShadowFindsALostRuleAChangedElementAndAMissingForward(t *testing.T) {
	b := beside(t, func(ini string) string {
		ini = strings.Replace(ini, `ifequal "%VModality","US"`, `ifequal "%VPatientID","P4"`, 1) // the shadow has lost this rule
		ini = strings.Replace(ini, `to "resonance"`, `to "magnetic"`, 1)
		return strings.Replace(ini, "ExportModality0 = MR", "ExportModality0 = *", 1)
	}, `ImportConverter0 = ifequal "%VModality","US"; destroy`, `ImportConverter1 = ifequal "%VModality","MR"; set 0008,103E to "resonance"`,
		"ExportConverters = 1", "ExportConverter0 = forward to OTHER", "ExportModality0 = MR")
	b.traffic(6)
	r, text := b.finish()
	found := map[string]int{}
	for _, g := range r.Groups {
		found[g.Kind+", "+g.What] = g.Count
	}
	for what, n := range map[string]int{
		"image, only in B": 1, "element, 0008,103e SeriesDescription": 2, "forward, to OTHER": 2, // and that of P2, which is deleted
	} {
		if found[what] != n {
			t.Errorf("%s: %d, not %d", what, found[what], n)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestTrafficGoesOnWithoutTheShadow(t *testing.T) {
	b := beside(t, nil)
	ours, err := os.ReadFile(filepath.Join(b.folder, "copy", "server.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(ours)))
	if err != nil {
		t.Fatal(err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := b.send(sitetest.Image("P1", 1), sitetest.Image("P1", 2)); got[0] != 0 || got[1] != 0 {
		t.Error(got)
	}
	if r, text := b.finish(); !strings.Contains(text, "it ended") {
		t.Error(r.Verdict, text)
	}
}
