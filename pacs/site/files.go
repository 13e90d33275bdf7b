package site

import (
	"context"
	"os"
	"path/filepath"
	"runtime"

	"conquest/budget"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/storage"
)

// Version is the release whose behaviour and files this server continues.
const Version = "1.5.0e"

// Implementation identification in meta headers and associations, that of the
// original (docs/original/network.md 1.3).
const (
	ImplementationClassUID = "1.2.826.0.1.3680043.2.135.1066.101"
)

// ImplementationVersion is the version name of the platform.
func ImplementationVersion() string {
	switch runtime.GOOS {
	case "windows":
		return "1.5.0/WIN32"
	case "darwin":
		return "1.5.0/OSX"
	}
	return "1.5.0/OTHER"
}

func (s *Site) TempDir(cfg *dicomini.Config) string {
	if cfg.TempDir != "" {
		return cfg.TempDir
	}
	return filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), "printer_files")
}

func (s *Site) Writer(cfg *dicomini.Config) storage.Writer {
	return storage.Writer{
		Meta:         dicom.Meta{ImplementationClassUID: ImplementationClassUID, ImplementationVersionName: ImplementationVersion()},
		Sync:         cfg.SyncWrites,
		Part10Always: cfg.NoDicomCheck,
		Ready:        s.Presence(cfg).Ready,
	}
}

// WorkDir makes a folder for temporary files.
func (s *Site) WorkDir(pattern string) (string, error) {
	parent := s.TempDir(s.Live.Current())
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, pattern)
}

// ReadFile reads an object. What it needs beside what is in the file counts against
// the budget of ctx.
func (s *Site) ReadFile(ctx context.Context, path string) (*dicom.Dataset, error) {
	opt := dicom.ParseOptions{Budget: budget.From(ctx)}
	if fi, err := os.Stat(path); err == nil && fi.Size() > largeFile && keepsOpen {
		opt.BulkThreshold = largeValue
	}
	f, err := dicom.ReadFile(path, opt)
	if err != nil {
		return nil, err
	}
	if opt.BulkThreshold == 0 {
		defer f.Close()
	} // else it is closed with the last value that lies in it
	return f.Dataset, nil
}

const (
	// largeFile is the size from which values of largeValue bytes and more stay in
	// the file, where a file that is open can be renamed and removed.
	largeFile  = 64 << 20
	largeValue = 1 << 20
	keepsOpen  = runtime.GOOS != "windows"
)

// Locate finds the file of an index row and says so.
func (s *Site) Locate(cfg *dicomini.Config, device, file string) (path string, ok bool) {
	oplog.LocatingFile(s.Console, device, file)
	path, _, ok = storage.NewDevices(cfg.Storage).Locate(device, file)
	return path, ok
}

func (s *Site) WriteObject(path string, ds *dicom.Dataset) error {
	w := s.Writer(s.Live.Current())
	w.Part10Always = false
	return w.WriteHere(path, ds)
}

// TempFile is the path of a file that is not there, in the folder for such.
func (s *Site) TempFile(ext string) string {
	return filepath.Join(s.TempDir(s.Live.Current()), s.UIDs.New(UIDGeneral)+ext)
}
