package dimse

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"conquest/dicom"
)

func TestPropose(t *testing.T) {
	compressed, plain := object(8, "1"), object(8, "2")
	for _, ds := range []*dicom.Dataset{compressed, plain} {
		ds.SetString(dicom.SOPClassUID, dicom.CTImageStorage)
	}
	compressed.SetTransferSyntax(dicom.JPEG2000Lossless)
	got := Propose(compressed, plain, plain)
	if len(got) != 2 || got[0].AbstractSyntax != dicom.CTImageStorage || !slices.Equal(got[0].TransferSyntaxes, []string{dicom.JPEG2000Lossless}) ||
		!slices.Equal(got[1].TransferSyntaxes, []string{dicom.ExplicitLittleEndian, dicom.ImplicitLittleEndian}) {
		t.Errorf("%v", got)
	}
}

// TestErrorsSayWhatWasOffered has the syntaxes that were proposed in the error.
func TestErrorsSayWhatWasOffered(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(okHandler), Policy: &ListPolicy{
		AbstractSyntaxes: []string{ctImage, Verification}, TransferSyntaxes: []string{dicom.ImplicitLittleEndian},
	}})
	a := dial(t, addr, Request{Contexts: []ContextRequest{{AbstractSyntax: ctImage}, {AbstractSyntax: ctImage, TransferSyntaxes: []string{dicom.RLELossless}}, {AbstractSyntax: StudyRootFind}}})
	_, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1.2", Data: EncodedData(nil, dicom.TransferSyntax{UID: dicom.RLELossless, Name: "RLE Lossless"})})
	for _, want := range []string{"1.2:", "CT Image Storage", "in RLE Lossless", "Implicit VR Little Endian accepted", "RLE Lossless refused: transfer syntaxes not supported"} {
		if !errors.Is(err, ErrNoContext) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	_, err = Dial(context.Background(), addr, Request{Calling: "A", Called: "B", Contexts: []ContextRequest{{AbstractSyntax: StudyRootFind}}})
	if !errors.Is(err, ErrNoContext) || !strings.Contains(err.Error(), StudyRootFind+" in Implicit VR Little Endian refused: abstract syntax not supported") {
		t.Errorf("%v", err)
	}
}

func TestResponseString(t *testing.T) {
	for want, c := range map[string]Command{
		"C-STORE-RSP 0000 (success)":                                            {Field: CStoreRSP},
		"C-STORE-RSP A700 (out of resources): disk is full":                     {Field: CStoreRSP, Status: OutOfResources, ErrorComment: "disk is full"},
		"C-MOVE-RSP FF00 (pending), 3 to do, 1 done, 0 failed, 2 with warnings": {Field: CMoveRSP, Status: Pending, Progress: &Progress{Remaining: 3, Completed: 1, Warning: 2}},
		"command 8777 0001 (warning)":                                           {Field: 0x8777, Status: 1},
		"C-FIND-RSP C123 (cannot understand or process)":                        {Field: CFindRSP, Status: 0xc123},
	} {
		if got := (&Response{Command: &c}).String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
