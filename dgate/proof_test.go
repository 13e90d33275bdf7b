package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/pacs/sitetest"
)

// fill enters objects in a site without a server.
func (s *site) fill(objects ...*dicom.Dataset) {
	s.t.Helper()
	if out, errs, status := s.run("-r"); status != 0 {
		s.t.Fatal(out, errs)
	}
	for i, ds := range objects {
		path := filepath.Join(s.t.TempDir(), "object.dcm")
		if err := dicom.WriteFile(path, ds, dicom.Meta{}); err != nil {
			s.t.Fatal(err)
		}
		if out, errs, status := s.run("-fa" + path); status != 0 {
			s.t.Fatalf("object %d: %s %s", i, out, errs)
		}
	}
}

func TestCompareTellsSitesApart(t *testing.T) {
	a, b := newSite(t), newSite(t, "FileNameSyntax = 8")
	a.fill(sitetest.Image("P1", 1), sitetest.Image("P1", 2))
	b.fill(sitetest.Image("P1", 1), sitetest.Image("P1", 2, dicom.Modality, "MR"))
	if out, _, status := a.run("--compare:" + a.dir + "," + filepath.Join(a.dir, "dicom.ini")); status != exitSame || !strings.Contains(out, "2 equal in every element") {
		t.Errorf("a site and itself: exit status %d\n%s", status, out)
	}
	out, _, status := a.run("--compare:"+a.dir+","+b.dir, "--json")
	var r struct {
		Differences int
		Groups      []struct{ Kind, What string }
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || status != exitDiffers || r.Differences == 0 || !strings.Contains(out, "0008,0060 Modality") {
		t.Errorf("%v, exit status %d\n%s", err, status, out)
	}
	if page, _, status := a.run("--compare:"+a.dir+","+b.dir, "--html"); status != exitDiffers || !strings.HasPrefix(page, "<!doctype html>") {
		t.Errorf("exit status %d\n%s", status, page)
	}
	if err := os.Remove(filepath.Join(b.dir, "data", "dbase", "conquest.db3")); err != nil {
		t.Fatal(err)
	}
	if _, errs, status := a.run("--compare:" + a.dir + "," + b.dir); status != exitTrouble || !strings.Contains(errs, "conquest.db3") {
		t.Errorf("without an index: exit status %d, %s", status, errs)
	}
}

// TestDataSource: option -s of the graphical program.
func TestDataSource(t *testing.T) {
	out, _, status := newSite(t).run("-v", "-sSome Driver;DSN=x;Fil=y")
	for _, line := range []string{"Creating data source\n", "Driver = Some Driver\n", "Options = DSN=x;Fil=y\n", "***Datasource configuration FAILED\n"} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in %q", line, out)
		}
	}
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
}

// TestPicturesOfReportsAreNoTrouble: the graphical program asks for pictures of
// everything that it browses, and mails what has three stars.
func TestPicturesOfReportsAreNoTrouble(t *testing.T) {
	s := newSite(t)
	report := sitetest.Image("P1", 1, dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.88.11", dicom.Modality, "SR")
	report.Delete(dicom.PixelData)
	s.fill(report)
	server := s.start(nil)
	s.run("--convert_to_bmp:P1:" + report.String(dicom.SOPInstanceUID))
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-server.done
	if out := server.out.text.String(); strings.Contains(out, "*** server command failed") {
		t.Error(out)
	}
}
