package dicomini

// SQLType is the storage type of a column.
type SQLType int

// SQL types of dicom.sql.
const (
	SQLChar SQLType = iota // SQL_C_CHAR: varchar(length)
	SQLDate                // SQL_C_DATE: char(8)
)

// DTType says how a column is filled from the data set and matched.
type DTType int

// DICOM types of dicom.sql.
const (
	DTStr           DTType = iota // text
	DTMStr                        // text with several values
	DTIStr                        // text, matched without regard to case
	DTDate                        // date, matched with ranges
	DTTime                        // time, matched as DTDate
	DTUInt16                      // binary number kept as decimal text
	DTUInt32                      // likewise
	DTUI                          // UID, matched with lists
	DTFL                          // binary number kept as decimal text
	DTFD                          // likewise
	DTStartSequence               // worklist: begin of a sequence, no column
	DTEndSequence                 // worklist: its end, no column
)

var sqlWords = []string{"SQL_C_CHAR", "SQL_C_DATE"}

var dtWords = []string{"DT_STR", "DT_MSTR", "DT_ISTR", "DT_DATE", "DT_TIME", "DT_UINT16", "DT_UINT32",
	"DT_UI", "DT_FL", "DT_FD", "DT_STARTSEQUENCE", "DT_ENDSEQUENCE"}

// String is the word used in dicom.sql.
func (t SQLType) String() string { return sqlWords[t] }

// String is the word used in dicom.sql.
func (t DTType) String() string { return dtWords[t] }

// Column is one row of a section of dicom.sql.
type Column struct {
	Group, Element uint16
	Name           string // cut to TruncateFieldNames
	Length         int    // capped to MaxFieldLength
	SQLType        SQLType
	DTType         DTType
	HL7            string // worklist only, e.g. "PID.5", "OBR.7.DATE", "*AN", "*UI", "---"

	line int // in the file, for Lint
}

// Sequence tells whether the row only documents nesting and is no column.
func (c Column) Sequence() bool { return c.DTType == DTStartSequence || c.DTType == DTEndSequence }

// Table is one section. Columns[0] is the unique key; the last one is the link
// to the level above (in the patient table just the last column).
type Table struct {
	Name    string // "Patient", "Study", "Series", "Image", "WorkList"
	Columns []Column
}

// Column finds a column by tag, leaving out sequence rows.
func (t *Table) Column(group, element uint16) (Column, bool) {
	for _, c := range t.Columns {
		if c.Group == group && c.Element == element && !c.Sequence() {
			return c, true
		}
	}
	return Column{}, false
}

// Schema is the database layout of dicom.sql.
type Schema struct {
	Patient, Study, Series, Image, WorkList Table

	NameLimit int // what column names are cut to, 0 = no limit

	unquoted []int  // lines of texts without closing quote
	unclosed string // the section in which the file ended
}

// Tables returns the five tables from patient to worklist.
func (s *Schema) Tables() []*Table {
	return []*Table{&s.Patient, &s.Study, &s.Series, &s.Image, &s.WorkList}
}

// SchemaOptions are the keys that shape a schema; see Config.SchemaOptions.
type SchemaOptions struct {
	TruncateFieldNames int // longest column name, 0 = no limit
	MaxFieldLength     int // cap of column lengths, 0 = none
}

// SchemaOptions returns TruncateFieldNames and MaxFieldLength.
func (c *Config) SchemaOptions() SchemaOptions {
	return SchemaOptions{c.TruncateFieldNames, c.MaxFieldLength}
}

// SchemaChoices are the options that a database may have been made with, the
// likely ones first. When TruncateFieldNames is absent, the original leaves the
// names whole if a Lua file starts with the program (autostart), and cuts them
// otherwise.
func (c *Config) SchemaChoices(autostart bool) []SchemaOptions {
	cut := c.SchemaOptions()
	if _, given := c.MainGet("TruncateFieldNames"); given {
		return []SchemaOptions{cut}
	}
	whole := cut
	whole.TruncateFieldNames = 0
	if autostart {
		return []SchemaOptions{whole, cut}
	}
	return []SchemaOptions{cut, whole}
}

// limited returns a copy of s with the limits applied.
func (s *Schema) limited(opt SchemaOptions) *Schema {
	n := *s
	n.NameLimit = opt.TruncateFieldNames
	for _, t := range n.Tables() {
		t.Columns = append([]Column(nil), t.Columns...)
		for i := range t.Columns {
			t.Columns[i].limit(opt)
		}
	}
	return &n
}

func (c *Column) limit(opt SchemaOptions) {
	if opt.TruncateFieldNames > 0 {
		c.Name = cutAt(c.Name, opt.TruncateFieldNames)
	}
	if opt.MaxFieldLength > 0 {
		c.Length = min(c.Length, opt.MaxFieldLength)
	}
}
