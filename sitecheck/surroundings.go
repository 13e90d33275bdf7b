package sitecheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"conquest/db"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/storage"
)

// surroundings looks for what a configuration needs around it: folders, the port,
// hosts and the database. Nothing is written.
type surroundings struct {
	cfg      *dicomini.Config
	aes      *dicomini.AEMap
	findings []finding.Finding
}

const patience = 2 * time.Second // with hosts

func (s *surroundings) look(ctx context.Context) []finding.Finding {
	if s.cfg.File().Line(s.cfg.Main(), "MAGDevice0") == 0 || len(s.cfg.MAGDevices) == 0 {
		return nil // no server, or one that is not set up
	}
	if dir := s.cfg.MAGDevices[0]; strings.Contains(dir, "${") {
		s.add(finding.Hint, "MAGDevice0", "put the folder in its place", "%s is a template: nothing puts the folder in for the server", dir)
		return s.findings
	}
	s.folders()
	s.port(ctx)
	s.hosts(ctx)
	s.database(ctx)
	return s.findings
}

func (s *surroundings) add(sev finding.Severity, key, fix, format string, args ...any) {
	f := s.cfg.File()
	s.findings = append(s.findings, finding.Finding{Severity: sev, File: f.Path(), Line: f.Line(s.cfg.Main(), key), Key: key,
		Message: fmt.Sprintf(format, args...), Fix: fix})
}

// folders checks that the folders of the site are there and can be written.
func (s *surroundings) folders() {
	for n, dir := range s.cfg.MAGDevices {
		s.device("MAGDevice"+strconv.Itoa(n), dir, finding.Error)
	}
	for n, dir := range s.cfg.MIRRORDevices {
		s.device("MIRRORDevice"+strconv.Itoa(n), dir, finding.Error)
	}
	if w := s.cfg.WatchFolder; w != "" {
		s.folder("WatchFolder", w, finding.Error)
	}
	if t := s.cfg.TempDir; t != "" {
		s.folder("TempDir", filepath.Dir(filepath.Clean(t)), finding.Warning)
	}
	for key, file := range map[string]string{"TroubleLog": s.cfg.TroubleLog, "UserLog": s.cfg.UserLog} {
		if !writable(file) && !writable(filepath.Dir(file)) {
			s.add(finding.Error, key, "give the user of the server the right to write it", "%s can not be written", file)
		}
	}
}

// device checks the folder of a device, which may be an address or NULL.
func (s *surroundings) device(key, dir string, sev finding.Severity) {
	if dir == "" || strings.HasPrefix(dir, "NULL") || strings.Contains(dir, "://") {
		return
	}
	s.folder(key, dir, sev)
}

func (s *surroundings) folder(key, dir string, sev finding.Severity) {
	if mount := notMounted(dir); mount != "" {
		s.add(finding.Error, key, "mount it before the server starts", "%s lies on %s, which is not mounted: objects would land on another disk", dir, mount)
		return
	}
	switch {
	case !storage.IsDir(dir):
		s.add(sev, key, "make it, or correct the path", "folder %s is not there", dir)
	case !writable(dir):
		s.add(sev, key, "give the user of the server the right to write in it", "folder %s can not be written", dir)
	}
}

// port checks that the port is free, or that of this server.
func (s *surroundings) port(ctx context.Context) {
	port := s.cfg.Port()
	if port < 1 || port > 65535 {
		return
	}
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err == nil {
		l.Close()
		return
	}
	switch {
	case errors.Is(err, os.ErrPermission):
		s.add(finding.Error, "TCPPort", "use a port from 1024 on, or give the server the right", "port %d can not be opened by this user", port)
	case !s.answers(ctx, port):
		s.add(finding.Error, "TCPPort", "stop the other program, or write another port here and in acrnema.map of the peers", "port %d is in use by another program", port)
	}
}

// hosts checks that the names of hosts in acrnema.map are known.
func (s *surroundings) hosts(ctx context.Context) {
	if s.aes == nil {
		return
	}
	seen := make(map[string]bool)
	for _, e := range s.aes.Entries() {
		if e.Wildcard() || seen[e.Host] || net.ParseIP(e.Host) != nil || e.Host == "" || e.Host == "localhost" {
			continue
		}
		seen[e.Host] = true
		limited, cancel := context.WithTimeout(ctx, patience)
		_, err := net.DefaultResolver.LookupHost(limited, e.Host)
		cancel()
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound {
			s.findings = append(s.findings, finding.Finding{Severity: finding.Warning, File: s.cfg.ACRNemaMap, Line: e.Line, Key: e.Name,
				Message: "host " + e.Host + " of " + e.Name + " is not known here", Fix: "correct the name, or write the address"})
		}
	}
}

// database checks that the database is there, and that it has the columns of
// dicom.sql.
func (s *surroundings) database(ctx context.Context) {
	opt, _ := db.FromConfig(s.cfg)
	switch db.KindOf(&opt) {
	case db.SQLite:
		s.sqlite(ctx, opt.Server)
	case db.DBase:
		s.folder("SQLServer", opt.Server, finding.Error)
	case db.Postgres:
		s.server(ctx, opt.Host, "5432")
	case db.MySQL:
		s.server(ctx, opt.Host, "3306")
	}
}

// server checks that a database server takes connections.
func (s *surroundings) server(ctx context.Context, host, port string) {
	if strings.HasPrefix(host, "/") {
		return // a socket of this machine
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(host, port)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(limited, "tcp", host)
	if err != nil {
		s.add(finding.Warning, "SQLHost", "start it, or correct SQLHost", "the database at %s can not be reached: %v", host, err)
		return
	}
	c.Close()
}

// sqlite checks the file of the database.
func (s *surroundings) sqlite(ctx context.Context, path string) {
	if !storage.Exists(path) {
		dir := filepath.Dir(path)
		if !storage.IsDir(dir) {
			s.add(finding.Error, "SQLServer", "make it, or correct the path", "folder %s of the database is not there", dir)
		}
		return // it is made at the first start
	}
	if !writable(path) || !writable(filepath.Dir(path)) {
		s.add(finding.Error, "SQLServer", "give the user of the server the right to write it and its folder", "database %s can not be written", path)
	}
	tables, err := db.ReadColumns(ctx, path)
	if err != nil || len(tables) == 0 {
		return
	}
	text, err := os.ReadFile(s.cfg.KFactorFile)
	if err != nil {
		return
	}
	s.columns(text, tables)
}

// columns compares dicom.sql with the tables of a database.
func (s *surroundings) columns(text []byte, tables map[string][]string) {
	schema, err := dicomini.ParseSchema(text, s.cfg.SchemaOptions())
	if err != nil {
		return // told elsewhere
	}
	for _, t := range schema.Tables() {
		name := map[string]string{"Patient": s.cfg.PatientTableName, "Study": s.cfg.StudyTableName, "Series": s.cfg.SeriesTableName,
			"Image": s.cfg.ImageTableName, "WorkList": s.cfg.WorkListTableName}[t.Name]
		there := tables[strings.ToLower(name)]
		if there == nil {
			continue
		}
		for _, c := range t.Columns {
			if !c.Sequence() && !has(there, c.Name) && !cutThere(there, c.Name) {
				s.findings = append(s.findings, finding.Finding{Severity: finding.Error, File: s.cfg.KFactorFile, Key: c.Name,
					Message: "the database has no column " + c.Name + " in " + name + ": queries and stores fail", Fix: "make the database anew with dgate -r, or take the row out"})
			}
		}
	}
}

func has(columns []string, name string) bool {
	for _, c := range columns {
		if strings.EqualFold(c, name) {
			return true
		}
	}
	return false
}

// cutThere tells whether the database has a name cut to ten characters, or whole:
// it keeps its own lengths.
func cutThere(columns []string, name string) bool {
	for _, c := range columns {
		if len(c) >= 10 && len(name) >= 10 && strings.EqualFold(c[:10], name[:10]) {
			return true
		}
	}
	return false
}
