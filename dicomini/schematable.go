package dicomini

import "strings"

// The rows of the built-in layouts: tag, column, length, DICOM type; dates are
// SQL dates, everything else is text. A worklist row ends in its HL7 field.
const (
	patientRows = `
0010,0020 PatientID 64 DT_STR
0010,0010 PatientName 64 DT_STR
0010,0030 PatientBirthDate 8 DT_DATE
0010,0040 PatientSex 16 DT_STR`

	studyRows = `
0020,000d StudyInstanceUID 64 DT_UI
0008,0020 StudyDate 8 DT_DATE
0008,0030 StudyTime 16 DT_TIME
0020,0010 StudyID 16 DT_STR
0008,1030 StudyDescription 64 DT_STR
0008,0050 AccessionNumber 16 DT_STR
0008,0090 ReferPhysician 64 DT_STR
0010,1010 PatientsAge 16 DT_STR
0010,1030 PatientsWeight 16 DT_STR
0008,0061 StudyModality 64 DT_MSTR`

	seriesRows = `
0020,000e SeriesInstanceUID 64 DT_UI
0020,0011 SeriesNumber 12 DT_STR
0008,0021 SeriesDate 8 DT_DATE
0008,0031 SeriesTime 16 DT_TIME
0008,103e SeriesDescription 64 DT_STR
0008,0060 Modality 16 DT_STR
0018,5100 PatientPosition 16 DT_STR
0018,0010 ContrastBolusAgent 64 DT_STR
0008,0070 Manufacturer 64 DT_STR
0008,1090 ModelName 64 DT_STR
0018,0015 BodyPartExamined 64 DT_STR
0018,1030 ProtocolName 64 DT_STR
0008,1010 StationName 16 DT_STR
0008,0080 Institution 64 DT_STR
0020,0052 FrameOfReferenceUID 64 DT_UI
0010,0020 SeriesPat 64 DT_STR`

	imageRows = `
0008,0018 SOPInstanceUID 64 DT_UI
0008,0016 SOPClassUID 64 DT_UI
0020,0013 ImageNumber 12 DT_STR
0008,0023 ImageDate 8 DT_DATE
0008,0033 ImageTime 16 DT_TIME
0018,0086 EchoNumber 64 DT_MSTR
0028,0008 NumberOfFrames 12 DT_STR
0008,0022 AcqDate 8 DT_DATE
0008,0032 AcqTime 16 DT_TIME
0018,1250 ReceivingCoil 16 DT_STR
0020,0012 AcqNumber 12 DT_STR
0020,1041 SliceLocation 16 DT_STR
0028,0002 SamplesPerPixel 5 DT_UINT16
0028,0004 PhotoMetricInterpretation 16 DT_STR
0028,0010 QRows 5 DT_UINT16
0028,0011 QColumns 5 DT_UINT16
0028,0101 BitsStored 5 DT_UINT16
0008,0008 ImageType 128 DT_MSTR
0054,0400 ImageID 16 DT_STR
0010,0020 ImagePat 64 DT_STR`

	workListRows = `
0008,0050 AccessionNumber 16 DT_STR OBR.3
0010,0020 PatientID 64 DT_STR PID.4
0010,0010 PatientName 64 DT_STR PID.5
0010,0030 PatientBirthDate 8 DT_DATE PID.7
0010,0040 PatientSex 16 DT_STR PID.8
0010,2000 MedicalAlerts 64 DT_STR ---
0010,2110 ContrastAllergies 64 DT_STR ---
0020,000d StudyInstanceUID 64 DT_UI ---
0032,1032 ReqPhysician 64 DT_STR OBR.16
0032,1060 ReqProcDescription 64 DT_STR OBR.4.1
0040,0100 -------- 0 DT_STARTSEQUENCE ---
0008,0060 Modality 16 DT_STR OBR.21
0032,1070 ReqContrastAgent 64 DT_STR ---
0040,0001 ScheduledAE 16 DT_STR ---
0040,0002 StartDate 8 DT_DATE OBR.7.DATE
0040,0003 StartTime 16 DT_TIME OBR.7.TIME
0040,0006 PerfPhysician 64 DT_STR ---
0040,0007 SchedPSDescription 64 DT_STR ---
0040,0009 SchedPSID 16 DT_STR OBR.4
0040,0010 SchedStationName 16 DT_STR OBR.24
0040,0011 SchedPSLocation 16 DT_STR ---
0040,0012 PreMedication 64 DT_STR ---
0040,0400 SchedPSComments 64 DT_STR ---
0040,0100 --------- 0 DT_ENDSEQUENCE ---
0040,1001 ReqProcID 16 DT_STR OBR.4.0
0040,1003 ReqProcPriority 16 DT_STR OBR.27`
)

// DefaultSchema is the layout for SQL databases. A study repeats the patient's
// name, birth date and sex.
func DefaultSchema(opt SchemaOptions) *Schema {
	s := emptySchema()
	s.Patient.Columns = schemaRows(patientRows)
	s.Study.Columns = schemaRows(studyRows)
	s.Series.Columns = schemaRows(seriesRows)
	s.Image.Columns = schemaRows(imageRows)
	s.WorkList.Columns = schemaRows(workListRows)
	s.Study.repeat(&s.Patient, "PatientName", "PatientBirthDate", "PatientSex", "PatientID")
	s.Series.repeat(&s.Study, "StudyInstanceUID")
	s.Image.repeat(&s.Series, "SeriesInstanceUID")
	return s.limited(opt)
}

// DBaseSchema is the layout for the dBASE driver, which cannot join: series and
// image rows repeat columns of the levels above, before the link.
func DBaseSchema(opt SchemaOptions) *Schema {
	patient := []string{"PatientName", "PatientBirthDate", "PatientSex"}
	study := []string{"StudyDate", "StudyTime", "StudyID", "StudyDescription"}
	s := DefaultSchema(SchemaOptions{})
	s.Series.Columns = schemaRows(seriesRows)
	s.Image.Columns = schemaRows(imageRows)
	s.Series.repeat(&s.Patient, patient...)
	s.Series.repeat(&s.Study, append(study, "StudyInstanceUID")...)
	s.Image.repeat(&s.Patient, patient...)
	s.Image.repeat(&s.Study, append([]string{"StudyInstanceUID"}, study...)...)
	s.Image.repeat(&s.Series, "SeriesNumber", "SeriesDate", "SeriesTime", "SeriesDescription", "Modality",
		"PatientPosition", "FrameOfReferenceUID", "Manufacturer", "SeriesInstanceUID")
	return s.limited(opt)
}

// repeat adds columns of another table at the end.
func (t *Table) repeat(from *Table, names ...string) {
	for _, name := range names {
		for _, c := range from.Columns {
			if c.Name == name {
				t.Columns = append(t.Columns, c)
				break
			}
		}
	}
}

// schemaRows reads a table above.
func schemaRows(text string) []Column {
	var out []Column
	for line := range strings.Lines(strings.TrimSpace(text)) {
		w := strings.Fields(line)
		c := Column{
			Group:   uint16(schemaNumber("0x" + w[0][:4])),
			Element: uint16(schemaNumber("0x" + w[0][5:])),
			Name:    w[1],
			Length:  Atoi(w[2]),
			DTType:  DTType(indexOf(dtWords, w[3])),
		}
		if c.DTType == DTDate {
			c.SQLType = SQLDate
		}
		if len(w) > 4 {
			c.HL7 = w[4]
		}
		out = append(out, c)
	}
	return out
}
