package oplog

// Deleting, merging and modifying what is stored.

// RemovingFiles is written to the debug channel before objects that a selection
// names are deleted.
func RemovingFiles(log Debug, images int) { log.Debug("RemoveFiles %d images", images) }

// RemovingObject is written to the operator before an object of a virtual server
// or of a selection is removed.
func RemovingObject(log Operator, device, file string) {
	log.Operator("Removing object: [%s:%s]", device, file)
}

// NotRemoved is written to the operator when the file of an object could not be
// deleted.
func NotRemoved(log Operator, path string) { log.Operator("***Could not remove IOD %s", path) }

// MirrorNotRemoved is written to the operator when the mirror copy of an object
// could not be deleted.
func MirrorNotRemoved(log Operator, path string) {
	log.Operator("***Could not remove mirror file %s", path)
}

// RemovingEntries is written to the debug channel before rows of the index are
// removed and their files kept.
func RemovingEntries(log Debug, entries int) {
	log.Debug("RemoveFromPACS %d image database entries", entries)
}

// RemovingImages is written to the debug channel before an object is removed
// with its file.
func RemovingImages(log Debug, images int) { log.Debug("RemoveFromPACS %d images", images) }

// FileBeingRemoved is written to the debug channel before the file of an object
// is deleted.
func FileBeingRemoved(log Debug, path string) { log.Debug("IOD File being removed: %s", path) }

// RemovedFile is written to the operator when the file of an object is deleted
// or replaced.
func RemovedFile(log Operator, device, file string) {
	log.Operator("Removed file: [%s:%s]", device, file)
}

// DeletingEntriesOfPatient is written to the operator when deletepatientfromdb
// begins.
func DeletingEntriesOfPatient(log Operator, id string) {
	log.Operator("Deleting database entries for patient: %s", id)
}

// DeletingPatient is written to the operator when deletepatient begins.
func DeletingPatient(log Operator, id string) { log.Operator("Deleting patient: %s", id) }

// DeletingFrom is written to the operator when deletestudy, deleteseries or
// deleteimage begins.
func DeletingFrom(log Operator, level, key string) { log.Operator("Deleting %s from: %s", level, key) }

// DeletingEntry is written to the operator when the row of one object is
// removed.
func DeletingEntry(log Operator, path string) {
	log.Operator("Deleting database entry for image: %s", path)
}

// DeletingEntries is written to the operator when deletestudyfromdb or
// deleteseriesfromdb begins.
func DeletingEntries(log Operator, level, key string) {
	log.Operator("Deleting database entries for %s: %s", level, key)
}

// DeletingStudiesOf is written to the operator when deletestudies begins.
func DeletingStudiesOf(log Operator, date string) { log.Operator("Deleting studies on date: %s", date) }

// DeletingFile is written to the operator when the file that a modified object
// had is deleted.
func DeletingFile(log Operator, path string) { log.Operator("Deleting file: %s", path) }

// DeleteNotLoaded is written to the operator when the file of deleteimagefile
// can not be read.
func DeleteNotLoaded(log Operator, path string) {
	log.Operator("***[DeleteImageFile] %s -FAILED: Error on Load", path)
}

// NotConfirmed is written to the operator when a command would delete more than
// it was confirmed for. The original has no such line.
func NotConfirmed(log Operator, err error) { log.Operator("*** not deleted: %v", err) }

// MergedUID is written to the operator when merge has been told which UID the
// merged objects get.
func MergedUID(log Operator, kind, uid string) { log.Operator("NewUID for merging %s = %s", kind, uid) }

// NewUID is written to the debug channel when a UID gets a new one.
func NewUID(log Debug, kind, uid string) { log.Debug("NewUID for %s = %s", kind, uid) }

// StagedUID is written to the debug channel after NewUID, when a table of UIDs
// is kept for a stage.
func StagedUID(log Debug, old, stage, uid string) {
	log.Debug("OldUID = %s, Stage = %s, NewUID = %s", old, stage, uid)
}

// ReplacedUID is written to the debug channel after NewUID, and when a UID is
// changed back.
func ReplacedUID(log Debug, old, uid string) { log.Debug("OldUID = %s, NewUID = %s", old, uid) }

// UIDNotFound is written to the operator when changeuidback meets a UID that
// this server has not made.
func UIDNotFound(log Operator) { log.Operator("***ChangeUIDBack: Unable to locate new UID") }

// UIDNotFoundByScript is written to the debug channel when changeuidback of a
// script meets a UID that this server has not made.
func UIDNotFoundByScript(log Debug) { log.Debug("***ChangeUIDBack: Unable to locate new UID") }

// MergeWithoutUIDs is written to the operator when an object to be merged lacks
// UIDs.
func MergeWithoutUIDs(log Operator) {
	log.Operator("***[MergeUIDofDDO -FAILED: image does not contain correct UIDs")
}

// MergeFailed is written to the operator when an object could not be merged.
func MergeFailed(log Operator) { log.Operator("***[MergeUIDofDDO] -FAILED: could not change all UIDs") }

// MergeRejected is written to the operator when MergeConverter0 destroys an
// object.
func MergeRejected(log Operator, path string) {
	log.Operator("[MergeUIDofImageFile] %s script rejected merge", path)
}

// ModifyEmptyID is written to the operator when stored objects shall get an
// empty patient ID.
func ModifyEmptyID(log Operator) {
	log.Operator("***[ModifyPATIDofImageFile] Empty patient ID not allowed")
}

// ModifyNotLoaded is written to the operator when an object to be modified can
// not be read.
func ModifyNotLoaded(log Operator, path string) {
	log.Operator("***[ModifyPATIDofImageFile] %s -FAILED: Error on Load", path)
}

// ModifyRejected is written to the operator when the script of a modification
// destroys an object.
func ModifyRejected(log Operator, path string) {
	log.Operator("[ModifyPATIDofImageFile] %s rejected by script", path)
}

// ModifyNotOnMAG is written to the operator when an object to be modified or
// merged has no file that may be changed.
func ModifyNotOnMAG(log Operator, word string) {
	log.Operator("***File to %s does not exist or is not on a MAG device", word)
}

// ModifyNotEntered is written to the operator when a modified object was not
// stored.
func ModifyNotEntered(log Operator, path string) {
	log.Operator("***Error entering object into server: %s", path)
}

// Modified is written to the operator when a changed object is stored; done is
// Modified or Merged.
func Modified(log Operator, done, path string) { log.Operator("%s image: %s", done, path) }

// NewIDEmpty is written to the operator when an object shall get an empty
// patient ID.
func NewIDEmpty(log Operator) { log.Operator("***[ModifyPATIDofDDO] Empty patient ID not allowed") }

// NewIDWithoutUIDs is written to the operator when an object that shall get
// another patient ID lacks UIDs.
func NewIDWithoutUIDs(log Operator) {
	log.Operator("***[ModifyPATIDofDDO] -FAILED: image does not contain correct UIDs")
}

// NewIDFailed is written to the operator when an object could not get new UIDs
// with its patient ID.
func NewIDFailed(log Operator) {
	log.Operator("***[ModifyPATIDofDDO] -FAILED: could not change all UIDs")
}

// NewID is written to the operator when an object has another patient ID.
func NewID(log Operator, id string) { log.Operator("Modified patient ID to: %s", id) }

// UIDNotChanged is written to the operator when a UID of an object could not be
// changed.
func UIDNotChanged(log Operator, tag, keyword string) {
	log.Operator("***[NewUIDsInDICOMObject] FAILED to change %s (%s)", tag, keyword)
}

// ChangingUID is written to the debug channel for each UID of an object that is
// changed.
func ChangingUID(log Debug, tag, keyword string) {
	log.Debug("[NewUIDsInDICOMObject] changing %s (%s)", tag, keyword)
}

// ModifyNeedsNewUIDs is written to the operator when modifyimage names an
// identifier without newuids.
func ModifyNeedsNewUIDs(log Operator) {
	log.Operator("[modifyimage]: can't change patientID, study or series UID without using newuids")
}
