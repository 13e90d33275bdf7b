package oplog

// Queries, the index that answers them, virtual servers and the worklist.

// SearchLevel is written to the operator when a C-FIND begins.
func SearchLevel(log Operator, model, level string) {
	log.Operator("(%s) search level: %s", model, level)
}

// Located is written to the operator when a C-FIND has ended.
func Located(log Operator, model string, n int) {
	log.Operator("C-Find (%s) located %d records", model, n)
}

// QueryOn is written to the debug channel when the index is searched; table is
// Patient, Study, Series, Image or Modality WorkList.
func QueryOn(log Debug, table string) { log.Debug("Query On %s", table) }

// Records is written to the debug channel after QueryOn, with the rows that were
// found.
func Records(log Debug, n int) { log.Debug("Records = %d", n) }

// NotInDatabase is written to the debug channel for each element of a query that
// has no column.
func NotInDatabase(log Debug, group, element uint16) {
	log.Debug("Queried item %4.4x %4.4x is not in the database", group, element)
}

// RowsAreIn is written to the debug channel when the character set of a MySQL
// index has been found. The original has no such line.
func RowsAreIn(log Debug, charset string) {
	log.Debug("MySQLCharset = auto: the rows are in %s", charset)
}

// NamesNotSampled is written to the debug channel when the character set of a
// MySQL index could not be found in its rows. The original has no such line.
func NamesNotSampled(log Debug, err error) { log.Debug("sample of names not read: %v", err) }

// IndexNotMade is written to the debug channel when an index of a table can not
// be made, which makes searches slower. The original has no such line.
func IndexNotMade(log Debug, name string, err error) { log.Debug("index %s not made: %v", name, err) }

// DatabaseLost is written to the operator when the database does not answer any
// more. The original has no such line.
func DatabaseLost(log Operator, name, why string) {
	log.Operator("*** database %s is not reachable, work waits for it: %s", name, why)
}

// DatabaseFound is written to the operator when the database answers again. The
// original has no such line.
func DatabaseFound(log Operator, name string, seconds int) {
	log.Operator("database %s is reachable again, after %d s", name, seconds)
}

// IndexLocked is written to the operator when a program holds the lock of an
// SQLite index. The original has no such line.
func IndexLocked(log Operator, changes int) {
	log.Operator("*** the index is locked by another program, %d changes wait", changes)
}

// DBaseIndexing is written to the operator when the index of a dBASE table is
// made, at start.
func DBaseIndexing(log Operator, field int, file string, records int) {
	log.Operator("Creating index on field %d for %s with %d records", field, file, records)
}

// DBaseIndexed is written to the operator after DBaseIndexing.
func DBaseIndexed(log Operator, file string, ms int64, space int) {
	log.Operator("Index for %s finished in %d ms; total space = %d records", file, ms, space)
}

// DBaseSlow is written to the operator when a search of a dBASE table took
// longer than a second.
func DBaseSlow(log Operator, file string, ms int64) {
	log.Operator("Indexed query in %s took long: %d ms", file, ms)
}

// VirtualNoConnection is written to the operator when a virtual server can not
// be asked.
func VirtualNoConnection(log Operator, ae string) {
	log.Operator("*** Virtual query - failed to connect for C-FIND to %s", ae)
}

// VirtualAnswering is written to the debug channel when a virtual server
// answers.
func VirtualAnswering(log Debug, ae string) {
	log.Debug("Virtualquery: processing response from server: %s", ae)
}

// VirtualDuplicates is written to the debug channel when answers of several
// servers have been merged.
func VirtualDuplicates(log Debug, removed, all int) {
	log.Debug("Virtualquery: removed %d duplicates out of %d entries", removed, all)
}

// VirtualFixKodak is written to the operator when a virtual server has FIXKODAK
// without the key of that name.
func VirtualFixKodak(log Operator, ae string) {
	log.Operator("*** Virtual query - FIXKODAK is set for server %s but FixKodak is not set in dicom.ini", ae)
}

// VirtualDateWildcard is written to the operator when a query for all dates is
// kept from a virtual server.
func VirtualDateWildcard(log Operator, ae string) {
	log.Operator("Virtual query - blocked wildcard date query to %s", ae)
}

// VirtualTypeFix is written to the operator when answers of a virtual server did
// not fit the image type that was asked for.
func VirtualTypeFix(log Operator, removed int) {
	log.Operator("IMAGETYPEFIX removed %d incorrect query results", removed)
}

// VirtualComputed is written to the debug channel when answers of a virtual
// server can not be cached.
func VirtualComputed(log Debug, server string) {
	log.Debug("VirtualQueryCached: %s does not provide computed fields - cannot cache", server)
}

// VirtualCacheRead is written to the debug channel when answers of a virtual
// server come from the cache.
func VirtualCacheRead(log Debug, n int, server, file string) {
	log.Debug("VirtualQueryCached: read %d cache records for %s from %s.result.dcm", n, server, file)
}

// VirtualCacheStored is written to the debug channel when answers of a virtual
// server go into the cache.
func VirtualCacheStored(log Debug, n int, server, file string) {
	log.Debug("VirtualQueryCached: stored %d cache records for %s in %s.result.dcm", n, server, file)
}

// VirtualAdded is written to the debug channel when an object of a virtual
// server is entered in the index.
func VirtualAdded(log Debug, ae, file string) { log.Debug("Virtual query (%s) added - %s", ae, file) }

// Cloning is written to the operator for each patient of clone_db.
func Cloning(log Operator, patient string) { log.Operator("cloning db for patient id=%s", patient) }

// Cloned is written to the operator when clone_db has ended.
func Cloned(log Operator) { log.Operator("clone db done") }

// HL7Item is written to the debug channel for each field of an HL7 message.
func HL7Item(log Debug, kind, contents string) {
	log.Debug("HL7 item: %s, contents: %s", kind, contents)
}

// WorklistFields is written to the debug channel when a row of the worklist is
// entered.
func WorklistFields(log Debug, names string) {
	log.Debug("Entering modality worklist fields: %s", names)
}
