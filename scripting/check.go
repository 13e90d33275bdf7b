package scripting

// Severity grades a [Problem].
type Severity int

// The severities.
const (
	Note Severity = iota
	Warning
	Error
)

// Problem is something that [Check] found in a text.
type Problem struct {
	Severity Severity
	Offset   int // byte in the text, from 0
	Message  string
	Fix      string // what to write instead; may be empty
}

// Check looks for statements that cannot do what they say: unknown commands,
// conditions that are ignored, unbalanced braces, export lines with import
// commands, objects destroyed before a delayed forward.
func Check(text string, d Dialect) []Problem { return nil }

// Target is the destination of a forward, get or preretrieve statement as far
// as the text tells it.
type Target struct {
	Name    string
	Offset  int
	Delayed bool // host:port is not possible
}

// Targets lists the destinations named in text, those with % variables left out.
func Targets(text string, d Dialect) []Target { return nil }
