package lua

// Chunk is a piece of Lua text to run.
type Chunk struct {
	// Text is a chunk of statements.
	Text string

	// Globals are set before the chunk runs: a string, a float64, an int, a bool, nil,
	// or a []string as table from 1. They stay in the state.
	Globals map[string]any

	// Long chunks may run without end, whatever the timeout of the engine: work that is
	// its own purpose, such as a server in Lua.
	Long bool

	// Enter, if not nil, is called when it is the turn of the chunk, before Globals are
	// set: a host shows what the chunk works on there. nested tells that a chunk of the
	// same state is in progress. What Enter gives, if not nil, is called when the chunk
	// is over.
	Enter func(nested bool) (leave func())
}

// Error is a failure of a chunk.
type Error struct {
	Syntax  bool   // it did not compile
	Message string // of Lua; "(null)" for an error that is no text
	Text    string // of the chunk
	// Traceback is where it happened; "" for syntax errors.
	Traceback string
	// Ended tells that the script was ended for want of time or memory.
	Ended bool
}

// Error is the message.
func (e *Error) Error() string { return e.Message }
