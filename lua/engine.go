package lua

import (
	"errors"
	"io"
	"sync"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/budget"
	"conquest/group"
)

// Options of an engine.
type Options struct {
	// Timeout ends a chunk that runs longer; 0 is no limit.
	Timeout time.Duration
	// Memory is how many bytes the values of a state may hold, by estimate; 0 is no
	// limit. A script that goes beyond gets the error "not enough memory".
	Memory int
	// Budget is what the values of states count against beside what else the process
	// does, from some size on; nil is none. [State.Bound] gives a state another one.
	Budget *budget.Budget
	// Stdout is where io.write writes; nil is the standard output.
	Stdout io.Writer
	// LibraryDirs are searched for Lua modules after package.path, e.g. the lua
	// folder of the server.
	LibraryDirs []string
	// Print is what print does with its line; nil writes it to Stdout.
	Print func(line string)
	// Modules are run by require, once in each state, before files are looked for.
	// Their first result is the value of the module.
	Modules Functions
	// Dropped is told that the globals of a script held so many bytes that they
	// were dropped; may be nil.
	Dropped func(bytes int)
	// Panicked is told of a panic in a function of ours, which the script sees as an
	// error; may be nil.
	Panicked func(*group.PanicError)
	// Dry, when not nil, keeps scripts from acting on anything outside: files are read
	// but not written, there are no programs and no connections. It is told what would
	// have been done, and scripts get what success would give them.
	Dry func(effect string)
	// Exit is called by os.exit; nil makes that a Lua error, as a server is not to
	// be ended by a script.
	Exit func(code int)
}

// Engine is what all states share. It is safe for concurrent use.
type Engine struct {
	opt   Options
	meter meter

	openings group.Group // of pipes, which wait for their other end

	mu    sync.Mutex
	cache map[string]*program
}

// NewEngine makes an engine.
func NewEngine(opt Options) *Engine {
	return &Engine{opt: opt, cache: make(map[string]*program)}
}

// program is a compiled text.
type program struct {
	proto  *glua.FunctionProto
	names  []nameUse
	source string // as Lua knows it: "@file", "=name" or the text
}

// The cache keeps this many texts of at most this size.
const (
	maxPrograms    = 512
	maxProgramText = 64 << 10
)

// compile compiles src, called source in the manner of Lua ("=name", "@file" or
// the text itself).
func (e *Engine) compile(src, source string) (*program, error) {
	key := source
	if source != src {
		key = source + "\x00" + src
	}
	e.mu.Lock()
	p := e.cache[key]
	e.mu.Unlock()
	if p != nil {
		return p, nil
	}
	err := group.Guard("lua compiler", func() (err error) {
		p, err = translate(src, source)
		return err
	})
	var internal *group.PanicError
	if errors.As(err, &internal) {
		if e.opt.Panicked != nil {
			e.opt.Panicked(internal)
		}
		err = &syntaxError{internal.Error()}
	}
	if err != nil {
		return nil, err
	}
	if len(src) > maxProgramText {
		return p, nil
	}
	e.mu.Lock()
	if len(e.cache) >= maxPrograms {
		clear(e.cache)
	}
	e.cache[key] = p
	e.mu.Unlock()
	return p, nil
}

// translate makes a program of a text.
func translate(src, source string) (*program, error) {
	name := chunkID(source)
	stmts, names, err := parseChunk(src, syntaxID(source))
	if err != nil {
		return nil, err
	}
	proto, err := glua.Compile(stmts, name)
	if err != nil {
		return nil, &syntaxError{name + ": " + err.Error()}
	}
	closeLines(proto)
	return &program{proto: proto, names: names, source: source}, nil
}

// closeLines puts the making of a function on the line of its end, where Lua 5.1 has
// it, for debuggers.
func closeLines(p *glua.FunctionProto) {
	const maxIndex = 1<<18 - 1
	for pc, code := range p.Code {
		if code>>26 == uint32(glua.OP_CLOSURE) {
			p.DbgSourcePositions[pc] = p.FunctionPrototypes[code&maxIndex].LastLineDefined
		}
	}
	for _, q := range p.FunctionPrototypes {
		closeLines(q)
	}
}
