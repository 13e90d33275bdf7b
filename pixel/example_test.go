package pixel_test

import (
	"fmt"

	"conquest/dicom"
	"conquest/pixel"
)

func Example() {
	ds := dicom.NewDataset(16)
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	ds.SetString(dicom.PhotometricInterpretation, "MONOCHROME2")
	ds.SetUint16(dicom.SamplesPerPixel, 1)
	ds.SetUint16(dicom.Rows, 2)
	ds.SetUint16(dicom.Columns, 2)
	ds.SetUint16(dicom.BitsAllocated, 8)
	ds.SetUint16(dicom.BitsStored, 8)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Value: []byte{1, 2, 3, 4}})

	if err := pixel.Transcode(ds, "j2", pixel.Options{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(ds.TransferSyntax().UID)

	frames, err := pixel.Frames(ds)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(frames[0].Pix)
	// Output:
	// 1.2.840.10008.1.2.4.57
	// [1 2 3 4]
}
