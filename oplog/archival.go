package oplog

// Devices: archival, regeneration, making space, the nightly work.

// InvalidDevice is written to the operator when a device of an archival
// operation is not in dicom.ini.
func InvalidDevice(log Operator, prefix, role, device string) {
	log.Operator("%s: *** invalid %s: %s", prefix, role, device)
}

// ArchivalStart is written to the operator when an archival option of the
// command line begins.
func ArchivalStart(log Operator) { log.Operator(" ---------- Start archival operation  -----------") }

// ArchivalEnd is written to the operator when an archival option of the command
// line has ended well.
func ArchivalEnd(log Operator) { log.Operator(" ---------- End of archival operation -----------") }

// ArchivalUnknown is written to the operator when there is no such archival
// option.
func ArchivalUnknown(log Operator) { log.Operator("Unknown archiving option") }

// RegenDevice is written to the operator when the index of one device is made
// anew.
func RegenDevice(log Operator, device string) { log.Operator("Regen single device: %s", device) }

// RegenFolders is written to the operator when the index of folders of a device
// is made anew.
func RegenFolders(log Operator, device string) {
	log.Operator("Regen folders on single device: %s", device)
}

// Regenerated is written to the operator when the index has been made anew.
func Regenerated(log Operator) { log.Operator("Regeneration Complete") }

// RegeneratedFolders is written to the operator when the index of folders has
// been made anew.
func RegeneratedFolders(log Operator) { log.Operator("Regeneration folders Complete") }

// RegenNotBegun is written to the operator when the index can not be made anew.
// The original has no such line.
func RegenNotBegun(log Operator, err error) { log.Operator("*** Regeneration not begun: %v", err) }

// RegenDatabase is written to the debug channel when the index is made anew.
func RegenDatabase(log Debug) { log.Debug("Regen Database") }

// RegenTables is written to the operator before the tables of the index are made
// anew.
func RegenTables(log Operator) { log.Operator("Step 1: Re-intialize SQL Tables") }

// RegenLoad is written to the operator before the objects of all devices are
// entered.
func RegenLoad(log Operator) { log.Operator("Step 2: Load / Add DICOM Object files") }

// RegenDirectory is written to the operator for each folder of a jukebox that is
// entered.
func RegenDirectory(log Operator, dir string) { log.Operator("Regen directory = %s", dir) }

// RegenNotAdded is written to the operator when the index did not take an
// object.
func RegenNotAdded(log Operator, path string) {
	log.Operator("***[Regen] %s -FAILED: Error SQL Add", path)
}

// RegenNotLoaded is written to the operator when a file on a device is no DICOM
// object.
func RegenNotLoaded(log Operator, path string) {
	log.Operator("***[Regen] %s -FAILED: Error on Load", path)
}

// RegenAdded is written to the operator for each object that was entered.
func RegenAdded(log Operator, path string) { log.Operator("[Regen] %s -SUCCESS", path) }

// SizeUnknown is written to the operator when a file to be archived is missing.
func SizeUnknown(log Operator, path string) {
	log.Operator("***Unable to determine size of file: '%s'", path)
}

// SizeOfFile is written to the debug channel for each file to be archived.
func SizeOfFile(log Debug, path string, kb int64) { log.Debug("%s = %d KB", path, kb) }

// TotalSize is written to the debug channel with the size of all files of a
// patient or series to be archived.
func TotalSize(log Debug, kb int) { log.Debug("Total Size = %d KB", kb) }

// JukeboxUsed is written to the operator when a jukebox device to be written to
// has objects.
func JukeboxUsed(log Operator, device string) {
	log.Operator("Archival: *** jukebox device has been used before: %s", device)
}

// NoPatientList is written to the operator when the index could not be asked for
// the patients of a device.
func NoPatientList(log Operator) { log.Operator("Archival: *** could not create patient list") }

// NothingToWrite is written to the operator when no patient is marked for the
// jukebox.
func NothingToWrite(log Operator) { log.Operator("Archival: Nothing to do") }

// WritingToCache is written to the operator when objects for a jukebox are
// gathered in its cache.
func WritingToCache(log Operator, dir string) {
	log.Operator("Archival: writing to cache-device: %s", dir)
}

// NoCacheSpace is written to the operator when no cache has room for the objects
// of a jukebox.
func NoCacheSpace(log Operator, kb int) {
	log.Operator("Archival: *** could not find cache drive with enough space (%d KB)", kb)
}

// CompareFailed is written to the operator when objects on a jukebox are not
// those of its cache.
func CompareFailed(log Operator, patient string) {
	log.Operator("Archival: *** error comparing data for patient: %s", patient)
}

// Compared is written to the operator when objects on a jukebox are those of its
// cache.
func Compared(log Operator, patient string) {
	log.Operator("Archival: verified jukebox data for patient: %s", patient)
}

// ComparingFiles is written to the debug channel before two files are compared.
func ComparingFiles(log Debug, one, other string) {
	log.Debug("Comparing files: %s and %s", one, other)
}

// ComparisonFailed is written to the operator when two files differ.
func ComparisonFailed(log Operator, one, other string) {
	log.Operator("***Comparison failed for files: %s and %s", one, other)
}

// CacheNotDeleted is written to the operator when files of a cache could not be
// deleted.
func CacheNotDeleted(log Operator, patient string) {
	log.Operator("Archival: *** error deleting cache data for patient: %s", patient)
}

// CacheDeleted is written to the operator when the files of a patient in a cache
// are deleted.
func CacheDeleted(log Operator, patient string) {
	log.Operator("Archival: deleted cache data for patient: %s", patient)
}

// MirrorDataNotDeleted is written to the operator when files of a mirror device
// could not be deleted.
func MirrorDataNotDeleted(log Operator, patient string) {
	log.Operator("Archival: *** error deleting mirror data for patient: %s", patient)
}

// MirrorDataDeleted is written to the operator when the files of a patient on a
// mirror device are deleted.
func MirrorDataDeleted(log Operator, patient string) {
	log.Operator("Archival: deleted mirror data for patient: %s", patient)
}

// DeletingCopy is written to the debug channel before a file that was archived
// is deleted.
func DeletingCopy(log Debug, path string) { log.Debug("Deleting file: %s", path) }

// CopyNotDeleted is written to the operator when a file that was archived could
// not be deleted.
func CopyNotDeleted(log Operator, path string) { log.Operator("***Unable to delete file: %s", path) }

// NotMAG is written to the operator when a device whose mirror shall be verified
// is none.
func NotMAG(log Operator, device string) {
	log.Operator("Archival: *** main device must be a MAG device: %s", device)
}

// TestingFile is written to the debug channel before a file is read as a test.
func TestingFile(log Debug, path string) { log.Debug("Testing file: %s", path) }

// TestReadFailed is written to the operator when a file could not be read.
func TestReadFailed(log Operator, path string, err error) {
	log.Operator("***Test read failed for file: %s (%v)", path, err)
}

// CheckFailed is written to the operator when a check of a patient's files has
// failed.
func CheckFailed(log Operator, what, patient string) {
	log.Operator("Archival: *** %s for patient: %s", what, patient)
}

// Checked is written to the operator when the files of a patient have passed a
// check.
func Checked(log Operator, what, patient string) {
	log.Operator("Archival: %s for patient: %s", what, patient)
}

// RunningOutOfSpace is written to the operator when the devices have less space
// than MAGDeviceThreshHold.
func RunningOutOfSpace(log Operator) { log.Operator("***ALERT: RUNNING OUT OF FREE SPACE") }

// CleanupStarts is written to the operator when patients are deleted to make
// space.
func CleanupStarts(log Operator) { log.Operator("Dgate is performing disk cleanup") }

// CleanupDeletes is written to the operator for each patient that is deleted to
// make space; where is empty or names a device.
func CleanupDeletes(log Operator, free, need int, where, patient string) {
	log.Operator("DISK SPACE: %d MB / NEED %d MB - Deleting patient%s: %s", free, need, where, patient)
}

// CleanupStops is written to the operator when no more patients can be deleted
// to make space.
func CleanupStops(log Operator, free, need int) {
	log.Operator("DISK SPACE: %d MB / NEED %d MB - but stopping", free, need)
}

// CacheLocated is written to the debug channel when the cache of a jukebox was
// found.
func CacheLocated(log Debug, dir string) { log.Debug("Located cache directory: %s", dir) }

// CacheNotLocated is written to the operator when a jukebox has no cache.
func CacheNotLocated(log Operator, jukebox string) {
	log.Operator("Archival: *** could not find cache directory for: %s", jukebox)
}

// CacheDeviceNotFound is written to the operator after CacheNotLocated.
func CacheDeviceNotFound(log Operator, jukebox string) {
	log.Operator("Archival: *** could not find cache device for: %s", jukebox)
}

// NotJukebox is written to the operator when objects shall be gathered for a
// device that is no jukebox.
func NotJukebox(log Operator, device string) {
	log.Operator("Archival: *** to-device (%s) should have been a JUKEBOX device", device)
}

// NoCDNumber is written to the operator when a jukebox device does not say which
// disk.
func NoCDNumber(log Operator, device string) {
	log.Operator("Archival: *** to-device (%s) has no CD number specified", device)
}

// NoList is written to the operator when the index could not be asked what to
// move.
func NoList(log Operator, prefix, kind string) {
	log.Operator("%s: *** could not create %s list", prefix, kind)
}

// NothingToMove is written to the operator when a device has nothing to move.
func NothingToMove(log Operator, prefix string) { log.Operator("%s: Nothing to do", prefix) }

// Moving is written to the operator when the objects of a device begin to move.
func Moving(log Operator, prefix string, megabytes int, dir string) {
	log.Operator("%s: moving %d MB to: %s", prefix, megabytes, dir)
}

// StepFailed is written to the operator when a step of a move has failed for a
// patient or series.
func StepFailed(log Operator, prefix, what, kind, name string) {
	log.Operator("%s: *** %s for %s: %s", prefix, what, kind, name)
}

// StepDone is written to the operator when a step of a move is done for a
// patient or series.
func StepDone(log Operator, prefix, what, kind, name string) {
	log.Operator("%s: %s for %s: %s", prefix, what, kind, name)
}

// NotDeleted is written to the operator when the files that were moved could not
// be deleted.
func NotDeleted(log Operator, prefix, kind, name string) {
	log.Operator("%s: *** error deleting data for %s: %s", prefix, kind, name)
}

// Copying is written to the debug channel before a file is copied to another
// device.
func Copying(log Debug, from, to string) { log.Debug("Copying file: %s to %s", from, to) }

// NotCopied is written to the operator when a file could not be copied to
// another device.
func NotCopied(log Operator, from, to string) {
	log.Operator("***Unable to copy file: %s to %s", from, to)
}

// NotYetCopied is written to the operator when a file would be deleted that has
// no copy.
func NotYetCopied(log Operator, path string) {
	log.Operator("***Attempt to delete file that was not copied: %s", path)
}

// DeviceNotSet is written to the operator when the index could not be told where
// moved objects are.
func DeviceNotSet(log Operator, prefix string) {
	log.Operator("%s: *** could not set new device name", prefix)
}

// MovedImage is written to the operator when a converter of devices has changed
// an object that moves.
func MovedImage(log Operator, path string) { log.Operator("Modified image: %s", path) }

// AlreadySelected is written to the operator when patients are still marked for
// a jukebox.
func AlreadySelected(log Operator) {
	log.Operator("Archival: *** Patients were already selected for archiving")
}

// PatientNotMarked is written to the operator when a patient could not be
// marked.
func PatientNotMarked(log Operator, patient string) {
	log.Operator("Archival: *** could not set device name to archiving for patient: %s", patient)
}

// PatientMarked is written to the operator when a patient is marked for a
// jukebox.
func PatientMarked(log Operator, patient string) {
	log.Operator("Archival: set archive flag for patient: %s", patient)
}

// PatientSize is written to the operator after PatientMarked.
func PatientSize(log Operator, kb int, patient string) {
	log.Operator("Archival: %6d KB will be written for patient: %s", kb, patient)
}

// NothingToMark is written to the operator when no patient is to be marked.
func NothingToMark(log Operator) { log.Operator("Archival: nothing to do") }

// TotalMarked is written to the operator when all patients for a jukebox are
// marked.
func TotalMarked(log Operator, kb int) { log.Operator("Archival: total archive amount: %d KB", kb) }

// NoSeriesList is written to the operator when the index could not be asked for
// the series of a device.
func NoSeriesList(log Operator) { log.Operator("Archival: *** could not create series list") }

// SeriesNotMarked is written to the operator when a series could not be marked.
func SeriesNotMarked(log Operator, series string) {
	log.Operator("Archival: *** could not set device name to archiving for series: %s", series)
}

// SeriesMarked is written to the operator when a series is marked for a jukebox.
func SeriesMarked(log Operator, series string) {
	log.Operator("Archival: set archive flag for series: %s", series)
}

// ResettingFlag is written to the operator for each device whose marks are taken
// away.
func ResettingFlag(log Operator, device string) {
	log.Operator("Resetting archive flag on device: %s", device)
}

// FlagNotReset is written to the operator when the marks of a device could not
// be taken away.
func FlagNotReset(log Operator, device string) {
	log.Operator("Archival: *** could not restore device name (DeviceName = '%s')", device)
}

// RowsNotRenamed is written to the operator when a device could not be renamed
// in the index.
func RowsNotRenamed(log Operator) { log.Operator("***Unable to update image records to new device") }

// DeviceNotRenamed is written to the operator after RowsNotRenamed.
func DeviceNotRenamed(log Operator, device string) {
	log.Operator("Archival: *** could not set new device name DeviceName = '%s'", device)
}

// DeviceRenamed is written to the operator when a device is renamed in the
// index.
func DeviceRenamed(log Operator, device string) {
	log.Operator("Archival: set new device name DeviceName = '%s'", device)
}

// LogsZipped is written to the operator when the log files of a day are packed.
func LogsZipped(log Operator, archive string) {
	log.Operator("Dgate zipped todays log files as: %s", archive)
}

// UpkeepStarted is written to the operator when the nightly work is scheduled.
func UpkeepStarted(log Operator) { log.Operator("Started zip and cleanup thread") }

// UpkeepStopped is written to the operator when the nightly work is not
// scheduled any more.
func UpkeepStopped(log Operator) { log.Operator("Stopped zip and cleanup thread") }
