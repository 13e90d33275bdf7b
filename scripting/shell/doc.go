// Package shell puts values into command lines for a shell so that they stay
// values: [Posix] for /bin/sh, [Windows] for cmd.exe. The text of the command is
// read as the shell reads it; each value is quoted as its place asks. In places
// where no quoting keeps a value a value (the name of a program, code for another
// shell or interpreter, arithmetic) only harmless values are let through, any
// other is an error. [Check] names such places before there is a value.
package shell

import "fmt"

// Piece is a part of a command: text of the script, or a value.
type Piece struct {
	Text string
	// Value tells that the text is no part of the script.
	Value bool
	// Own tells that a value was chosen by this server, such as a file name.
	Own bool
}

// Note is a place in which a value may be refused.
type Note struct {
	Piece int    // which one
	Why   string // as in [RefusedError]
}

// RefusedError tells that a value can not be put where the script wants it.
type RefusedError struct {
	Value string
	Why   string // what the place is, such as "the name of a program"
}

// Error says what was not run.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the value %q can not be %s", e.Value, e.Why)
}

// hole stands for a value in the text that is read. Scripts have no NUL.
const hole = 0

// flatten is the command with holes, and the values in their order.
func flatten(pieces []Piece) (text string, values []Piece, at []int) {
	var b []byte
	for i, p := range pieces {
		if p.Value {
			b = append(b, hole)
			values, at = append(values, p), append(at, i)
			continue
		}
		for k := range len(p.Text) {
			if p.Text[k] != hole {
				b = append(b, p.Text[k])
			}
		}
	}
	return string(b), values, at
}

// Check names the places of a command for an operating system in which values may
// be refused.
func Check(pieces []Piece, goos string) []Note {
	text, values, at := flatten(pieces)
	var places []place
	if goos == "windows" {
		places = windowsPlaces(text)
	} else {
		places = readPosix(text, 0).places
	}
	var notes []Note
	for i, p := range places {
		if p.kind.refuses() && !(values[i].Own && p.kind.trusts()) {
			notes = append(notes, Note{Piece: at[i], Why: p.kind.why()})
		}
	}
	return notes
}
