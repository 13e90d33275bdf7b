// Package record writes down what comes to a server and what becomes of it
// (RecordAssociations), and reads that again. A [Recorder] is the witness of a
// running server: each association is a file of messages with their times, and what
// was done with objects is a file of events for each day. [Read] and [Events] give
// them back, [Purge] takes a patient out.
//
// Recordings hold data of patients: their files may be read by their owner only. The
// recorder keeps to a size and an age, and stops before the disk is full; that it
// can not write never keeps an association from going on.
//
// A file is a sequence of frames: a line of JSON, then as many bytes as it names, and
// a line feed.
package record

import (
	"time"
)

// Frame is the head of a frame.
type Frame struct {
	Type    string  `json:"t"`             // open, pdu, command, data, end
	MS      float64 `json:"ms"`            // since the beginning
	Caller  bool    `json:"c,omitempty"`   // from who opened the association
	Context byte    `json:"ctx,omitempty"` // presentation context of command and data
	Length  int64   `json:"n,omitempty"`   // bytes that follow
	Pixels  *Pixels `json:"pixels,omitempty"`

	// Of open only.
	Started  *time.Time `json:"started,omitempty"`
	Peer     string     `json:"peer,omitempty"`
	Outgoing bool       `json:"outgoing,omitempty"` // the server opened it

	// Of end only: why the rest is missing.
	Incomplete string `json:"incomplete,omitempty"`
}

// Pixels stand for pixel data that were left out.
type Pixels struct {
	Length int64  `json:"length"` // bytes
	Hash   string `json:"sha256"`
	Packed bool   `json:"packed,omitempty"` // encapsulated
}

// Event is what was done, beside messages.
type Event struct {
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`

	Calling  string `json:"calling,omitempty"`
	Called   string `json:"called,omitempty"`
	Received string `json:"received,omitempty"` // SOP instance UID of the request
	SOP      string `json:"sop,omitempty"`      // as stored
	Patient  string `json:"patient,omitempty"`
	Outcome  string `json:"outcome,omitempty"` // stored, left out, rejected: ...
	Detail   string `json:"detail,omitempty"`  // the program, the file, the command

	Device string            `json:"device,omitempty"`
	File   string            `json:"file,omitempty"`
	Syntax string            `json:"syntax,omitempty"` // transfer syntax UID
	Header []byte            `json:"header,omitempty"` // the object without pixel data, explicit little endian
	Pixels *Pixels           `json:"pixels,omitempty"`
	Rows   map[string]string `json:"rows,omitempty"` // by table.column
	// Rules are what each converter did, a line for each statement.
	Rules []Rule `json:"rules,omitempty"`
}

// Rule is what one converter did with an object.
type Rule struct {
	Name  string   `json:"name"`
	Runs  bool     `json:"runs"`
	Lines []string `json:"lines,omitempty"`
}

// Kind is a kind of event.
type Kind string

// The kinds.
const (
	Object   Kind = "object"  // came and was stored, or was not
	Export   Kind = "export"  // an export converter ran
	Deleted  Kind = "deleted" // from the index
	Program  Kind = "program" // of the system's shell
	FileMade Kind = "file"    // that a script wrote, outside of the devices
	Lua      Kind = "lua"     // what a script would have done in a rehearsal
)
