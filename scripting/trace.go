package scripting

// Trace sees every statement of a run, in order.
type Trace interface {
	Step(s Step)
}

// Outcome tells what became of a statement.
type Outcome int

// The outcomes.
const (
	Executed Outcome = iota
	Void             // understood, but there was nothing to do
	Ignored          // malformed: the original does nothing and says nothing
	Failed           // tried, did not succeed
	Unknown          // no such command, script or file
	NotRun           // skipped by the if before it
	InBlock          // inside a block that is skipped
)

// String is the name of the outcome.
func (o Outcome) String() string {
	return [...]string{"executed", "void", "ignored", "failed", "unknown", "not run", "skipped"}[o]
}

// Step is one statement of a run.
type Step struct {
	Converter string // "Importconverter0"
	Part      int    // number of the statement in its line
	Offset    int    // of the statement in its text, bytes from 0
	Depth     int    // 0 for the line of the converter, 1 for what it calls ...
	Source    string // as written
	Text      string // with % variables replaced; "" when it did not run
	Command   string // e.g. "ifequal"; "" when unknown
	Outcome   Outcome
	Condition *Condition // of an if
	Detail    string     // why, or what was done
	Code      Code       // result code after the statement
}

// Condition is what an if statement compared.
type Condition struct {
	Left, Right string // Right is unused by ifempty and ifnotempty
	True        bool
}
