package oplog

// Objects that come in, by whatever way, and what is printed.

// WrittenFile is written to the operator when an object has its file; word is
// Written file, Rewritten file or what the way of the object is called.
func WrittenFile(log Operator, word, path string) { log.Operator("%s: %s", word, path) }

// VirtualFile is written to the operator when an object of a virtual server is
// entered without a file here.
func VirtualFile(log Operator, file string) { log.Operator("Virtual file: %s", file) }

// WritingFailed is written to the operator when the file of an object could not
// be written.
func WritingFailed(log Operator, path string) { log.Operator("***Error writing file: %s", path) }

// SQLFailed is written to the operator when the index did not take an object.
func SQLFailed(log Operator, file string) { log.Operator("***Error saving to SQL: %s", file) }

// StoringAgain is written to the operator when the rule for rejected images has
// an object stored once more.
func StoringAgain(log Operator) { log.Operator("Retrying storing rejected image") }

// FileExists is written to the operator when an object comes again.
func FileExists(log Operator, file string) { log.Operator("File already exists: %s", file) }

// NotOnMAG is written to the operator when an object comes again whose file lies
// on a device that is not written to.
func NotOnMAG(log Operator) { log.Operator("Cannot rewrite image that is not on MAG store") }

// MissingElement is written to the operator for each name of the index that an
// object lacks.
func MissingElement(log Operator, name string) { log.Operator("No %s", name) }

// WithoutWorklist is written to the operator when WorkListMode 2 or 3 refuses an
// object. The original has no such line.
func WithoutWorklist(log Operator, accession string) {
	log.Operator("***Refused object without worklist entry: accession number '%s'", accession)
}

// PlainForFile is written to the operator when an object in the private
// compression gets a file that is no .v2.
func PlainForFile(log Operator, path string) {
	log.Operator("SaveToDisk: *** warning: cannot write NKI compressed in dcm format, decompressing: %s", path)
}

// CanNotRewrite is written to the operator when a compressed object gets a .v2
// file.
func CanNotRewrite(log Operator, path string) {
	log.Operator("SaveToDisk: cannot rewrite jpeg/rle image in v2 format: %s", path)
}

// FrameNotExtracted is written to the debug channel when a frame of an object
// could not be taken out. The original has no such line.
func FrameNotExtracted(log Debug, frame int, err error) {
	log.Debug("frame %d not extracted: %v", frame, err)
}

// FreeSpace is written to the debug channel when the free space of a folder was
// looked at, in MByte.
func FreeSpace(log Debug, free int, dir string) { log.Debug("FreeStore Left %d on %s", free, dir) }

// Monitoring is written to the operator when the folder of incoming files is
// watched.
func Monitoring(log Operator, dir string) { log.Operator("Monitoring for files in: %s", dir) }

// AlsoMonitoring is written to the operator when WatchFolder is watched.
func AlsoMonitoring(log Operator, dir string) { log.Operator("Also monitoring for files in: %s", dir) }

// HL7NotOpened is written to the operator when a dropped HL7 file can not be
// read.
func HL7NotOpened(log Operator, path string) {
	log.Operator("*** [AddImageFile] could not open HL7 file: %s", path)
}

// HL7Loaded is written to the operator when a dropped HL7 file was entered in
// the worklist.
func HL7Loaded(log Operator, path string) { log.Operator("[AddImageFile] loaded HL7 file: %s", path) }

// AddNotLoaded is written to the operator when a file to be added is no DICOM
// object.
func AddNotLoaded(log Operator, path string) {
	log.Operator("***[AddImageFile] %s -FAILED: Error on Load", path)
}

// AddWithoutUIDs is written to the operator when a file to be added lacks UIDs.
func AddWithoutUIDs(log Operator, path string) {
	log.Operator("***[AddImageFile] %s -FAILED: file does not contain correct UIDs", path)
}

// AddNotEntered is written to the operator when a file to be added was not
// stored.
func AddNotEntered(log Operator, path string) {
	log.Operator("***[AddImageFile] Error entering object into server: %s", path)
}

// AddNotChanged is written to the operator when a file to be added could not get
// another patient ID.
func AddNotChanged(log Operator, path string) {
	log.Operator("***[AddImageFile] Error changing patient ID for file: %s", path)
}

// AddedFile is written to the operator when an object was stored by a command.
func AddedFile(log Operator, path string) { log.Operator("Added file: %s", path) }

// TestFile is written to the operator when testcompress has stored an object as it is.
func TestFile(log Operator, path, syntax string) {
	log.Operator("Added file: %s (filename syntax %s)", path, syntax)
}

// TestFileCompressed is written to the operator when testcompress has stored an object
// that was compressed.
func TestFileCompressed(log Operator, path, compression, syntax string) {
	log.Operator("Added file: %s (compression %s, syntax %s)", path, compression, syntax)
}

// AttachNotLoaded is written to the operator when a file to be attached is no
// DICOM object.
func AttachNotLoaded(log Operator, path string) {
	log.Operator("***[AttachFile] %s -FAILED: Error on Load (input) ", path)
}

// AttachRejected is written to the operator when the script of attachfile
// destroys an object.
func AttachRejected(log Operator, path string) {
	log.Operator("[AttachFile] %s rejected by script", path)
}

// AttachNotEntered is written to the operator when a file to be attached was not
// stored.
func AttachNotEntered(log Operator, path string) {
	log.Operator("***[AttachFile] Error entering object into server: %s", path)
}

// Attached is written to the operator when attachfile has stored an object.
func Attached(log Operator, path string) { log.Operator("Attached image: %s", path) }

// AttachSampleFailed is written to the operator when the object that others are
// attached to can not be read.
func AttachSampleFailed(log Operator, command, file, sample string) {
	log.Operator("***[%s] %s -FAILED: Error on Load (%s)", command, file, sample)
}

// AttachedTo is written to the operator when an object was attached to another;
// done names the command.
func AttachedTo(log Operator, done, file string) { log.Operator("%s: %s", done, file) }

// CompressionNotLoaded is written to the operator when the file of testcompress
// can not be read.
func CompressionNotLoaded(log Operator, path string) {
	log.Operator("***[TestCompress] %s -FAILED: Error on Load", path)
}

// RecompressNotLoaded is written to the operator when a file to be recompressed
// can not be read.
func RecompressNotLoaded(log Operator, path string) {
	log.Operator("***[recompressFile] %s -FAILED: Error on Load", path)
}

// RecompressUnknown is written to the operator when a file is to be recompressed
// to something that there is not. The original has no such line.
func RecompressUnknown(log Operator, path, code string) {
	log.Operator("***[recompressFile] %s -FAILED: unknown compression %s", path, code)
}

// RecompressFailed is written to the operator when a file could not be
// recompressed. The original has no such line.
func RecompressFailed(log Operator, path string) {
	log.Operator("***[recompressFile] %s -FAILED: Error on recompress", path)
}

// PrintFile is written to the operator when an image of a print job was written.
func PrintFile(log Operator, path string) { log.Operator("Print file: %s", path) }

// FilmFile is written to the operator when a page of a print job was written.
// The original has no such line.
func FilmFile(log Operator, path string) { log.Operator("Film file: %s", path) }

// GettingPrinter is written to the operator when a print client asks for the
// printer.
func GettingPrinter(log Operator) { log.Operator("getting Printer") }

// PrinterEvent is written to the operator when a print client sends an event of
// the printer.
func PrinterEvent(log Operator) { log.Operator("N-event Printer") }

// CreatingFilmSession is written to the operator when a print client opens a
// film session.
func CreatingFilmSession(log Operator) { log.Operator("Creating Basic Film Session") }

// DeletingFilmSession is written to the operator when a print client ends a film
// session.
func DeletingFilmSession(log Operator) { log.Operator("Deleting Basic Film Session") }

// PrintingFilmSession is written to the operator when a print client has a film
// session printed.
func PrintingFilmSession(log Operator) { log.Operator("Printing Basic Film Session") }

// SetFilmSession is written to the operator when a print client changes a film
// session.
func SetFilmSession(log Operator) { log.Operator("Set Basic Film Session") }

// CreatingFilmBox is written to the operator when a print client makes a page.
func CreatingFilmBox(log Operator, images int, layout string, film int) {
	log.Operator("Creating Basic Film Box with %d Image boxes - %s - Film# %d", images, layout, film)
}

// DeletingFilmBox is written to the operator when a print client removes a page.
func DeletingFilmBox(log Operator) { log.Operator("Deleting Basic Film Box") }

// PrintingFilmBox is written to the operator when a print client has a page
// printed.
func PrintingFilmBox(log Operator) { log.Operator("Printing Basic Film Box") }

// SetFilmBox is written to the operator when a print client changes a page.
func SetFilmBox(log Operator) { log.Operator("Set Basic Film Box") }

// AddedName is written to the debug channel when an object without patient name
// gets one.
func AddedName(log Debug) { log.Debug("Fiximage: Added patient name") }

// AddedID is written to the debug channel when an object without patient ID gets
// one.
func AddedID(log Debug) { log.Debug("Fiximage: Added patient ID") }

// TruncatedID is written to the debug channel when a patient ID ends in several
// spaces.
func TruncatedID(log Debug, spaces int) {
	log.Debug("Fiximage: truncated %d trailing spaces from patient ID", spaces)
}

// FixedID is written to the debug channel when an empty patient ID is replaced.
func FixedID(log Debug) { log.Debug("Fiximage: Fixed empty patient ID") }

// EmptyID is written to the operator when an object without patient ID belongs
// to a study that has one.
func EmptyID(log Operator, id string) {
	log.Operator("Empty patient ID in object, but database will use: %s", id)
}

// Truncated is written to the operator when a value is longer than its column;
// stars is empty when AllowTruncate names the column.
func Truncated(log Operator, stars, column string, length, width int, file string) {
	log.Operator("%sTruncated %s from %d to %d chars in file: %s", stars, column, length, width, file)
}

// InconsistentBirthDate is written to the operator when an object has another
// birth date than the patient in the index.
func InconsistentBirthDate(log Operator, column, table, patient, key, was, is string) {
	log.Operator("***Inconsistent %s in %s: PatientID = '%s' %s, Old='%s', New='%s'", column, table, patient, key, was, is)
}

// Inconsistent is written to the trouble log when a value of an object is not
// that of the index.
func Inconsistent(log Trouble, column, table, patient, key, was, is string) {
	log.Trouble("Inconsistent %s in %s: PatientID = '%s' %s, Old='%s', New='%s'", column, table, patient, key, was, is)
}
