package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	"conquest/dicom"
)

// pixelTags are the elements that are left out: pixel data, also as floats, and the
// private form of the original.
var pixelTags = []dicom.Tag{dicom.PixelData, 0x7fe00008, 0x7fe00009, 0x7fdf0010}

// takePixels removes the pixel data of a data set; nil when it has none.
func takePixels(ds *dicom.Dataset) *Pixels {
	var left *Pixels
	h := sha256.New()
	for _, t := range pixelTags {
		e := ds.Get(t)
		if e == nil {
			continue
		}
		if left == nil {
			left = &Pixels{}
		}
		n, err := hashed(h, e)
		if err != nil {
			return nil
		}
		left.Length += n
		left.Packed = left.Packed || e.Fragments != nil
		ds.Delete(t)
	}
	if left != nil {
		left.Hash = hex.EncodeToString(h.Sum(nil))
	}
	return left
}

// hashed adds the value of an element to a hash.
func hashed(h io.Writer, e *dicom.Element) (n int64, err error) {
	if e.Fragments != nil {
		for i := range e.Fragments.Len() {
			b, err := e.Fragments.Fragment(i)
			if err != nil {
				return n, err
			}
			_, _ = h.Write(b) // a hash takes all
			n += int64(len(b))
		}
		return n, nil
	}
	if e.Bulk != nil {
		return io.Copy(h, e.Bulk.Reader())
	}
	b, err := e.Bytes()
	_, _ = h.Write(b)
	return int64(len(b)), err
}

// Head is an object without pixel data, as events have it.
func Head(ds *dicom.Dataset) (header []byte, left *Pixels) {
	c := ds.Clone()
	left = takePixels(c)
	c.DeleteFunc(func(e *dicom.Element) bool { return e.Tag.Group() == 2 })
	ts, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	header, err := dicom.Append(nil, c, ts)
	if err != nil {
		return nil, left
	}
	return header, left
}

// ParseHead reads what [Head] made.
func ParseHead(header []byte) (*dicom.Dataset, error) {
	ts, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	return dicom.Parse(header, ts, dicom.ParseOptions{})
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

func bytesAt(b []byte) io.ReaderAt { return bytes.NewReader(b) }
