package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/pixel/frame"
	"conquest/pixel/jpeg2000"
)

// picture is an object of frames of size x size pixels, each coded in the same few
// bytes.
func picture(syntax string, size, frames int, coded []byte) *dicom.Dataset {
	d := new(dicom.Dataset)
	d.SetString(dicom.SOPClassUID, dicom.SecondaryCaptureImageStorage)
	for t, v := range map[dicom.Tag]string{dicom.SOPInstanceUID: "1.2.3.4.5", dicom.StudyInstanceUID: "1.2.3", dicom.SeriesInstanceUID: "1.2.3.4", dicom.PatientID: "BOMB"} {
		d.SetString(t, v)
	}
	for t, v := range map[dicom.Tag]uint16{
		dicom.Rows: uint16(size), dicom.Columns: uint16(size), dicom.SamplesPerPixel: 1,
		dicom.BitsAllocated: 16, dicom.BitsStored: 16, dicom.HighBit: 15, dicom.PixelRepresentation: 0,
	} {
		d.SetUint16(t, v)
	}
	d.SetString(dicom.PhotometricInterpretation, "MONOCHROME2")
	d.SetString(dicom.NumberOfFrames, strconv.Itoa(frames))
	e := dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: coded}
	if syntax != dicom.ExplicitLittleEndian {
		e.Value, e.Fragments = nil, &dicom.Fragments{}
		for range frames {
			e.Fragments.Data = append(e.Fragments.Data, coded)
		}
	}
	d.Put(e)
	d.SetTransferSyntax(syntax)
	return d
}

// jpeg2000Bomb is a frame that is nearly empty; beyond what can be made, its header
// is changed.
func jpeg2000Bomb(size int) []byte {
	made := min(size, 4096)
	f, err := frame.New(made, made, 1, 16, false, frame.Limits{})
	if err != nil {
		panic(err) // it is small
	}
	for i := 1; i < len(f.Pix); i += 2 {
		f.Pix[i] = 0x80
	}
	f.Pix[100] = 1
	data, err := jpeg2000.Encode(f, jpeg2000.Options{})
	if err != nil {
		panic(err) // as above
	}
	if size != made {
		for _, at := range []int{8, 12, 24, 28} { // Xsiz, Ysiz, XTsiz, YTsiz
			binary.BigEndian.PutUint32(data[at:], uint32(size))
		}
	}
	return data
}

// rleBomb is a frame whose runs of 128 bytes fill part of it.
func rleBomb(n int) []byte {
	data := make([]byte, 64)
	binary.LittleEndian.PutUint32(data, 2)
	binary.LittleEndian.PutUint32(data[4:], 64)
	binary.LittleEndian.PutUint32(data[8:], uint32(64+n))
	return append(data, bytes.Repeat([]byte{0x81, 7}, n)...)
}

func storePicture(context byte, syntax string, size, frames int, coded func() []byte) func(*peer) string {
	return func(p *peer) string {
		d := picture(syntax, size, frames, coded())
		b, err := dicom.Append(nil, d, d.TransferSyntax())
		if err != nil {
			return err.Error()
		}
		return request(context, dimse.CStoreRQ, dicom.SecondaryCaptureImageStorage, func(w io.Writer) error {
			_, err := w.Write(b)
			return err
		})(p)
	}
}

// part10 is a file of an object.
func part10(d *dicom.Dataset) []byte {
	var b bytes.Buffer
	if err := dicom.WritePart10(&b, d, dicom.Meta{ImplementationClassUID: "1.2.3"}); err != nil {
		panic(err) // nothing is missing
	}
	return b.Bytes()
}
