package dicomini

// SOPKind is the third word of a line of dgatesop.lst.
type SOPKind int

// The kinds in the order in which the file is written.
const (
	RemoteAE SOPKind = iota
	LocalAE
	Application
	AbstractSyntax
	TransferSyntax
	sopKinds
)

// SOPEntry is one line: for RemoteAE and LocalAE, Value is the AE title.
type SOPEntry struct {
	Name  string
	Value string
	Line  int
}

// SOPList is an immutable list of what associations may use.
type SOPList struct {
	entries [sopKinds][]SOPEntry
	allowed [sopKinds]map[string]bool
	notes   []MapNote
}
