package sitecheck

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"conquest/console"
	"conquest/db"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/storage"
)

// Report looks at a site of the original server without changing anything
// and tells in words what runs as before, what differs on purpose and what is
// broken already. worst is the gravest of it.
func Report(ctx context.Context, live *dicomini.Live) (report string, worst finding.Severity) {
	m := &migration{cfg: live.Current(), base: live.Location()}
	m.section("Configuration")
	m.files()
	m.section("Rules and settings")
	m.rulesThatRun()
	m.lint(ctx)
	m.section("Database")
	m.database(ctx)
	m.section("Devices")
	m.devices(ctx)
	m.section("Differences from the original that matter here")
	m.ruleDifferences()
	m.differences()
	m.line("\nResult: %s", map[finding.Severity]string{
		finding.Hint:    "this site runs as before",
		finding.Warning: "this site runs; read the points marked ! above",
		finding.Error:   "something does not work; see the points marked X above",
	}[m.worst])
	return m.b.String(), m.worst
}

// migration is a report in the making.
type migration struct {
	cfg   *dicomini.Config
	base  dicomini.Location
	b     strings.Builder
	worst finding.Severity
}

func (m *migration) line(format string, a ...any) { fmt.Fprintf(&m.b, format+"\n", a...) }

func (m *migration) section(title string) { m.line("\n%s", title) }

// say adds a point: "  " as before, "!" different, "X" broken.
func (m *migration) say(sev finding.Severity, format string, a ...any) {
	m.worst = max(m.worst, sev)
	m.line("%s "+format, append([]any{map[finding.Severity]string{finding.Hint: "  ", finding.Warning: "! ", finding.Error: "X "}[sev]}, a...)...)
}

func (m *migration) files() {
	m.say(finding.Hint, "%s: AE %s, port %s", m.base.Path, m.cfg.MyACRNema, m.cfg.TCPPort)
	for _, f := range []struct{ path, without string }{
		{m.cfg.ACRNemaMap, "only this server is known as destination"},
		{m.cfg.SOPClassList, "the built-in list is used"},
		{m.cfg.KFactorFile, "the built-in database layout is used"},
		{m.cfg.Dictionary, "the built-in dictionary is used"},
	} {
		if storage.Exists(f.path) {
			m.say(finding.Hint, "%s is read as it is", f.path)
			continue
		}
		m.say(finding.Warning, "%s is missing: %s (the original did not work without it)", f.path, f.without)
	}
	m.startFolder()
	for _, pattern := range []string{"*.cq", "*.lua", "lua/*.lua"} {
		found, _ := filepath.Glob(filepath.Join(m.cfg.BaseDir(), pattern))
		if len(found) > 0 {
			m.say(finding.Hint, "%d script files %s", len(found), pattern)
		}
	}
}

// startFolder reminds that relative folders count from where a program starts,
// when that is not the folder of the site.
func (m *migration) startFolder() {
	here, err := os.Getwd()
	if err != nil {
		return
	}
	if base, err := filepath.Abs(m.cfg.BaseDir()); err != nil || base == here {
		return
	}
	for _, dir := range append([]string{m.cfg.SQLServer}, m.cfg.MAGDevices...) {
		if strings.ContainsAny(dir, `/\`) && !filepath.IsAbs(dir) && !strings.Contains(dir, "://") {
			m.say(finding.Warning, "%s counts from the folder in which the program starts, now %s: check the site from the folder in which its server starts", dir, here)
			return
		}
	}
}

func (m *migration) lint(ctx context.Context) {
	findings, err := Lint(ctx, m.cfg)
	if err != nil {
		m.say(finding.Error, "%v", err)
		return
	}
	for _, f := range findings {
		sev := f.Severity
		if sev == finding.Hint {
			m.say(sev, "%s", f)
			continue
		}
		m.say(sev, "%s (in the original as well)", f)
	}
	if len(findings) == 0 {
		m.say(finding.Hint, "nothing remarkable in %s and its scripts", m.base.Path)
	}
}

// database counts what the index holds, reading it only.
func (m *migration) database(ctx context.Context) {
	opt, settings := db.FromConfig(m.cfg)
	kind := db.KindOf(&opt)
	if kind == db.SQLite && !storage.Exists(opt.Server) {
		m.say(finding.Warning, "database file %s is not there: the tables are made at the first start", opt.Server)
		return
	}
	if kind == db.Null {
		m.say(finding.Hint, "no database (router)")
		return
	}
	if kind == db.SQLite {
		copied, err := copyDatabase(opt.Server)
		if err != nil {
			m.say(finding.Error, "database %s can not be read: %v", opt.Server, err)
			return
		}
		defer os.RemoveAll(filepath.Dir(copied))
		opt.Server = copied
	}
	var schemas []*dicomini.Schema
	for _, o := range m.cfg.SchemaChoices(false) {
		schema, err := dicomini.ReadSchema(m.cfg.KFactorFile, o)
		if errors.Is(err, fs.ErrNotExist) {
			schema, err = dicomini.DefaultSchema(o), nil
		}
		if err != nil {
			m.say(finding.Error, "%s: %v", m.cfg.KFactorFile, err)
			return
		}
		schemas = append(schemas, schema)
	}
	if kind == db.DBase {
		m.dbaseFiles(opt.Server)
		return
	}
	index, _, err := db.OpenFitting(ctx, schemas, opt, settings)
	if err != nil {
		m.say(finding.Error, "%s database: %v", kind, err)
		return
	}
	defer index.Close()
	n, err := index.Counts(ctx)
	if err != nil {
		m.say(finding.Error, "%s: %v; run dgate -r when the tables are missing", index.Type(), err)
		return
	}
	m.say(finding.Hint, "%s: %d patients, %d studies, %d series, %d images", index.Type(), n.Patients, n.Studies, n.Series, n.Images)
}

// copyDatabase copies a database file and its journals, as opening one may
// write.
func copyDatabase(path string) (string, error) {
	dir, err := os.MkdirTemp("", "dgate-check")
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, filepath.Base(path))
	for _, suffix := range []string{"", "-wal", "-journal"} {
		if suffix != "" && !storage.Exists(path+suffix) {
			continue
		}
		if err := (storage.Writer{}).CopyTo(to+suffix, path+suffix); err != nil {
			os.RemoveAll(dir)
			return "", err
		}
	}
	return to, nil
}

func (m *migration) dbaseFiles(dir string) {
	found, _ := filepath.Glob(filepath.Join(dir, "*.[dD][bB][fF]"))
	if len(found) == 0 {
		m.say(finding.Warning, "no dBASE files in %s: they are made at the first start", dir)
	}
	for _, f := range found {
		n, err := dbaseRecords(f)
		if err != nil {
			m.say(finding.Error, "%v", err)
			continue
		}
		m.say(finding.Hint, "%s: %d records, deleted ones included", f, n)
	}
}

// dbaseRecords is the number of records that the head of a dBASE file names.
func dbaseRecords(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("dBASE file can not be read: %w", err)
	}
	defer f.Close()
	var head [32]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return 0, fmt.Errorf("dBASE file %s is damaged: %w", path, err)
	}
	return int(binary.LittleEndian.Uint32(head[4:])), nil
}

// maxCounted bounds the walk through an archive.
const maxCounted = 2_000_000

// devices looks for the folders and measures what is in them.
func (m *migration) devices(ctx context.Context) {
	dev := storage.NewDevices(m.cfg.Storage)
	for n := range dev.MAGs() {
		dir := dev.MAG(n)
		if strings.HasPrefix(dir, "NULL") {
			m.say(finding.Hint, "MAG%d is NULL: nothing is stored", n)
			continue
		}
		if !storage.IsDir(dir) {
			m.say(finding.Error, "MAG%d: folder %s is not there", n, dir)
			continue
		}
		files, size, whole := measure(ctx, dir)
		more := ""
		if !whole {
			more = "more than "
		}
		m.say(finding.Hint, "MAG%d %s: %s%d files, %s, %d MB free", n, dir, more, files, amount(size), dev.Free("MAG"+strconv.Itoa(n)))
		if !m.cfg.IgnoreMAGDeviceThreshHold && dev.Free("MAG"+strconv.Itoa(n)) <= m.cfg.MAGDeviceFullThreshHold {
			m.say(finding.Error, "MAG%d is full", n)
		}
	}
	for n := range m.cfg.MIRRORDevices {
		if dir := dev.Mirror(n); dir != "" && !storage.IsDir(dir) {
			m.say(finding.Error, "MIRROR%d: folder %s is not there", n, dir)
		}
	}
}

func measure(ctx context.Context, dir string) (files int, size int64, whole bool) {
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil || files >= maxCounted {
			return fs.SkipAll
		}
		if err != nil || !e.Type().IsRegular() {
			return nil
		}
		if fi, err := e.Info(); err == nil {
			files++
			size += fi.Size()
		}
		return nil
	})
	return files, size, err == nil && files < maxCounted && ctx.Err() == nil
}

// differences lists what of the deliberate differences touches this site.
func (m *migration) differences() {
	key := func(name string) bool { _, ok := m.cfg.MainGet(name); return ok }
	if !key("CommandIPs") {
		m.say(finding.Warning, "server commands (--COMMAND, servertask, web pages of another host) are taken from this machine only; list other hosts in CommandIPs")
	}
	m.moveHosts()
	m.say(finding.Warning, "deleting everything at once (--deletepatient:* and the like) needs |confirm behind the argument, or ConfirmDelete = 0")
	if m.cfg.OperatorConsole != "" && strings.HasPrefix(m.cfg.OperatorConsole, "/") && !console.IsPipe(m.cfg.OperatorConsole) {
		m.say(finding.Warning, "OperatorConsole %s is a pipe that does not exist", m.cfg.OperatorConsole)
	}
	failures, _ := filepath.Glob("*Failures" + m.cfg.TCPPort + "*")
	for _, f := range failures {
		if fi, err := os.Stat(f); err == nil && fi.Size() > 0 {
			m.say(finding.Hint, "work that waits in %s is taken up", f)
		}
	}
}
