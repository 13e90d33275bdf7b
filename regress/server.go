package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const defaultServer = "srv"

// supportFiles come from the release or the binary, never from a case.
var supportFiles = []string{"dgate.dic", "dicom.sql", "dgatesop.lst"}

// A server is a dgate in a folder of its own.
type server struct {
	name    string // folder below the work folder
	dir     string
	ae      string
	port    int
	ini     *iniFile // as filled
	proc    *process
	mayEnd  bool // it may end by itself
	crashed bool
}

func (v *server) logFile() string { return filepath.Join(v.dir, "server.log") }

func (v *server) running() bool { return v.proc != nil && v.proc.running() }

func (v *server) stop() {
	if v.proc != nil {
		v.proc.stop()
		v.proc = nil
	}
}

// addServer declares a server folder and reserves its port.
func (s *stage) addServer(name string) (*server, error) {
	v := &server{name: name, dir: filepath.Join(s.work, name)}
	ini, err := readIni(filepath.Join(v.dir, "dicom.ini"))
	if err != nil {
		return nil, err
	}
	v.ini = ini
	if v.ae = ini.get("MyACRNema"); v.ae == "" {
		v.ae = "CONQUESTSRV1"
	}
	if v.port, err = s.newPort(); err != nil {
		return nil, err
	}
	s.servers = append(s.servers, v)
	s.norm.dirs = append(s.norm.dirs, v.dir)
	return v, nil
}

// fill puts everything a server needs into its folder.
func (s *stage) fill(v *server) error {
	if err := os.MkdirAll(v.dir, 0o777); err != nil {
		return fmt.Errorf("make server folder: %w", err)
	}
	if err := s.fillPlaceholders(v); err != nil {
		return err
	}
	ini, err := readIni(filepath.Join(v.dir, "dicom.ini"))
	if err != nil {
		return err
	}
	ini.addDefaults(v)
	v.ini = ini
	if err := os.WriteFile(filepath.Join(v.dir, "dicom.ini"), []byte(ini.String()), 0o666); err != nil {
		return fmt.Errorf("write dicom.ini: %w", err)
	}
	if err := s.fillSupport(v); err != nil {
		return err
	}
	if err := s.writeMap(v); err != nil {
		return err
	}
	if err := linkOrCopy(s.r.dgate, filepath.Join(v.dir, exeName("dgate"))); err != nil {
		return fmt.Errorf("place binary: %w", err)
	}
	for _, mag := range v.devices() {
		for _, sub := range []string{"incoming", "printer_files", "dbase"} {
			if err := os.MkdirAll(filepath.Join(mag, sub), 0o777); err != nil {
				return fmt.Errorf("make image folder: %w", err)
			}
		}
	}
	return nil
}

// placeholder is what the text files of a server folder may contain.
var placeholder = regexp.MustCompile(`@(DIR|WORK|PORT(?::[^@\s]+)?)@`)

// fillPlaceholders replaces @DIR@, @WORK@, @PORT@ and @PORT:AE@ in the text
// files of the server folder.
func (s *stage) fillPlaceholders(v *server) error {
	for _, f := range listFiles(v.dir) {
		path := filepath.Join(v.dir, f)
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read file of the case: %w", err)
		}
		text := placeholder.ReplaceAllStringFunc(string(data), func(p string) string {
			switch p = strings.Trim(p, "@"); p {
			case "DIR":
				return v.dir
			case "WORK":
				return s.work
			case "PORT":
				return fmt.Sprint(v.port)
			}
			return fmt.Sprint(s.portOf(strings.TrimPrefix(p, "PORT:")))
		})
		if text == string(data) {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			return fmt.Errorf("fill placeholders: %w", err)
		}
	}
	return nil
}

// fillSupport copies the support files and appends the case's NAME.add. A
// binary with built-in files needs them only where something is appended.
func (s *stage) fillSupport(v *server) error {
	for _, name := range supportFiles {
		path := filepath.Join(v.dir, name)
		add, addErr := os.ReadFile(path + ".add")
		_, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) && (s.r.support != "" || addErr == nil) {
			dir := s.r.support
			if dir == "" {
				if dir, err = s.r.defaults(); err != nil {
					return err
				}
			}
			if err := copyFile(filepath.Join(dir, name), path, 0o666); err != nil {
				return fmt.Errorf("place support file: %w", err)
			}
		}
		if addErr == nil {
			if err := appendFile(path, add); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeMap writes acrnema.map: all servers and peers, then the case's lines.
func (s *stage) writeMap(v *server) error {
	var b strings.Builder
	line := func(ae string, port int, compression string) {
		fmt.Fprintf(&b, "%-16s 127.0.0.1 %6d %s\n", ae, port, compression)
	}
	for _, o := range s.servers {
		line(o.ae, o.port, "un")
	}
	for _, p := range s.peers {
		line(p.ae, p.port, p.compression)
	}
	path := filepath.Join(v.dir, "acrnema.map")
	own := path + ".case" // keeps the case's lines over a restart
	if _, err := os.Stat(own); errors.Is(err, os.ErrNotExist) {
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("read acrnema.map of the case: %w", err)
		}
		if add, err := os.ReadFile(path + ".add"); err == nil {
			data = append(data, add...)
		}
		if err := os.WriteFile(own, data, 0o666); err != nil {
			return fmt.Errorf("keep acrnema.map of the case: %w", err)
		}
	}
	data, err := os.ReadFile(own)
	if err != nil {
		return fmt.Errorf("read acrnema.map of the case: %w", err)
	}
	b.Write(data)
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		return fmt.Errorf("write acrnema.map: %w", err)
	}
	return nil
}

// devices returns the folders of MAGDevice0, 1, ..
func (v *server) devices() []string {
	var dirs []string
	for i := range 100 {
		d := v.ini.get(fmt.Sprintf("MAGDevice%d", i))
		if d == "" {
			break
		}
		dirs = append(dirs, d)
	}
	return dirs
}

// database returns the file of the SQLite database, "" if there is none.
func (v *server) database() string { return v.ini.get("SQLServer") }

// start runs the server of a filled folder and, with wait, waits for it.
func (s *stage) start(v *server, wait bool) error {
	p, err := startProcess(v.dir, v.logFile(), "."+string(filepath.Separator)+exeName("dgate"), "-v")
	if err != nil {
		return err
	}
	v.proc, v.mayEnd = p, false
	if !wait {
		return nil
	}
	var last string
	up := s.poll(20*time.Second, func() bool {
		if !p.running() {
			return true
		}
		o := runTool(s.ctx, s.work, "echoscu", "-to", "5", "-aet", callingAE, "-aec", v.ae, "127.0.0.1", fmt.Sprint(v.port))
		last = o.both()
		return o.err == nil || strings.Contains(last, "Association Rejected")
	})
	switch {
	case !p.running():
		return fmt.Errorf("the server ended at once: %v", p.err)
	case !up:
		return fmt.Errorf("the server does not answer: %s", last)
	}
	return nil
}

// initialise makes the database when there is none yet.
func (s *stage) initialise(v *server) error {
	if db := v.database(); db != "" {
		if _, err := os.Stat(db); err == nil {
			return nil
		}
	}
	o := runTool(s.ctx, v.dir, "."+string(filepath.Separator)+exeName("dgate"), "-v", "-r")
	if err := appendFile(filepath.Join(v.dir, "init.log"), []byte(o.both())); err != nil {
		return err
	}
	if s.ctx.Err() != nil {
		return fmt.Errorf("make the database: %w", o.err)
	}
	return nil
}

func linkOrCopy(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	if os.Link(from, to) == nil {
		return nil
	}
	return copyFile(from, to, 0o777)
}

func copyFile(from, to string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func appendFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("append to %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("append to %s: %w", filepath.Base(path), err)
	}
	return nil
}
