// Package scratch makes a copy of a site in which a server can work without anybody
// noticing: a folder of its own, an index of its own in SQLite, nothing on the
// devices, and a configuration in which every destination is a [Sink] and nothing
// leaves (Rehearsal). [Make] makes one, [Site.Start] starts a server in it.
package scratch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/proof/compare"
	"conquest/storage"
)

// Site is a copy of a site.
type Site struct {
	Dir    string
	Port   int
	Record string // folder of the recordings of its server
	AE     string
}

// Options tell what is copied.
type Options struct {
	// Sink is the address to which all goes that the server sends.
	Sink string
	// Forget are SOP instance UIDs that the copy of the index must not have.
	Forget []string
	// Keep more of dicom.ini: lines that stand before all others.
	Lines []string
}

// maxCopied bounds the files of a site that are copied: scripts, lists.
const maxCopied = 4 << 20

// Make copies a site into a folder that is made.
func Make(ctx context.Context, loc dicomini.Location, dir string, opt Options) (*Site, error) {
	live, err := dicomini.Open(loc, dicomini.Options{})
	if err != nil {
		return nil, err
	}
	cfg := live.Current()
	s := &Site{Dir: dir, Record: filepath.Join(dir, "record"), AE: cfg.MyACRNema}
	if s.Port, err = freePort(); err != nil {
		return nil, err
	}
	for _, d := range []string{dir, filepath.Join(dir, "data", "dbase"), filepath.Join(dir, "data", "printer_files")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	if err := s.copyFiles(cfg); err != nil {
		return nil, err
	}
	index, err := s.copyIndex(ctx, loc, opt.Forget)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(loc.Path)
	if err != nil {
		return nil, err
	}
	lines := append(s.lines(cfg, index, opt.Sink), opt.Lines...)
	ini, err := withLines(string(text), cfg.Main(), lines)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", loc.Path, err)
	}
	return s, os.WriteFile(filepath.Join(dir, "dicom.ini"), []byte(ini), 0o600)
}

// lines are the keys that make a configuration harmless.
func (s *Site) lines(cfg *dicomini.Config, index bool, sink string) []string {
	sep := string(filepath.Separator)
	list := []string{
		"TCPPort = " + strconv.Itoa(s.Port), "ListenAddress = 127.0.0.1", "HTTPPort = 0", "HL7Port = 0", "TLSPort = 0", "TLSOnly = 0",
		"Rehearsal = " + sink, "RecordAssociations = " + s.Record, "RecordPixels = 0", "RecordFree = 0", "RecordSize = 100000", "RecordDays = 3650",
		"ACRNemaMap = acrnema.map", "SOPClassList = dgatesop.lst", "kFactorFile = dicom.sql", "Dictionary = dgate.dic",
		"TroubleLog = PacsTrouble.log", "UserLog = PacsUser.log", "OperatorConsole = 127.0.0.1", "TempDir = " + filepath.Join(s.Dir, "data", "printer_files"),
		"AllowedIPs =", "DeniedIPs =", "AccessRights =", "CommandIPs = 127.0.0.1", "NodeName =", "WatchFolder =", "ImportExportDragAndDrop = 0",
		"MIRRORDevices = 0", "MIRRORDevice0 = -1", "CACHEDevices = 0", "JUKEBOXDevices = 0", "IgnoreMAGDeviceThreshHold = 1", "NightlyCleanThreshhold = 0", "ZipTime =",
		"MAGDevices = " + strconv.Itoa(len(cfg.MAGDevices)),
	}
	for i, d := range cfg.MAGDevices {
		if !strings.HasPrefix(d, "NULL") {
			d = filepath.Join(s.Dir, "data")
			if i > 0 {
				d += strconv.Itoa(i)
			}
			d += sep
		}
		list = append(list, fmt.Sprintf("MAGDevice%d = %s", i, d))
	}
	if index {
		list = append(list, "SQLite = 1", "Postgres = 0", "MySQL = 0", "SQLHost =", "SQLServer = "+s.indexPath(), "UseEscapeStringConstants = 0", "DoubleBackSlashToDB = 0")
	}
	return list
}

func (s *Site) indexPath() string { return filepath.Join(s.Dir, "data", "dbase", "conquest.db3") }

// withLines puts lines before all others of the main section: the first of several
// keys counts.
func withLines(ini, section string, lines []string) (string, error) {
	var b strings.Builder
	done := false
	for line := range strings.Lines(ini) {
		b.WriteString(line)
		name := strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if end := strings.IndexByte(name, ']'); !done && strings.HasPrefix(name, "[") && end > 0 && strings.EqualFold(strings.TrimSpace(name[1:end]), section) {
			if !strings.HasSuffix(line, "\n") {
				b.WriteByte('\n')
			}
			b.WriteString(strings.Join(lines, "\n") + "\n")
			done = true
		}
	}
	if !done {
		return "", fmt.Errorf("there is no section [%s]", section)
	}
	return b.String(), nil
}

// copyFiles copies what lies beside dicom.ini: lists, scripts, Lua.
func (s *Site) copyFiles(cfg *dicomini.Config) error {
	base := cfg.BaseDir()
	if base == "" {
		base = "."
	}
	devices := map[string]bool{}
	for _, d := range cfg.MAGDevices {
		if abs, err := filepath.Abs(d); err == nil {
			devices[abs] = true
		}
	}
	root, err := filepath.Abs(base)
	if err != nil {
		return err
	}
	here, err := filepath.Abs(s.Dir)
	if err != nil {
		return err
	}
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // what can not be read is not read by the server either
		}
		rel, _ := filepath.Rel(root, path)
		if e.IsDir() {
			if path == here || devices[path] || rel != "." && !strings.HasPrefix(filepath.ToSlash(rel), "lua") {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(s.Dir, rel), 0o700)
		}
		fi, err := e.Info()
		if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxCopied || !wanted(e.Name()) {
			return nil
		}
		return (storage.Writer{}).CopyTo(filepath.Join(s.Dir, rel), path)
	})
	for _, f := range []struct{ from, name string }{
		{cfg.ACRNemaMap, "acrnema.map"}, {cfg.SOPClassList, "dgatesop.lst"}, {cfg.KFactorFile, "dicom.sql"}, {cfg.Dictionary, "dgate.dic"},
	} {
		if storage.Exists(f.from) && err == nil {
			err = (storage.Writer{}).CopyTo(filepath.Join(s.Dir, f.name), f.from)
		}
	}
	return err
}

// wanted tells whether a file beside dicom.ini may be read by scripts; queues, logs,
// programs and the configuration itself are left.
func wanted(name string) bool {
	lower := strings.ToLower(name)
	for _, part := range []string{"failures", "queue", "pausedd", "dicom.ini", ".db3", ".log"} {
		if strings.Contains(lower, part) {
			return false
		}
	}
	switch filepath.Ext(lower) {
	case ".exe", ".dll", ".so", ".zip", ".7z", ".gz":
		return false
	}
	return true
}

// copyIndex makes the index of the copy: all of a SQLite database, of others the
// worklist and the UIDs that were changed. made is false for a router.
func (s *Site) copyIndex(ctx context.Context, loc dicomini.Location, forget []string) (made bool, err error) {
	from, err := compare.Open(ctx, loc.Path)
	if errors.Is(err, db.ErrNoDatabase) {
		return true, nil // the server makes one
	}
	if err != nil {
		return false, err
	}
	defer from.Close()
	if from.Kind() == db.Null {
		return false, nil
	}
	if from.Kind() == db.SQLite {
		if err := from.Index().Backup(ctx, s.indexPath()); err != nil {
			return true, err
		}
		return true, s.forget(ctx, from, forget)
	}
	_, settings := db.FromConfig(from.Config)
	to, err := db.Open(ctx, from.Schema(), db.Options{SQLite: true, Server: s.indexPath()}, settings)
	if err != nil {
		return true, err
	}
	defer to.Close()
	if err := to.Initialize(ctx, db.AllTables, func(string) {}); err != nil {
		return true, err
	}
	_, err = to.Salvage(ctx, from.Index())
	return true, err
}

// forget takes objects out of the copy of the index.
func (s *Site) forget(ctx context.Context, from *compare.Site, sops []string) error {
	if len(sops) == 0 {
		return nil
	}
	opt, settings := db.FromConfig(from.Config)
	opt.Server, opt.MustExist = s.indexPath(), true
	to, err := db.Open(ctx, from.Schema(), opt, settings)
	if err != nil {
		return err
	}
	defer to.Close()
	for _, sop := range sops {
		keys := dicom.NewDataset(1)
		keys.SetString(dicom.SOPInstanceUID, sop)
		refs, err := to.LocateQuietly(ctx, keys)
		if err != nil {
			return fmt.Errorf("take %s out of the copy of the index: %w", sop, err)
		}
		if len(refs) > 0 {
			if err := to.Delete(ctx, refs...); err != nil {
				return fmt.Errorf("take %s out of the copy of the index: %w", sop, err)
			}
		}
	}
	return nil
}

// freePort is a port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
