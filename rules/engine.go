package rules

import (
	"context"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/scripting"
)

// Config is what the rules need of a configuration; *dicomini.Config has it.
type Config interface {
	// Main is the name of the main section.
	Main() string
	// Int reads a key of the section as C atoi does.
	Int(section, key string, def int) int
	// Converter finds a converter by its kind's name and number.
	Converter(kind string, n int) (dicomini.Converter, bool)
	// Converters are all converters of a kind by rising number.
	Converters(kind string) []dicomini.Converter
	// Get reads a key of a section.
	Get(section, key string) (string, bool)
}

// ExportFilter answers ExportFilterN conditions from the database.
type ExportFilter interface {
	// MatchObject tells whether the stored object satisfies the SQL condition
	// (docs/original/scripting.md 1.4). An error means no; the filter logs it.
	MatchObject(ctx context.Context, condition, sop, patientID string) (bool, error)
}

// Engine runs converters. It is safe for concurrent use when what Env gives is.
// Lua chunks of section [lua] are run by its Lua.
type Engine struct {
	// Env is what scripts reach in the name of a caller.
	Env    func(Caller) scripting.Env
	Filter ExportFilter     // may be nil: then conditions are never met
	Cache  *scripting.Cache // may be nil
	// Reading answers what Lua scripts ask in explanations: settings, peers, the index
	// and stored objects. Nothing else is asked of it. nil: nobody answers.
	Reading luabind.Host

	// Erred is told of each error of a converter; nil: nobody is.
	Erred func(converter string)

	runs runs
}

// Request is the object that converters are to run on and where it came from.
type Request struct {
	Object      *dicom.Dataset
	Command     *dicom.Dataset // command set, for Lua; may be nil
	Caller      Caller         // may be nil: nobody
	Destination string         // of a move: filter StationName and %s of Retrieve and RetrieveResult
	Trace       Trace          // may be nil

	copies *scripting.Copies
	vars   *scripting.Vars // of an import whose caller keeps none
}

// Action is what the caller has to do with the object.
type Action int

// The actions. Which of them a kind of converter heeds is told at [Engine.Hook].
const (
	Keep       Action = iota // go on
	Destroy                  // leave it out, and say success
	Reject                   // leave it out, and say failure
	Retry                    // try again: a rejected object; a failed forward later
	Defer                    // an export to be run again later, not counted as failure
	Quarantine               // keep it apart, and say success
)

// String is the name of the action.
func (a Action) String() string {
	return [...]string{"keep", "destroy", "reject", "retry", "defer", "quarantine"}[a]
}

// Outcome is what came of running converters.
type Outcome struct {
	Action  Action
	Ran     bool           // at least one converter was configured and passed its filters
	Code    scripting.Code // of the last one
	Storage string         // device preferred by statement storage, e.g. "MAG1"; "" for none
	// Waiting tells that a delayed command was queued which will read the stored
	// object: one that is destroyed now will not be there.
	Waiting bool
	// Unkept is why a delayed command could not be kept: the object must not be
	// acknowledged.
	Unkept error
	// Failure is what went wrong in a converter, when ScriptFailure says that
	// counts; Converter is its name.
	Failure, Converter string
}
