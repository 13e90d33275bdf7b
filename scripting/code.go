package scripting

// Code is the result of a script: what the caller does with the object
// (docs/original/scripting.md 2.4).
type Code int

// The result codes. Their numbers are visible to Lua scripts.
const (
	Nothing Code = 0 // the last if or block was skipped, or nothing is configured
	Done    Code = 1
	Destroy Code = 2 // do not store the object, tell the sender success
	Stop    Code = 3 // the line was ended by stop
	Skip    Code = 4 // the last statement was an if that was false
	Return  Code = 5 // the line was ended by return
	Reject  Code = 6 // do not store the object, tell the sender failure
	Retry   Code = 7 // try again: a rejected object; an export that could not be sent
	Defer   Code = 8 // export: run the line again later
)

// String is the name of the code.
func (c Code) String() string {
	names := [...]string{"nothing", "done", "destroy", "stop", "skip", "return", "reject", "retry", "defer"}
	if c < 0 || int(c) >= len(names) {
		return "unknown"
	}
	return names[c]
}

// endsLine tells whether no further statement of an import line runs.
func (c Code) endsLine() bool { return c == Destroy || c == Stop || c == Return || c == Reject }

// endsFile tells whether no further line of a called file runs.
func (c Code) endsFile() bool { return c == Destroy || c == Return || c == Reject }
