package scripting

import "strconv"

// origin tells where a piece of expanded text came from.
type origin uint8

const (
	fromObject origin = iota // chosen by whoever made the object or the association
	fromServer               // file names, UIDs and times of our own
)

// span is a piece [start,end) of expanded text that does not stand in the
// script itself.
type span struct {
	start, end int
	from       origin
}

type value struct {
	text  string
	spans []span
}

func itoa(n int) string { return strconv.Itoa(n) }

func splitLuaCommand(command string) (path, args string, ok bool) { return "", "", false }
