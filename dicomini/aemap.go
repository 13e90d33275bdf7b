package dicomini

import "sync"

// AE is one entry of acrnema.map.
type AE struct {
	Name        string // may end in *
	Host        string // address or name; may end in *
	Port        string // may end in *
	Compression string // default "un"
	Line        int    // in the file, 0 when put by a command
}

// AEMap is the table of known peers; safe for concurrent use.
type AEMap struct {
	mu      sync.RWMutex
	entries []AE
	notes   []MapNote
}

// MapNote is something Lint says about a line of acrnema.map.
type MapNote struct {
	Line    int
	Message string
}
