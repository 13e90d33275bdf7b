// Package oplog is every line that the server writes for people in words of its
// own: the lines of the original, which sites and their programs read and which
// therefore stay as they are to the byte (docs/original/commands.md 8), and the
// few formatted lines that dgate adds. Each line is a function, so that whoever
// sees a line in a log finds its function by the text, and by the function the
// places that write it; docs/log.md lists them all. What is new is rather an
// event (console.Console.Event) than a line here.
//
// Nothing is decided here: a function writes its line to what takes lines of its
// level, and that is all.
package oplog

import "fmt"

// Operator takes lines for the operator, which are always written. Those with
// three stars go to the trouble log as well.
type Operator interface {
	Operator(format string, a ...any)
}

// Debug takes lines for the debug channel, which are written when somebody reads
// it. Those with three stars go to the trouble log at any time.
type Debug interface {
	Debug(format string, a ...any)
}

// Trouble takes lines for the trouble log only.
type Trouble interface {
	Trouble(format string, a ...any)
}

// Lines makes a function that takes finished lines an [Operator] and a [Debug].
type Lines func(line string)

// Operator writes a line.
func (l Lines) Operator(format string, a ...any) { l(fmt.Sprintf(format, a...)) }

// Debug writes a line.
func (l Lines) Debug(format string, a ...any) { l(fmt.Sprintf(format, a...)) }
