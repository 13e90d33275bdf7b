package luabind

import (
	"context"
	"fmt"

	"conquest/dicom"
	"conquest/lua"
)

// Chunk is a piece of Lua text and what it works on.
type Chunk struct {
	// Text is a chunk of statements. Its result is what it returns.
	Text string

	// Object is Data. It is changed in place. nil stands for an empty object that
	// is thrown away.
	Object *dicom.Dataset
	// Command is the command set that came with it. nil: all fields of Command are
	// nil.
	Command *dicom.Dataset
	// Storage is the device that Data.Storage reads and sets; nil: Data.Storage is
	// nil.
	Storage *string

	Association Association

	// Start is the verdict when the chunk says nothing (scripting.Code).
	Start int

	// Globals are set before the chunk runs: a string, a float64, a bool, nil, or a
	// []string as table from 1. They stay in the state. Names used by the server:
	// command_line, version, Filename, arg, and those of web pages.
	Globals map[string]any

	// Long chunks are not ended by the timeout of the engine (lua.Chunk).
	Long bool

	// Trace, if not nil, is told of each field of an object that the script reads or
	// sets.
	Trace func(Access)

	// Page is the web page the chunk writes; nil: HTML writes to the standard
	// output of the engine and CGI knows no parameters.
	Page Page

	// Lines runs lines of the command language; nil: they are not run, and their
	// code is 1.
	Lines Lines
}

// Lines runs lines of the command language (import dialect, number -2) in the name
// of the chunk's caller.
type Lines interface {
	// RunLine runs a line on an object and gives its code (scripting.Code). It may
	// call [State.Run] of the same state with the same context.
	RunLine(ctx context.Context, line string, object *dicom.Dataset) int
}

func (c *Chunk) runLine(ctx context.Context, line string, object *dicom.Dataset) int {
	if c.Lines == nil {
		return 1
	}
	return c.Lines.RunLine(ctx, line, object)
}

// Association is what the table of that name tells.
type Association struct {
	Calling     string // AE of the peer
	Called      string // own AE
	ConnectedIP string
	Thread      int
}

// Page is a web page in the making.
type Page interface {
	// Write appends text, as it is.
	Write(text string)
	// Parameter is a parameter of the request, decoded. "_filename_" is the name of
	// the uploaded file.
	Parameter(key string) (value string, ok bool)
	// Body is what was posted.
	Body() []byte
}

// Result is what a chunk did.
type Result struct {
	// Code is the verdict: Start, or 2 destroy, 6 reject, 7 retry, or that of the
	// last line of legacy script (docs/original/lua.md 1.6).
	Code int
	// Text is the result when it was a string or a number.
	Text string
	// HasText tells that there was one.
	HasText bool
}

// Error is a failure of a chunk. Its text is the line for the operator's log
// (docs/original/lua.md 1.2).
type Error lua.Error

// Error is the log line.
func (e *Error) Error() string {
	kind := "run"
	if e.Syntax {
		kind = "syntax"
	}
	return fmt.Sprintf("*** lua %s error %s in '%s'", kind, e.Message, e.Text)
}
