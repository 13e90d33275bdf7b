package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"conquest/pacs/sitetest"
	"conquest/regress/rig"
)

// TestMigrateAndBack: the program of a site is exchanged, and back, with what waits in
// queues handed over. A dgate stands for the original.
func TestMigrateAndBack(t *testing.T) {
	s := newSite(t, "ExportConverters = 1", "ExportConverter0 = forward to OTHER", "MaximumExportRetries = 0")
	s.write("acrnema.map", "OTHER 127.0.0.1 1 un\n")
	s.run("-r")
	binary, err := rig.Binary()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(s.dir, "program")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	copyFile(t, binary, program)
	t.Cleanup(func() { s.run("--quit:"); s.await(false) })
	if out, errs, status := s.run("--migrate:swap," + program); status != 0 || !strings.Contains(out, "Nothing was done") || !strings.Contains(out, program+".original") {
		t.Fatal(out, errs, status)
	}
	if _, err := os.Stat(program + ".original"); err == nil {
		t.Fatal("a step was done without --yes")
	}
	out, errs, status := s.run("--migrate:swap,"+program, "--yes")
	if status != 0 || !strings.Contains(out, "health: ") {
		t.Fatal(out, errs, status)
	}
	s.await(true)
	if _, err := os.Stat(program + ".original"); err != nil {
		t.Error(err)
	}
	s.send(sitetest.Image("P1", 1), sitetest.Image("P1", 2))
	if out, errs, status := s.run("--migrate:back,"+program, "--yes"); status != 0 {
		t.Fatal(out, errs, status)
	}
	if _, err := os.Stat(program + ".dgate"); err != nil {
		t.Error(err)
	}
	s.await(true)
	failures, err := os.ReadFile(filepath.Join(s.dir, "ExportFailures"+s.port+"_0"))
	if err != nil || len(failures) != 2*1536 || !strings.Contains(string(failures), "P1") {
		t.Errorf("%d bytes in the failure file, %v", len(failures), err)
	}
	if _, errs, status := s.run("--migrate:back,"+program, "--yes"); status != 1 || !strings.Contains(errs, "no original to go back to") {
		t.Error(errs, status)
	}
}

// TestAMigrationThatFailsIsTakenBack: the program can not be started.
func TestAMigrationThatFailsIsTakenBack(t *testing.T) {
	s := newSite(t)
	program := filepath.Join(s.dir, "program")
	s.write("program", "the original")
	out, errs, status := s.run("--migrate:swap,"+program, "--yes", "--start", "exit 3")
	if status != 1 || !strings.Contains(out, "taken back") {
		t.Error(out, errs, status)
	}
	if got := s.read("program"); got != "the original" {
		t.Errorf("%q", got)
	}
}

// await waits until the server of the site listens, or until it does not.
func (s *site) await(listens bool) {
	s.t.Helper()
	if !rig.Await(func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			c.Close()
		}
		return (err == nil) == listens
	}) {
		s.t.Error("server listens:", !listens)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
