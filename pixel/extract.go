package pixel

import (
	"bytes"
	"fmt"

	"conquest/dicom"
)

// ExtractFrame reduces a multi-frame image to frame i, counted from 0, without
// decoding it. It tells whether it did: single-frame images are left alone.
func ExtractFrame(ds *dicom.Dataset, i int, l Limits) (changed bool, err error) {
	return ExtractFrames(ds, i, i, 1, l)
}

// ExtractFrames reduces a multi-frame image to the frames first to last, every
// step'th of them, without decoding them.
func ExtractFrames(ds *dicom.Dataset, first, last, step int, l Limits) (changed bool, err error) {
	frames, _ := ds.Int(dicom.NumberOfFrames)
	if frames <= 1 {
		return false, nil
	}
	if first < 0 || first >= frames || last < first {
		return false, fmt.Errorf("extract frames %d to %d of %d", first, last, frames)
	}
	last, step = min(last, frames-1), max(step, 1)
	im, err := OpenWith(ds, l)
	if err != nil {
		return false, fmt.Errorf("extract frames: %w", err)
	}
	count := (last-first)/step + 1
	if im.Encapsulated() {
		err = im.extractFragments(ds, first, count, step)
	} else {
		err = im.extractPlain(ds, first, count, step)
	}
	if err != nil {
		return false, fmt.Errorf("extract frames: %w", err)
	}
	ds.SetString(dicom.NumberOfFrames, fmt.Sprint(count))
	return true, nil
}

func (im *Image) extractFragments(ds *dicom.Dataset, first, count, step int) error {
	frags := &dicom.Fragments{}
	old := im.element.Fragments
	for i := range count {
		group := im.groups[first+i*step]
		if old.Bulk != nil && group[1]-group[0] == 1 {
			frags.Data, frags.Bulk = append(frags.Data, nil), append(frags.Bulk, old.Bulk[group[0]])
			continue
		}
		data, err := joinFragments(old, group)
		if err != nil {
			return err
		}
		frags.Data = append(frags.Data, data)
		if old.Bulk != nil {
			frags.Bulk = append(frags.Bulk, &dicom.Bulk{Source: bytes.NewReader(data), Length: int64(len(data)), WordSize: 1})
		}
	}
	frags.OffsetTable = offsetTable(frags)
	ds.Delete(tagExtendedOffsets)
	ds.Delete(tagExtendedLengths)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: im.element.VR, Fragments: frags})
	return nil
}

func (im *Image) extractPlain(ds *dicom.Dataset, first, count, step int) error {
	if im.packed && int64(im.Rows)*int64(im.Columns)*int64(im.BitsAllocated)%8 != 0 {
		return fmt.Errorf("frames that do not begin at bytes: %w", ErrUnsupported)
	}
	m := im.Module
	m.Frames = count
	out := newStore(im.limits, m)
	if out.single() {
		return im.extractBits(ds, first, count, step)
	}
	if _, _, err := im.limits.reserve(out.kept, 0, 1); err != nil {
		return err
	}
	if err := out.open(); err != nil {
		return err
	}
	for i := range count {
		part, err := elementRange(im.element, int64(first+i*step)*im.frameLen, im.frameLen)
		if err == nil {
			err = out.put(i, part)
		}
		if err != nil {
			out.drop()
			return err
		}
	}
	ds.DeleteNKI()
	ds.Put(out.element(im.element.VR))
	return nil
}

// extractBits is extractPlain for frames of single bits that begin at bytes.
func (im *Image) extractBits(ds *dicom.Dataset, first, count, step int) error {
	size := im.frameLen*int64(count) + 1
	if _, _, err := im.limits.reserve(size, 0, 1); err != nil {
		return err
	}
	pix := make([]byte, 0, size)
	for i := range count {
		part, err := elementRange(im.element, int64(first+i*step)*im.frameLen, im.frameLen)
		if err != nil {
			return err
		}
		pix = append(pix, part...)
	}
	if len(pix)%2 == 1 {
		pix = append(pix, 0)
	}
	ds.DeleteNKI()
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: im.element.VR, Value: pix})
	return nil
}
