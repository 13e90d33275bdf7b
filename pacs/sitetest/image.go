package sitetest

import (
	"fmt"

	"conquest/dicom"
)

// Image makes object n of a patient, a CT image of 32 by 32; more are tags with
// values.
func Image(patient string, n int, more ...any) *dicom.Dataset {
	ds := dicom.NewDataset(16)
	study := "1.2." + number(patient)
	for tag, v := range map[dicom.Tag]string{
		dicom.SOPClassUID: "1.2.840.10008.5.1.4.1.1.2", dicom.Modality: "CT",
		dicom.PatientID: patient, dicom.PatientName: "Name^" + patient,
		dicom.StudyInstanceUID: study, dicom.SeriesInstanceUID: study + ".1",
		dicom.SOPInstanceUID: fmt.Sprintf("%s.1.%d", study, n), dicom.StudyDate: "20200101",
		seriesDate: "20200101", dicom.InstanceNumber: fmt.Sprint(n), dicom.SeriesNumber: "1",
	} {
		ds.SetString(tag, v)
	}
	for i := 0; i+1 < len(more); i += 2 {
		ds.SetString(more[i].(dicom.Tag), more[i+1].(string))
	}
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: make([]byte, 2048)})
	ds.SetUint16(dicom.Rows, 32)
	ds.SetUint16(dicom.Columns, 32)
	ds.SetUint16(dicom.BitsAllocated, 16)
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	return ds
}

const seriesDate dicom.Tag = 0x00080021

// number is a number for a patient ID, always the same.
func number(s string) string {
	n := 7
	for i := range len(s) {
		n = (n*31 + int(s[i])) % 100000
	}
	return fmt.Sprint(n)
}
