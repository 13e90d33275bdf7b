package db

import (
	"strings"
	"time"

	"conquest/db/dial"
	"conquest/dicom"
	"conquest/dicomini"
)

// Options tell how to open the index: the keys of dicom.ini by their meaning
// (docs/original/config.md 3.3).
type Options struct {
	Host     string // SQLHost: host or host:port
	Server   string // SQLServer: file, directory, database or data source
	Username string
	Password string
	// Encryption of the connection to a server (SQLEncrypt, SQLCA).
	Encryption dial.Encryption

	SQLite   bool
	Postgres bool
	MySQL    bool

	SQLiteStartup   string
	PostgresStartup string
	MySQLStartup    string

	// MySQLCharset is how the server is spoken to: latin1, utf8mb4, or what the
	// rows show when it is neither.
	MySQLCharset string
	// ObjectAt reads the object of a row, for the question of the character set;
	// may be nil.
	ObjectAt func(Location) (*dicom.Dataset, error)

	DoubleBackslash bool // DoubleBackSlashToDB
	EscapeStrings   bool // UseEscapeStringConstants

	PackDBF      int // dBASE: remove deleted records at start
	IndexDBF     int // dBASE: 0 keeps no index
	LongQueryDBF int // dBASE: log queries slower than so many ms

	// Table names; empty means the standard one.
	PatientTable, StudyTable, SeriesTable, ImageTable, WorklistTable string

	MaxFieldLength int // width of ObjectFile when 1..255

	// Patience is how long work waits for a database that can not be reached
	// (DatabasePatience).
	Patience time.Duration
	// Wait opens an index whose database can not be reached yet.
	Wait bool
	// Later opens the database when work first wants it, for tools that mostly need
	// none.
	Later bool
	// MustExist makes no SQLite file: a missing one is [ErrNoDatabase].
	MustExist bool
	// Several tells that other servers change the same database (NodeName).
	Several bool

	Log Log // nil logs nothing
}

// Settings are the keys that may change while the index is open.
type Settings struct {
	AETitle             string   // MyACRNema: the RetrieveAETitle of answers
	AllowTruncate       []string // columns whose truncation is logged without ***
	AllowEmptyPatientID bool
	UTF8ToDB            bool
	UTF8FromDB          bool
	ComputedFields      bool // EnableComputedFields

	PatientOrder, StudyOrder, SeriesOrder, ImageOrder string // ...QuerySortOrder

	QueriesReturnISO_IR  int // 0 adds no (0008,0005)
	WorklistReturnISO_IR int // 0 adds no (0008,0005)
}

// FromConfig takes options and settings from a configuration.
func FromConfig(c *dicomini.Config) (Options, Settings) {
	o := Options{
		Host: c.SQLHost, Server: c.SQLServer, Username: c.Username, Password: c.Password,
		Encryption: dial.Encryption{Mode: strings.ToLower(c.Value("SQLEncrypt")), CA: c.Value("SQLCA")},
		SQLite:     c.SqLite, Postgres: c.Postgres, MySQL: c.Mysql,
		MySQLCharset: strings.ToLower(c.MySQLCharset), Patience: time.Duration(min(max(c.DatabasePatience, 0), 50)) * time.Second,
		SQLiteStartup: c.SQLiteStartup, PostgresStartup: c.PostGreSQLStartup, MySQLStartup: c.MySQLStartup,
		DoubleBackslash: c.DoubleBackSlashToDB, EscapeStrings: c.UseEscapeStringConstants,
		PackDBF: c.PackDBF, IndexDBF: c.IndexDBF, LongQueryDBF: c.LongQueryDBF,
		PatientTable: c.PatientTableName, StudyTable: c.StudyTableName, SeriesTable: c.SeriesTableName,
		ImageTable: c.ImageTableName, WorklistTable: c.WorkListTableName,
		MaxFieldLength: c.MaxFieldLength,
	}
	return o, SettingsFrom(c)
}

// SettingsFrom takes the changeable settings from a configuration.
func SettingsFrom(c *dicomini.Config) Settings {
	iso := c.WorkListReturnsISO_IR
	if c.WorkListReturnsISO_IR_100 >= 0 {
		iso = c.WorkListReturnsISO_IR_100
		if iso == 1 {
			iso = 100
		}
	}
	return Settings{
		AETitle:             c.MyACRNema,
		AllowTruncate:       strings.FieldsFunc(c.AllowTruncate, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }),
		AllowEmptyPatientID: c.AllowEmptyPatientID,
		UTF8ToDB:            c.UTF8ToDB, UTF8FromDB: c.UTF8FromDB,
		ComputedFields: c.EnableComputedFields,
		PatientOrder:   c.PatientQuerySortOrder, StudyOrder: c.StudyQuerySortOrder,
		SeriesOrder: c.SeriesQuerySortOrder, ImageOrder: c.ImageQuerySortOrder,
		QueriesReturnISO_IR:  c.QueriesReturnISO_IR,
		WorklistReturnISO_IR: iso,
	}
}

// Log takes what the index has to say. Operator lines go to the console (and,
// when they start with ***, to the trouble log), Trouble lines to the trouble
// log only, Debug lines to the debug log. Lines carry no line feed. A log that
// has DebugOn() bool is spared debug lines that are costly to make.
type Log interface {
	Operator(format string, a ...any)
	Trouble(format string, a ...any)
	Debug(format string, a ...any)
}

type noLog struct{}

func (noLog) Operator(string, ...any) {}
func (noLog) Trouble(string, ...any)  {}
func (noLog) Debug(string, ...any)    {}
