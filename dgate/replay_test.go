package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/pacs/sitetest"
	"conquest/proof/record"
	"conquest/regress/rig"
)

// recordedSite is a site with rules whose traffic of a while is in folder: ten objects
// of which four are MR, a query and a move.
func recordedSite(t *testing.T) (s *site, folder string) {
	t.Helper()
	port, took := receiver(t)
	s = newSite(t, "RecordFree = 0", "ForwardAssociationCloseDelay = 1",
		`ImportConverter0 = ifequal "%VModality","US"; destroy`,
		`ImportConverter1 = ifequal "%VModality","MR"; set 0008,103E to "resonance"`,
		"ExportConverters = 2", "ExportConverter0 = forward to OTHER", "ExportModality0 = MR", "ExportConverter1 = forward to THIRD", "ExportModality1 = CT")
	s.write("acrnema.map", "OTHER 127.0.0.1 "+port+" un\nTHIRD 127.0.0.1 "+port+" un\n")
	folder = filepath.Join(s.dir, "recordings")
	s.write("dicom.ini", s.read("dicom.ini")+"RecordAssociations = "+folder+"\n")
	s.run("-r")
	server := s.start(nil)
	for i := range 10 {
		s.send(image(i))
	}
	for range 10 {
		<-took
	}
	ctx := context.Background()
	a, err := dimse.Dial(ctx, "127.0.0.1:"+s.port, dimse.Request{Calling: "VIEWER", Called: "TESTED", Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.StudyRootFind}, {AbstractSyntax: dimse.StudyRootMove}}})
	if err != nil {
		t.Fatal(err)
	}
	keys := dicom.NewDataset(4)
	keys.SetString(dicom.QueryRetrieveLevel, "SERIES")
	keys.SetString(dicom.Modality, "")
	keys.SetString(0x0008103E, "")
	keys.SetString(dicom.SeriesInstanceUID, "")
	n := 0
	for _, err := range a.Find(ctx, dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: keys}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	move := dicom.NewDataset(2)
	move.SetString(dicom.QueryRetrieveLevel, "STUDY")
	move.SetString(dicom.StudyInstanceUID, image(3).String(dicom.StudyInstanceUID))
	if _, err := a.Move(ctx, dimse.Query{SOPClassUID: dimse.StudyRootMove, Identifier: move, Destination: "THIRD"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.Release(ctx); err != nil || n != 10 {
		t.Fatal(n, err)
	}
	if !rig.Await(func() bool { return sent(folder) == 11 }) {
		t.Fatalf("%d objects recorded as sent", sent(folder))
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-server.done
	return s, folder
}

// image is object i of the site: four of ten are MR.
func image(i int) *dicom.Dataset {
	modality := "CT"
	if i%3 == 0 {
		modality = "MR"
	}
	return sitetest.Image(fmt.Sprintf("P%d", i), 1, dicom.Modality, modality)
}

// sent is how many objects the server sent, in recordings that are all complete.
func sent(folder string) (n int) {
	list, _ := record.Recordings(folder)
	for _, p := range list {
		a, err := record.Read(p)
		if err != nil || a.End != "release" {
			return 0
		}
		for _, m := range a.Messages {
			if a.Outgoing && m.Command.Field == dimse.CStoreRQ {
				n++
			}
		}
	}
	return n
}

func TestReplayFindsWhatAChangedRuleConcerns(t *testing.T) {
	s, folder := recordedSite(t)
	before := files(t, s.dir)
	if out, errs, status := s.run("--replay:" + folder); status != exitSame || !strings.Contains(out, "objects that come out otherwise: 0 of 10") {
		t.Fatalf("unchanged: exit status %d\n%s%s", status, out, errs)
	}
	if after := files(t, s.dir); !slices.Equal(before, after) {
		t.Errorf("the site was changed\n%q\n%q", before, after)
	}
	whole := s.read("dicom.ini")
	s.write("dicom.ini", strings.Replace(whole, `to "resonance"`, `to "magnetic"`, 1))
	out, errs, status := s.run("--replay:" + folder)
	if status != exitDiffers || !strings.Contains(out, "objects that come out otherwise: 4 of 10") || !strings.Contains(out, "of these by ImportConverter1: 4") ||
		!strings.Contains(out, "element, 0008,103e SeriesDescription: 4") || !strings.Contains(out, "to OTHER") || strings.Contains(out, "to THIRD: 6") {
		t.Errorf("a changed element: exit status %d\n%s%s", status, out, errs)
	}
	s.write("dicom.ini", strings.Replace(whole, "ExportConverter1 = forward to THIRD", "ExportConverter1 = forward to OTHER", 1))
	out, errs, status = s.run("--replay:" + folder)
	if status != exitDiffers || !strings.Contains(out, "objects that come out otherwise: 6 of 10") || !strings.Contains(out, "of these by ExportConverter1: 6") {
		t.Errorf("a changed destination: exit status %d\n%s%s", status, out, errs)
	}
	if _, errs, status := s.run("--replay:" + t.TempDir()); status != exitTrouble || !strings.Contains(errs, "no recorded associations") {
		t.Errorf("nothing recorded: exit status %d, %s", status, errs)
	}
}

func TestReplayToAnotherServer(t *testing.T) {
	_, folder := recordedSite(t)
	other := newSite(t, `ImportConverter0 = ifequal "%VModality","MR"; reject`)
	other.run("-r")
	other.start(nil)
	out, errs, status := other.run("--replay:" + folder + ",127.0.0.1:" + other.port + ",TESTED")
	if status != exitDiffers || !strings.Contains(out, "status, C-STORE: 4") || !strings.Contains(out, "objects that come out otherwise: 4 of 10") {
		t.Errorf("exit status %d\n%s%s", status, out, errs)
	}
}

// files are the files of a site with their sizes and times, logs aside.
func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.HasSuffix(path, ".log") {
			fi, _ := e.Info()
			list = append(list, fmt.Sprint(path, fi.Size(), fi.ModTime().UnixNano()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
