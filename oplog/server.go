package oplog

// The server itself, the tools of the command line, and lines that others make.

// Line is written to the operator for lines that others make: what scripts
// print, errors of the database and lists.
func Line(log Operator, text string) { log.Operator("%s", text) }

// DebugLine is written to the debug channel for lines that others make: what
// scripts print for debugging, and dumps.
func DebugLine(log Debug, text string) { log.Debug("%s", text) }

// TroubleLine is written to the trouble log for lines of the index about objects
// that do not fit what it has.
func TroubleLine(log Trouble, text string) { log.Trouble("%s", text) }

// Problem is written to the operator when something failed and its error says
// how.
func Problem(log Operator, err error) { log.Operator("%v", err) }

// DebugProblem is written to the debug channel when something failed that the
// caller hears of by himself.
func DebugProblem(log Debug, err error) { log.Debug("%v", err) }

// Failure is written to the operator when a request could not be read or served.
func Failure(log Operator, err error) { log.Operator("***%v", err) }

// FailureOf is written to the operator when the index is damaged or has failed.
// The original has no such line.
func FailureOf(log Operator, err error) { log.Operator("*** %v", err) }

// Running is written to the operator when the server has started.
func Running(log Operator, version, build string, bits int) {
	log.Operator("DGATE (%s, build %s, bits %d) is running as threaded server", version, build, bits)
}

// DatabaseType is written to the operator after Running.
func DatabaseType(log Operator, name string) { log.Operator("Database type: %s", name) }

// HTTPFailed is written to the operator when the port for web clients can not be
// opened. The original has no such line.
func HTTPFailed(log Operator, err error) { log.Operator("***Failed to listen for HTTP: %v", err) }

// HTTPOnlyHere is written to the operator for each setting that lets HTTPPort be
// opened for this machine only. The original has no such line.
func HTTPOnlyHere(log Operator, why string) {
	log.Operator("***HTTP is opened for this machine only: %s", why)
}

// WebClients is written to the operator when the port for web clients is open.
// The original has no such line.
func WebClients(log Operator, address string) { log.Operator("Web clients: %s", address) }

// FirstSteps is written to the operator after WebClients, when the server has
// started on an archive that was just made. The original has no such line.
func FirstSteps(log Operator, pages, ae string, port int) {
	log.Operator("This archive is new: open %s in a browser, or send it images, for example with  storescu -aec %s 127.0.0.1 %d FILE.dcm", pages, ae, port)
}

// CreatingDatasource is written to the operator when the making of a data source
// for ODBC is asked for.
func CreatingDatasource(log Operator) { log.Operator("Creating data source") }

// DatasourceDriver is written to the operator after CreatingDatasource.
func DatasourceDriver(log Operator, driver string) { log.Operator("Driver = %s", driver) }

// DatasourceOptions is written to the operator after DatasourceDriver.
func DatasourceOptions(log Operator, options string) { log.Operator("Options = %s", options) }

// NoPicture is written to the debug channel when a command asks for a picture of an
// object that has none.
func NoPicture(log Debug, command string, err error) { log.Debug("%s: %v", command, err) }

// DatasourceFailed is written to the operator when the making of a data source for
// ODBC was asked for.
func DatasourceFailed(log Operator) { log.Operator("***Datasource configuration FAILED") }

// NoDatasource is written to the operator after DatasourceFailed. The original has
// no such line.
func NoDatasource(log Operator) {
	log.Operator("***No data source is needed: the drivers of databases are built in")
}

// Lint is written to the operator at start and after read_ini, for each remark
// about the configuration. The original has no such line.
func Lint(log Operator, remark string) { log.Operator("lint: %s", remark) }

// NoRights is written to the operator at start, when the first device can not be
// written to.
func NoRights(log Operator) { log.Operator("*** Not enough rights to write in MAG0") }

// DeviceCheck is written to the operator when the devices are listed (-d).
func DeviceCheck(log Operator) { log.Operator("** MAG DEVICE CHECK") }

// DeviceFree is written to the operator after DeviceCheck, for each device.
func DeviceFree(log Operator, n, megabytes int) {
	log.Operator("Free space on MAG   Device %d := %d MByte", n, megabytes)
}

// MapDump is written to the operator when acrnema.map is listed (-m).
func MapDump(log Operator) { log.Operator("**\tAE / IP-PORT Map dump") }

// SchemaDump is written to the operator when dicom.sql is listed (-s).
func SchemaDump(log Operator) { log.Operator("**\tDatabase Description dump") }

// SchemaTable is written to the operator after SchemaDump, for each table.
func SchemaTable(log Operator, table, name string) { log.Operator("--%s Database: %s", table, name) }

// Space is written to the operator between parts of a list.
func Space(log Operator) { log.Operator("") }

// TestOutput is written to the operator when the console is tested (-t).
func TestOutput(log Operator) {
	log.Operator("This output is generated by the dicom server application")
}

// TestCommunication is written to the operator after TestOutput.
func TestCommunication(log Operator) {
	log.Operator("If you can read this, the console communication is OK")
}

// TestDebug is written to the debug channel after TestCommunication.
func TestDebug(log Debug) { log.Debug("This is systemdebug output; can you read this ?") }

// TestEnded is written to the operator when a test of the command line has ended
// well.
func TestEnded(log Operator) { log.Operator(" ---------- Succesful end of test -----------") }

// TestDatabase is written to the operator for each round of the database test
// (-o).
func TestDatabase(log Operator, n, all int) {
	log.Operator("Attempting to open database; test #%d of %d", n, all)
}

// TestTable is written to the operator after TestDatabase.
func TestTable(log Operator) { log.Operator("Creating test table") }

// TestRecord is written to the operator after TestTable.
func TestRecord(log Operator) { log.Operator("Adding a record") }

// TestFailed is written to the operator when a round of the database test has
// failed. The original has no such line.
func TestFailed(log Operator) { log.Operator("***Failed database test") }

// TestDrop is written to the operator after TestRecord.
func TestDrop(log Operator) { log.Operator("Dropping test table") }

// TestClose is written to the operator after TestDrop.
func TestClose(log Operator) { log.Operator("Closing database") }

// DatabaseCreated is written to the operator when a database was made (-e).
func DatabaseCreated(log Operator) { log.Operator("succesfully created database and login") }

// InitializingTables is written to the operator when the tables of the index are
// made (-i).
func InitializingTables(log Operator) { log.Operator("Initializing Tables") }

// CreatingDatabase is written to the operator before a database is made (-e).
func CreatingDatabase(log Operator, name, user string) {
	log.Operator("Create Database: %s, user: %s, password: not shown", name, user)
}

// Dashes is written to the operator after CreatingDatabase.
func Dashes(log Operator) { log.Operator(" ----------------------------------") }

// MapNotLoaded is written to the operator when read_amap finds no file.
func MapNotLoaded(log Operator, file string) {
	log.Operator("***Error loading acr-nema map file:%s", file)
}

// BrowsePatient is written to the operator when browsepatient names a patient to
// programs that read the console.
func BrowsePatient(log Operator, id string) { log.Operator("Browse patient: %s", id) }

// FilterFailed is written to the operator when ExportFilter could not be tested.
func FilterFailed(log Operator) { log.Operator("***Filter: Unable to query for image record") }

// ProcessFailed is written to the debug channel when the program of process with
// has failed. The original has no such line.
func ProcessFailed(log Debug, err error) { log.Debug("process with: %v", err) }

// TempFileFailed is written to the debug channel when tempfile of a script has
// failed. The original has no such line.
func TempFileFailed(log Debug, err error) { log.Debug("tempfile: %v", err) }

// WADOFailed is written to the debug channel when a command for a picture has
// failed. The original has no such line.
func WADOFailed(log Debug, err error) { log.Debug("wado: %v", err) }

// ReadAgain is written to the operator when a client of the interface for
// programs has had dicom.ini and acrnema.map read again. The original has no such
// line.
func ReadAgain(log Operator) { log.Operator("Configuration and AE map read again") }
