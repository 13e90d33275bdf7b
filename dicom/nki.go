package dicom

import (
	"bytes"
	"unicode"
)

// NKI is element (7FDF,0010) when it holds pixel data in the private compression
// of the Netherlands Cancer Institute, nil when it is absent or the creator of a
// maker's private block (PS3.5 section 7.8.1), which has the same tag.
func (d *Dataset) NKI() *Element {
	e := d.Get(NKIPixelData)
	if e == nil || e.Items != nil || e.Fragments != nil || e.isCreator() {
		return nil
	}
	return e
}

// DeleteNKI removes the element [Dataset.NKI] is about.
func (d *Dataset) DeleteNKI() {
	if d.NKI() != nil {
		d.Delete(NKIPixelData)
	}
}

// isCreator tells whether the value is a short text, as those of private
// creators are. Implicit data sets do not show the VR.
func (e *Element) isCreator() bool {
	const longest = 64 // characters of LO
	if e.VR == LO {
		return true
	}
	text := bytes.TrimRight(e.Value, " \x00")
	if e.Bulk != nil || len(text) == 0 || len(e.Value) > longest {
		return false
	}
	return !bytes.ContainsFunc(text, unicode.IsControl)
}
