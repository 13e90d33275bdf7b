package scripting

// Dialect is one of the two interpreters of the language.
type Dialect int

// The dialects.
const (
	ImportDialect Dialect = iota // on an object in memory
	ExportDialect                // on a stored file
)

// Program is a compiled text. It is immutable.
type Program struct {
	dialect    Dialect
	text       string
	statements []statement
}

type statement struct{}

// Compile parses text; every text is a program.
func Compile(d Dialect, text string) *Program { return &Program{dialect: d, text: text} }
