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
	DTStr DTType = iota
	DTMStr
	DTIStr
	DTDate
	DTTime
	DTUInt16
	DTUInt32
	DTUI
	DTFL
	DTFD
	DTStartSequence
	DTEndSequence
)

// Column is one row of a section of dicom.sql.
type Column struct {
	Group, Element uint16
	Name           string // already cut to TruncateFieldNames
	Length         int    // already capped to MaxFieldLength
	SQLType        SQLType
	DTType         DTType
	HL7            string // worklist only, e.g. "PID.5", "OBR.7.DATE", "*AN", "*UI", "---"
}

// Table is one section. Columns[0] is the unique key; the last one is the link
// to the level above (patient: just the last column). DTStartSequence and
// DTEndSequence rows of the worklist are kept and are no columns.
type Table struct {
	Name    string // "Patient", "Study", "Series", "Image", "WorkList"
	Columns []Column
}

// Schema is the database layout of dicom.sql.
type Schema struct {
	Patient, Study, Series, Image, WorkList Table
}
