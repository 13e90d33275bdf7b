package dicomweb

import (
	"fmt"

	"conquest/dicom"
	"conquest/pixel"
)

// check refuses objects that must not be acknowledged: of another study than that
// of the address, without UIDs, not what the file says of itself, or cut off.
func (f *receivedFile) check(study string) error {
	d := f.Dataset
	ref := refOfObject(d)
	switch {
	case ref.Study == "" || ref.Series == "" || ref.Instance == "" || d.String(dicom.SOPClassUID) == "":
		return notUnderstood("the object lacks one of its UIDs")
	case !validUID(ref.Study) || !validUID(ref.Series) || !validUID(ref.Instance):
		return notUnderstood("one of the object's UIDs is none")
	case study != "" && ref.Study != study:
		return &StoreError{Reason: reasonProcessing, Err: fmt.Errorf("the object is of study %s, not of that of the address", ref.Study)}
	case f.instance != "" && f.instance != ref.Instance || f.class != "" && f.class != d.String(dicom.SOPClassUID):
		return &StoreError{Reason: reasonMismatch, Err: fmt.Errorf("the header of the file names another object than its data set")}
	}
	return checkPixels(d)
}

func refOfObject(d *dicom.Dataset) Ref {
	return Ref{d.String(dicom.StudyInstanceUID), d.String(dicom.SeriesInstanceUID), d.String(dicom.SOPInstanceUID)}
}

// checkPixels refuses pixel data that are shorter than the attributes say, and
// compressed ones that lack frames.
func checkPixels(d *dicom.Dataset) error {
	e := d.Get(dicom.PixelData)
	if e == nil || e.IsEmpty() && e.Fragments == nil {
		return nil
	}
	m, err := pixel.ReadModule(d)
	if err != nil {
		return nil // attributes that tell no size
	}
	if e.Fragments != nil {
		if e.Fragments.Len() == 0 {
			return notUnderstood("the pixel data have no frame")
		}
		return nil
	}
	size := m.NativeSize()
	if m.Photometric == "YBR_FULL_422" || m.Photometric == "YBR_PARTIAL_422" {
		size = size * 2 / 3
	}
	if e.Length() < size {
		return notUnderstood("pixel data of %d bytes, %d are missing", e.Length(), size-e.Length())
	}
	return nil
}
