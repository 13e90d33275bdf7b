package dicomweb

import (
	"slices"

	"conquest/dicom"
)

// Tags of answers that package dicom does not name.
const (
	tagInstanceAvailability dicom.Tag = 0x00080056
	tagTimezoneOffset       dicom.Tag = 0x00080201
	tagReferringPhysician   dicom.Tag = 0x00080090
	tagRetrieveURL          dicom.Tag = 0x00081190
	tagAvailableSyntax      dicom.Tag = 0x00083002
	tagStudySeries          dicom.Tag = 0x00201206
	tagStudyInstances       dicom.Tag = 0x00201208
	tagSeriesInstances      dicom.Tag = 0x00201209
	tagPatientStudies       dicom.Tag = 0x00201200
	tagStepStartDate        dicom.Tag = 0x00400244
	tagStepStartTime        dicom.Tag = 0x00400245
	tagRequestAttributes    dicom.Tag = 0x00400275
	tagContentSequence      dicom.Tag = 0x0040a730
)

// Attributes of the answers of each level (PS3.18 tables 10.6.3-3 to 10.6.3-5).
var (
	patientAttributes = []dicom.Tag{dicom.PatientName, dicom.PatientID, dicom.PatientBirthDate, dicom.PatientSex}
	studyAttributes   = append([]dicom.Tag{
		dicom.StudyDate, dicom.StudyTime, dicom.AccessionNumber, dicom.ModalitiesInStudy, tagReferringPhysician,
		dicom.StudyInstanceUID, dicom.StudyID,
	}, patientAttributes...)
	seriesAttributes = []dicom.Tag{
		dicom.Modality, dicom.SeriesDescription, dicom.SeriesInstanceUID, dicom.SeriesNumber,
		tagStepStartDate, tagStepStartTime, tagRequestAttributes,
	}
	instanceAttributes = []dicom.Tag{
		dicom.SOPClassUID, dicom.SOPInstanceUID, dicom.InstanceNumber, dicom.NumberOfFrames, dicom.Rows, dicom.Columns, dicom.BitsAllocated,
	}
)

// imageAttributes are in answers about images only.
var imageAttributes = []dicom.Tag{dicom.NumberOfFrames, dicom.Rows, dicom.Columns, dicom.BitsAllocated}

// attributesOf are those that an answer of a level has by itself, when parent is
// the level of the address above it, or -1: without parents their attributes are
// told too (PS3.18 section 10.6.3.3).
func attributesOf(level, parent Level) []dicom.Tag {
	var list []dicom.Tag
	switch level {
	case Patients:
		return patientAttributes
	case Studies:
		return studyAttributes
	case Series:
		list = append(list, seriesAttributes...)
	case Instances:
		list = append(list, instanceAttributes...)
		if parent < Series {
			list = append(list, seriesAttributes...)
		} else {
			list = append(list, dicom.SeriesInstanceUID)
		}
	}
	if parent < Studies {
		return append(list, studyAttributes...)
	}
	return append(list, dicom.StudyInstanceUID)
}

// uidTag is the attribute that rows of a level are known by.
func uidTag(level Level) dicom.Tag {
	return [...]dicom.Tag{dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID}[level]
}

// made are attributes that the service itself puts into answers.
var made = []dicom.Tag{
	dicom.SpecificCharacterSet, dicom.RetrieveAETitle, tagInstanceAvailability, tagRetrieveURL, tagAvailableSyntax,
	tagStudySeries, tagStudyInstances, tagSeriesInstances, tagPatientStudies,
}

func isMade(t dicom.Tag) bool { return slices.Contains(made, t) }
