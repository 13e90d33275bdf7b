// Package sitetest makes sites for the tests of the server and its services: a
// folder with dicom.ini and devices, an index, a console that can be read. No
// server runs in them.
package sitetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/storage"
)

// Site is a site in a folder of its own.
type Site struct {
	T       testing.TB
	Dir     string
	Live    *dicomini.Live
	Schema  *dicomini.Schema
	DB      *db.DB
	Console *console.Console
	Log     *Lines
}

const devices = `MicroPACS = sscscp
MyACRNema = HOUSE
TCPPort = 1
SQLServer = %[1]s/data/dbase/conquest.db3
SQLite = 1
MAGDevices = 2
MAGDevice0 = %[1]s/data/
MAGDevice1 = %[1]s/more/
MIRRORDevices = 1
MIRRORDevice0 = %[1]s/mirror/
CACHEDevices = 1
CACHEDevice0 = %[1]s/cache/cd%%02d_%%04d
JUKEBOXDevices = 1
JUKEBOXDevice0 = %[1]s/jukebox/cd%%04d
IgnoreMAGDeviceThreshHold = 1
FileNameSyntax = 8
`

// Config makes the folder with its devices and dicom.ini; more are lines that
// take the place of the usual ones.
func Config(t testing.TB, more ...string) (live *dicomini.Live, dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"data/dbase", "more", "mirror", "cache", "jukebox"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	ini := "[sscscp]\n" + strings.Join(more, "\n") + "\n" + fmt.Sprintf(devices, filepath.ToSlash(dir))
	if err := os.WriteFile(filepath.Join(dir, "dicom.ini"), []byte(ini), 0o644); err != nil {
		t.Fatal(err)
	}
	live, err := dicomini.Open(dicomini.Location{BaseDir: dir + string(filepath.Separator), Path: filepath.Join(dir, "dicom.ini")}, dicomini.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return live, dir
}

// New is a site with an empty index.
func New(t testing.TB, more ...string) *Site {
	t.Helper()
	live, dir := Config(t, more...)
	cfg := live.Current()
	s := &Site{T: t, Dir: dir, Live: live, Schema: dicomini.DefaultSchema(cfg.SchemaOptions())}
	s.Console, s.Log = Console()
	opt, settings := db.FromConfig(cfg)
	index, err := db.Open(context.Background(), s.Schema, opt, settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { index.Close() })
	s.DB = index
	if err := index.Initialize(context.Background(), db.AllTables, func(string) {}); err != nil {
		t.Fatal(err)
	}
	return s
}

// Keep stores objects on a device, in index and folder, and gives the path of the
// last.
func (s *Site) Keep(device string, objects ...*dicom.Dataset) (path string) {
	s.T.Helper()
	dir := storage.NewDevices(s.Live.Current().Storage).Path(device)
	for _, ds := range objects {
		file := fmt.Sprintf("%s/%s.dcm", storage.Clean(ds.String(dicom.PatientID)), ds.String(dicom.SOPInstanceUID))
		if _, err := s.DB.Add(context.Background(), ds, db.Location{File: file, Device: device}); err != nil {
			s.T.Fatal(err)
		}
		path = dir + filepath.FromSlash(file)
		if err := (storage.Writer{}).WriteTo(path, ds); err != nil {
			s.T.Fatal(err)
		}
	}
	return path
}

// Want compares the number of index rows and of files by device, as in
// "MAG0:2 MAG1:1".
func (s *Site) Want(rows, files string) {
	s.T.Helper()
	r, f := map[string]int{}, map[string]int{}
	list, err := s.DB.Query(context.Background(), "DICOMImages", "DeviceName", "", "")
	if err != nil {
		s.T.Fatal(err)
	}
	for _, v := range list {
		r[v[0]]++
	}
	for name, dir := range map[string]string{"MAG0": "data", "MAG1": "more", "MIRROR0": "mirror", "CACHE": "cache", "JUKEBOX": "jukebox"} {
		storage.WalkObjects(context.Background(), filepath.Join(s.Dir, dir), func(string) error { f[name]++; return nil }, func(error) {})
	}
	if got := fmt.Sprint(r); got != "map["+rows+"]" {
		s.T.Errorf("rows %s, want %s", got, rows)
	}
	if got := fmt.Sprint(f); got != "map["+files+"]" {
		s.T.Errorf("files %s, want %s", got, files)
	}
}

// Lines collects console messages.
type Lines struct {
	mu  sync.Mutex
	all []string
}

// Console is a console whose operator lines are collected.
func Console() (*console.Console, *Lines) {
	log := &Lines{}
	con := console.New("", "")
	con.OperatorChannel().Send(log)
	return con, log
}

// Write keeps a message.
func (l *Lines) Write(m string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, strings.TrimSuffix(m, "\n"))
}

// Close does nothing.
func (l *Lines) Close() error { return nil }

// Take returns the lines so far that contain text, and forgets all.
func (l *Lines) Take(text string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for _, m := range l.all {
		if strings.Contains(m, text) {
			found = append(found, m)
		}
	}
	l.all = nil
	return found
}
