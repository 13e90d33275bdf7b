package dicom

// Tags that code has to name; the dictionary knows all.
const (
	FileMetaInformationGroupLength Tag = 0x00020000
	MediaStorageSOPClassUID        Tag = 0x00020002
	MediaStorageSOPInstanceUID     Tag = 0x00020003
	TransferSyntaxUID              Tag = 0x00020010
	SpecificCharacterSet           Tag = 0x00080005
	SOPClassUID                    Tag = 0x00080016
	SOPInstanceUID                 Tag = 0x00080018
	StudyDate                      Tag = 0x00080020
	StudyTime                      Tag = 0x00080030
	AccessionNumber                Tag = 0x00080050
	QueryRetrieveLevel             Tag = 0x00080052
	RetrieveAETitle                Tag = 0x00080054
	Modality                       Tag = 0x00080060
	ModalitiesInStudy              Tag = 0x00080061
	StationName                    Tag = 0x00081010
	StudyDescription               Tag = 0x00081030
	SeriesDescription              Tag = 0x0008103e
	ReferencedSOPClassUID          Tag = 0x00081150
	ReferencedSOPInstanceUID       Tag = 0x00081155
	PatientName                    Tag = 0x00100010
	PatientID                      Tag = 0x00100020
	PatientBirthDate               Tag = 0x00100030
	PatientSex                     Tag = 0x00100040
	StudyInstanceUID               Tag = 0x0020000d
	SeriesInstanceUID              Tag = 0x0020000e
	StudyID                        Tag = 0x00200010
	SeriesNumber                   Tag = 0x00200011
	InstanceNumber                 Tag = 0x00200013
	SamplesPerPixel                Tag = 0x00280002
	PhotometricInterpretation      Tag = 0x00280004
	PlanarConfiguration            Tag = 0x00280006
	NumberOfFrames                 Tag = 0x00280008
	Rows                           Tag = 0x00280010
	Columns                        Tag = 0x00280011
	PixelSpacing                   Tag = 0x00280030
	BitsAllocated                  Tag = 0x00280100
	BitsStored                     Tag = 0x00280101
	HighBit                        Tag = 0x00280102
	PixelRepresentation            Tag = 0x00280103
	PixelData                      Tag = 0x7fe00010
	NKIPixelData                   Tag = 0x7fdf0010

	itemTag         Tag = 0xfffee000
	itemDelimiter   Tag = 0xfffee00d
	sequenceDelimit Tag = 0xfffee0dd
)
