package pixel

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"

	"conquest/dicom"
	"conquest/pixel/frame"
)

// mostDeflated is how many bytes each byte of deflated data can stand for.
const mostDeflated = 1032

// decodeNative reads a frame whose samples are as in plain pixel data: in a
// fragment as they are (PS3.5 A.4.11), or deflated (PS3.5 A.4.14).
func (d *frameDecoder) decodeNative(data []byte, deflated bool) (*frame.Frame, error) {
	m := d.module
	m.Frames = 1
	if deflated {
		need := m.NativeSize()
		var out bytes.Buffer
		r := flate.NewReader(bytes.NewReader(data))
		defer r.Close()
		if n, err := io.CopyN(&out, r, need); err != nil {
			return nil, fmt.Errorf("inflate frame: %d bytes of %d: %w", n, need, err)
		}
		data = out.Bytes()
	}
	one := &Image{Module: m, element: &dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Value: data}}
	if err := one.describePlain(); err != nil {
		return nil, err
	}
	return one.plainFrame(0)
}
