package db

// colref names a column of a table.
type colref struct {
	table string
	name  string
}

func (c colref) String() string { return c.table + "." + c.name }

// operator is how a condition compares.
type operator int

const (
	opEqual  operator = iota // column = value
	opLike                   // column matches the wildcard key
	opFoldEq                 // UPPER(column) = upper-case value
	opFoldLike
	opAny     // one value of a multi-valued column is value
	opIn      // column is one of values
	opAtLeast // column >= value
	opAtMost  // column <= value
	opJoin    // column = other
	opAll     // universal matching: any value, or none
	opUnequal // of scripts, dBASE only, as the following
	opBelow
	opAbove
	opNull
	opEither // one of the conditions in either holds
)

// condition restricts the rows of a selection. Wildcard keys hold the * and ?
// of DICOM.
type condition struct {
	col    colref
	op     operator
	value  string
	values []string // opIn
	other  colref   // opJoin
	either []condition
}

func equals(table, name, value string) condition {
	return condition{col: colref{table, name}, op: opEqual, value: value}
}

// order is one term of a sort order: a column, or the text an administrator
// wrote.
type order struct {
	col     colref
	numeric bool
	text    string // wins over col
	desc    bool
}

// selection is a query: SELECT [DISTINCT] columns FROM from WHERE conditions.
type selection struct {
	distinct bool
	count    bool // COUNT(1) in place of the columns
	grouped  bool // COUNT(1) behind the columns, for each combination of them; SQL only
	columns  []colref
	from     []string
	where    []condition
	filter   *expression // what else must hold, dBASE only
	order    []order
	habit    []string // order of rows where none is asked for, SQLite only
	fixed    bool     // the order was asked for, not the habit of sorting names
	limit    int      // -1 is none
	offset   int      // 0 is none
}

// assign is a column with the value it gets: string or int64.
type assign struct {
	name  string
	value any
}
