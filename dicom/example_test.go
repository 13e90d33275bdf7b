package dicom_test

import (
	"fmt"
	"os"
	"path/filepath"

	"conquest/dicom"
)

// A file is made, read, changed and shown as JSON.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "object.dcm")

	ds := dicom.NewDataset(8)
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	ds.SetString(dicom.SpecificCharacterSet, "ISO_IR 100")
	ds.SetString(dicom.SOPClassUID, dicom.SecondaryCaptureImageStorage)
	ds.SetString(dicom.SOPInstanceUID, "1.2.3.4")
	if err := ds.SetText(dicom.PatientName, "Müller^Jürgen"); err != nil { // in the character set told above
		fmt.Println(err)
		return
	}
	if err := dicom.WriteFile(path, ds, dicom.Meta{ImplementationClassUID: "1.2.3"}); err != nil {
		fmt.Println(err)
		return
	}

	file, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	fmt.Println(file.Text(dicom.PatientName), file.TransferSyntax().Name)

	file.SetUint16(dicom.Rows, 512)
	json, err := file.MarshalJSON()
	fmt.Println(string(json), err)
	// Output:
	// Müller^Jürgen Explicit VR Little Endian
	// {"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080016":{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.7"]},"00080018":{"vr":"UI","Value":["1.2.3.4"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"Müller^Jürgen"}]},"00280010":{"vr":"US","Value":[512]}} <nil>
}

// Elements within sequences are reached by paths of tags or keywords.
func ExampleParsePath() {
	ds := new(dicom.Dataset)
	path, err := dicom.ParsePath("RequestAttributesSequence.0/(0040,0009)")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := ds.PutPath(path, dicom.NewText(0, dicom.SH, "STEP1")); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(path, ds.GetPath(path).String())
	_, err = dicom.ParsePath("NoSuchKeyword")
	fmt.Println(err)
	// Output:
	// 0040,0275.0/0040,0009 STEP1
	// path "NoSuchKeyword": not a path of elements
}

func ExampleParseTag() {
	for _, s := range []string{"PatientName", "(0010,0010)", "0010,0010", "00100010", "Patient"} {
		tag, ok := dicom.ParseTag(s)
		fmt.Println(tag, ok)
	}
	// Output:
	// 0010,0010 true
	// 0010,0010 true
	// 0010,0010 true
	// 0010,0010 true
	// 0000,0000 false
}
