package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"conquest/attribute"
	"conquest/cformat"
	"conquest/command"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/pixel"
	"conquest/rules"
	"conquest/storage"
)

// SayDevices says the free space of each MAG device (option -d).
func (s *Server) SayDevices() {
	oplog.DeviceCheck(s.Console)
	oplog.Space(s.Console)
	dev := storage.NewDevices(s.Live.Current().Storage)
	for n := range dev.MAGs() {
		oplog.DeviceFree(s.Console, n, dev.Free("MAG"+strconv.Itoa(n)))
	}
}

// SayMap says the AE map (option -m).
func (s *Server) SayMap() {
	oplog.MapDump(s.Console)
	oplog.Space(s.Console)
	for _, e := range s.AEs.Entries() {
		oplog.Line(s.Console, cformat.Sprintf(command.AmapFormat, e.Name, e.Host, e.Port, e.Compression))
	}
}

// SaySchema says the layout of the database (option -k).
func (s *Server) SaySchema() {
	oplog.SchemaDump(s.Console)
	oplog.Space(s.Console)
	names, layouts := s.Commands.Tables()
	for i, t := range layouts {
		oplog.SchemaTable(s.Console, t.Name, names[i])
		for _, c := range t.Columns {
			oplog.Line(s.Console, cformat.Sprintf("0x%4.4x,0x%4.4x%12s%6d%12s%16s%12s",
				int(c.Group), int(c.Element), c.Name, c.Length, c.SQLType.String(), command.TypeName(c.DTType), c.HL7))
		}
	}
}

// TestConsole says lines on both channels (option -t).
func (s *Server) TestConsole() {
	oplog.TestOutput(s.Console)
	oplog.TestCommunication(s.Console)
	oplog.TestDebug(s.Console)
	oplog.DebugLine(s.Console, strings.Repeat("This is a very long text output for testing -- ", 6))
	s.SaySuccess()
}

// SaySuccess says the end of a test.
func (s *Server) SaySuccess() {
	oplog.TestEnded(s.Console)
}

// databaseTests is how often the database is tested.
const databaseTests = 10

// TestDatabase makes, fills and drops a table several times (option -o).
func (s *Server) TestDatabase(ctx context.Context) error {
	for n := range databaseTests {
		oplog.TestDatabase(s.Console, n+1, databaseTests)
		oplog.TestTable(s.Console)
		oplog.TestRecord(s.Console)
		if err := s.Index.TestTable(ctx); err != nil {
			oplog.TestFailed(s.Console)
			return fmt.Errorf("test database: %w", err)
		}
		oplog.TestDrop(s.Console)
		oplog.TestClose(s.Console)
	}
	s.SaySuccess()
	return nil
}

// EnoughSpace tells whether the emptiest MAG device has more than mb free, and
// says what each has; when it has less the oldest patients are deleted (option
// -ff).
func (s *Server) EnoughSpace(ctx context.Context, mb int) error {
	cfg := s.Live.Current()
	dev := storage.NewDevices(cfg.Storage)
	for n := range dev.MAGs() {
		s.SayFree(cfg, dev.Free("MAG"+strconv.Itoa(n)), dev.MAG(n))
	}
	return s.Archive.MakeSpace(ctx, mb)
}

// NewUID is a UID of this site (option -fu).
func (s *Server) NewUID() string { return s.UIDs.New(site.UIDGeneral) }

// SOPOf is the SOP instance UID of a file (option -f?).
func SOPOf(path string) (string, error) {
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.StudyDate})
	if err != nil {
		return "", err
	}
	defer f.Close()
	return f.String(dicom.SOPInstanceUID), nil
}

// errSmallEnough tells that a code of the family k has nothing to make smaller.
var errSmallEnough = errors.New("image is not larger than the code asks for")

// RecompressFile brings a file into another compression, in its place. A file
// that a code of the family k does not make smaller stays, and is a failure.
func (s *Server) RecompressFile(ctx context.Context, path, code string) error {
	if asIs := strings.ToLower(code); asIs == "as" || asIs == "is" {
		return nil
	}
	ctx, done := s.Work(ctx, "file")
	defer done()
	ds, err := s.ReadFile(ctx, path)
	if err != nil {
		oplog.RecompressNotLoaded(s.Console, path)
		return err
	}
	c, err := pixel.ParseCode(code)
	if err != nil {
		oplog.RecompressUnknown(s.Console, path, code)
		return err
	}
	rows, columns := ds.String(dicom.Rows), ds.String(dicom.Columns)
	if err := s.Transcode.TranscodeFor(ctx, ds, code, rules.Request{}); err != nil {
		oplog.RecompressFailed(s.Console, path)
		return err
	}
	downsized := ds.String(dicom.Rows) != rows || ds.String(dicom.Columns) != columns
	if c.Family == 'k' && !downsized {
		return errSmallEnough
	}
	return s.WriteObject(path, ds)
}

// DecompressTo writes an uncompressed copy of a file.
func (s *Server) DecompressTo(ctx context.Context, from, to string) error {
	ctx, done := s.Work(ctx, "file")
	defer done()
	ds, err := s.ReadFile(ctx, from)
	if err != nil {
		oplog.RecompressNotLoaded(s.Console, from)
		return err
	}
	if err := s.Transcode.TranscodeFor(ctx, ds, "un", rules.Request{}); err != nil {
		return err
	}
	return s.WriteObject(to, ds)
}

// FileJSON is a file as JSON with names as keys; full includes pixels.
func (s *Server) FileJSON(ctx context.Context, path string, full bool) ([]byte, error) {
	ctx, done := s.Work(ctx, "file")
	defer done()
	ds, err := s.ReadFile(ctx, path)
	if err != nil {
		return nil, err
	}
	return s.Scripts.JSON(ctx, nil, ds, full)
}

// Explain tells what the rules would do with the object of a file that calling
// sends to called, without doing it.
func (s *Server) Explain(ctx context.Context, path, calling, called string) (string, error) {
	ctx, done := s.Work(ctx, "file")
	defer done()
	ds, err := s.ReadFile(ctx, path)
	if err != nil {
		return "", err
	}
	return s.PACS.Explain(ctx, ds, calling, called), nil
}

// WriteDefaults writes the built-in defaults of dgate.dic, dicom.sql and
// dgatesop.lst into a folder and tells which; files that are there stay.
func WriteDefaults(dir string) (written []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var dictionary strings.Builder
	if err := dicom.WriteDictionary(&dictionary, dicom.StandardDictionary()); err != nil {
		return nil, err
	}
	opt := dicomini.SchemaOptions{}
	for _, list := range []struct{ name, text string }{
		{"dgate.dic", dictionary.String()},
		{"dicom.sql", string(dicomini.DefaultSchema(opt).Text())},
		{"dicom.sql.dbase", string(dicomini.DBaseSchema(opt).Text())},
		{"dgatesop.lst", string(dicomini.CurrentSOPList().Text("write-defaults", time.Now()))},
	} {
		path := filepath.Join(dir, list.name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return written, err
		}
		_, err = f.WriteString(list.text)
		if err = errors.Join(err, f.Close()); err != nil {
			return written, fmt.Errorf("write %s: %w", path, err)
		}
		written = append(written, path)
	}
	return written, nil
}

// Seed is a first value of counters made of a text, so that runs of the program
// that follow each other closely make different names and UIDs.
func Seed(text string) uint32 {
	return attribute.Checksum(text + strconv.FormatInt(time.Now().UnixNano(), 36))
}

// CreateDatabase makes a database and a login for it on the database server of
// the configuration, as its administrator (option -e).
func (s *Server) CreateDatabase(ctx context.Context, password, database, user, userPassword string) error {
	opt, settings := db.FromConfig(s.Live.Current())
	opt.Log = s.Console
	opt.Password = password
	var statements []string
	switch db.KindOf(&opt) {
	case db.Postgres:
		opt.Username, opt.Server = "postgres", "postgres"
		statements = []string{
			"CREATE USER " + quoteName(user, `"`) + " WITH PASSWORD " + db.Quote(userPassword),
			"CREATE DATABASE " + quoteName(database, `"`) + " OWNER " + quoteName(user, `"`),
		}
	case db.MySQL:
		opt.Username, opt.Server = "root", "mysql"
		statements = []string{
			"CREATE DATABASE " + quoteName(database, "`"),
			"CREATE USER " + db.Quote(user) + " IDENTIFIED BY " + db.Quote(userPassword),
			"GRANT ALL ON " + quoteName(database, "`") + ".* TO " + db.Quote(user),
		}
	case db.SQLServer:
		opt.Username = "sa"
		statements = []string{
			"CREATE DATABASE " + quoteName(database, `"`),
			"CREATE LOGIN " + quoteName(user, `"`) + " WITH PASSWORD = " + db.Quote(userPassword),
		}
	default:
		return nil // the database is a file
	}
	index, err := db.Open(ctx, s.Schema, opt, settings)
	if err != nil {
		return fmt.Errorf("connect to database server: %w", err)
	}
	defer index.Close()
	for _, st := range statements {
		if _, err := index.SQL(ctx, st); err != nil {
			return fmt.Errorf("create database %s: %w", database, err)
		}
	}
	oplog.DatabaseCreated(s.Console)
	return nil
}

func quoteName(name, quote string) string {
	return quote + strings.ReplaceAll(name, quote, quote+quote) + quote
}

// Regenerate makes the tables anew and enters all files of all devices.
func (s *Server) Regenerate(ctx context.Context, mode db.Mode) error {
	return s.Regen.All(ctx, mode, command.SayError)
}
