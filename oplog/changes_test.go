package oplog

import (
	"errors"
	"testing"
)

func TestLinesOfChanges(t *testing.T) {
	check(t, []golden{
		{"RemovingFiles", debug, "RemoveFiles 3 images", func(to *listener) { RemovingFiles(to, 3) }},
		{"RemovingObject", operator, "Removing object: [MAG0:123/1.dcm]", func(to *listener) { RemovingObject(to, "MAG0", "123/1.dcm") }},
		{"NotRemoved", operator, "***Could not remove IOD /data/123/1.dcm", func(to *listener) { NotRemoved(to, "/data/123/1.dcm") }},
		{"MirrorNotRemoved", operator, "***Could not remove mirror file /data/123/1.dcm", func(to *listener) { MirrorNotRemoved(to, "/data/123/1.dcm") }},
		{"RemovingEntries", debug, "RemoveFromPACS 3 image database entries", func(to *listener) { RemovingEntries(to, 3) }},
		{"RemovingImages", debug, "RemoveFromPACS 3 images", func(to *listener) { RemovingImages(to, 3) }},
		{"FileBeingRemoved", debug, "IOD File being removed: /data/123/1.dcm", func(to *listener) { FileBeingRemoved(to, "/data/123/1.dcm") }},
		{"RemovedFile", operator, "Removed file: [MAG0:123/1.dcm]", func(to *listener) { RemovedFile(to, "MAG0", "123/1.dcm") }},
		{"DeletingEntriesOfPatient", operator, "Deleting database entries for patient: P1", func(to *listener) { DeletingEntriesOfPatient(to, "P1") }},
		{"DeletingPatient", operator, "Deleting patient: P1", func(to *listener) { DeletingPatient(to, "P1") }},
		{"DeletingFrom", operator, "Deleting study from: 1.2.3", func(to *listener) { DeletingFrom(to, "study", "1.2.3") }},
		{"DeletingEntry", operator, "Deleting database entry for image: /data/123/1.dcm", func(to *listener) { DeletingEntry(to, "/data/123/1.dcm") }},
		{"DeletingEntries", operator, "Deleting database entries for study: 1.2.3", func(to *listener) { DeletingEntries(to, "study", "1.2.3") }},
		{"DeletingStudiesOf", operator, "Deleting studies on date: 20240131", func(to *listener) { DeletingStudiesOf(to, "20240131") }},
		{"DeletingFile", operator, "Deleting file: /data/123/1.dcm", func(to *listener) { DeletingFile(to, "/data/123/1.dcm") }},
		{"DeleteNotLoaded", operator, "***[DeleteImageFile] /data/123/1.dcm -FAILED: Error on Load", func(to *listener) { DeleteNotLoaded(to, "/data/123/1.dcm") }},
		{"NotConfirmed", operator, "*** not deleted: no route", func(to *listener) { NotConfirmed(to, errors.New("no route")) }},
		{"MergedUID", operator, "NewUID for merging patient = 1.2.3", func(to *listener) { MergedUID(to, "patient", "1.2.3") }},
		{"NewUID", debug, "NewUID for patient = 1.2.3", func(to *listener) { NewUID(to, "patient", "1.2.3") }},
		{"StagedUID", debug, "OldUID = old, Stage = stage, NewUID = 1.2.3", func(to *listener) { StagedUID(to, "old", "stage", "1.2.3") }},
		{"ReplacedUID", debug, "OldUID = old, NewUID = 1.2.3", func(to *listener) { ReplacedUID(to, "old", "1.2.3") }},
		{"UIDNotFound", operator, "***ChangeUIDBack: Unable to locate new UID", func(to *listener) { UIDNotFound(to) }},
		{"UIDNotFoundByScript", debug, "***ChangeUIDBack: Unable to locate new UID", func(to *listener) { UIDNotFoundByScript(to) }},
		{"MergeWithoutUIDs", operator, "***[MergeUIDofDDO -FAILED: image does not contain correct UIDs", func(to *listener) { MergeWithoutUIDs(to) }},
		{"MergeFailed", operator, "***[MergeUIDofDDO] -FAILED: could not change all UIDs", func(to *listener) { MergeFailed(to) }},
		{"MergeRejected", operator, "[MergeUIDofImageFile] /data/123/1.dcm script rejected merge", func(to *listener) { MergeRejected(to, "/data/123/1.dcm") }},
		{"ModifyEmptyID", operator, "***[ModifyPATIDofImageFile] Empty patient ID not allowed", func(to *listener) { ModifyEmptyID(to) }},
		{"ModifyNotLoaded", operator, "***[ModifyPATIDofImageFile] /data/123/1.dcm -FAILED: Error on Load", func(to *listener) { ModifyNotLoaded(to, "/data/123/1.dcm") }},
		{"ModifyRejected", operator, "[ModifyPATIDofImageFile] /data/123/1.dcm rejected by script", func(to *listener) { ModifyRejected(to, "/data/123/1.dcm") }},
		{"ModifyNotOnMAG", operator, "***File to Written file does not exist or is not on a MAG device", func(to *listener) { ModifyNotOnMAG(to, "Written file") }},
		{"ModifyNotEntered", operator, "***Error entering object into server: /data/123/1.dcm", func(to *listener) { ModifyNotEntered(to, "/data/123/1.dcm") }},
		{"Modified", operator, "Modified image: /data/123/1.dcm", func(to *listener) { Modified(to, "Modified", "/data/123/1.dcm") }},
		{"NewIDEmpty", operator, "***[ModifyPATIDofDDO] Empty patient ID not allowed", func(to *listener) { NewIDEmpty(to) }},
		{"NewIDWithoutUIDs", operator, "***[ModifyPATIDofDDO] -FAILED: image does not contain correct UIDs", func(to *listener) { NewIDWithoutUIDs(to) }},
		{"NewIDFailed", operator, "***[ModifyPATIDofDDO] -FAILED: could not change all UIDs", func(to *listener) { NewIDFailed(to) }},
		{"NewID", operator, "Modified patient ID to: P1", func(to *listener) { NewID(to, "P1") }},
		{"UIDNotChanged", operator, "***[NewUIDsInDICOMObject] FAILED to change tag (keyword)", func(to *listener) { UIDNotChanged(to, "tag", "keyword") }},
		{"ChangingUID", debug, "[NewUIDsInDICOMObject] changing tag (keyword)", func(to *listener) { ChangingUID(to, "tag", "keyword") }},
		{"ModifyNeedsNewUIDs", operator, "[modifyimage]: can't change patientID, study or series UID without using newuids", func(to *listener) { ModifyNeedsNewUIDs(to) }},
	})
}
