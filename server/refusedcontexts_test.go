package server_test

import (
	"context"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// TestRefusedContextsAreTold names what dgatesop.lst lacks and the line to add,
// once for each sender.
func TestRefusedContextsAreTold(t *testing.T) {
	s := newSite(t)
	s.sops = "Verification 1.2.840.10008.1.1 sop\nCT 1.2.840.10008.5.1.4.1.1.2 sop\nLEI 1.2.840.10008.1.2 transfer\n"
	s.start()
	defer s.stop()
	for range 2 {
		a, err := dimse.Dial(context.Background(), s.addr(), dimse.Request{Calling: "SCANNER", Called: s.ae, AcceptNone: true, Contexts: []dimse.ContextRequest{
			{AbstractSyntax: "1.2.840.10008.5.1.4.1.1.66.7"},
			{AbstractSyntax: "1.2.840.10008.5.1.4.1.1.2", TransferSyntaxes: []string{dicom.HTJ2KLossless}},
			{AbstractSyntax: "1.2.840.10008.5.1.4.1.1.2", TransferSyntaxes: []string{dicom.JPEGLossless, dicom.ImplicitLittleEndian}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		a.Release(context.Background())
	}
	log := s.log()
	for _, want := range []string{
		`add="LabelMapSegmentationStorage 1.2.840.10008.5.1.4.1.1.66.7 sop"`,
		`add="HTJ2KLossless 1.2.840.10008.1.2.4.201 transfer"`,
	} {
		if strings.Count(log, want) != 1 || !strings.Contains(log, "calling=SCANNER") {
			t.Errorf("%d times %s in\n%s", strings.Count(log, want), want, log)
		}
	}
	if strings.Contains(log, dicom.JPEGLossless+" transfer") {
		t.Error("a syntax of an accepted context was told")
	}
}
