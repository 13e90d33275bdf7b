package delayed

import (
	"conquest/dicom"
	"conquest/dimse"
	"conquest/scripting"
)

// Identifier is what a command selects, and the C-MOVE model for it.
func Identifier(d scripting.Delayed) (keys *dicom.Dataset, root string) {
	keys = dicom.NewDataset(10)
	root = dimse.StudyRootMove
	level := "PATIENT"
	switch {
	case d.SOP != "" || d.ImageType != "":
		level = "IMAGE"
	case d.Modality != "" || d.Date != "" || d.SeriesUID != "" || d.SeriesDesc != "":
		level = "SERIES"
	case d.StudyUID != "":
		level = "STUDY"
	default:
		root = dimse.PatientRootMove
	}
	keys.SetString(dicom.QueryRetrieveLevel, level)
	keys.SetString(dicom.PatientID, d.PatientID)
	for _, k := range []struct {
		tag   dicom.Tag
		value string
	}{
		{dicom.StudyInstanceUID, d.StudyUID}, {dicom.SeriesInstanceUID, d.SeriesUID}, {dicom.SOPInstanceUID, d.SOP},
		{dicom.Modality, d.Modality}, {dicom.StudyDate, d.Date}, {tagImageType, d.ImageType}, {dicom.SeriesDescription, d.SeriesDesc},
	} {
		if k.value != "" {
			keys.SetString(k.tag, k.value)
		}
	}
	return keys, root
}

const tagImageType dicom.Tag = 0x00080008
