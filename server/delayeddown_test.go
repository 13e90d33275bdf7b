package server_test

import (
	"strings"
	"testing"

	"conquest/dicom"
)

// TestDelayedForwardToAPeerThatComesLater: a delayed forward whose destination is
// down is tried again until it is there.
func TestDelayedForwardToAPeerThatComesLater(t *testing.T) {
	s := newSite(t, "FailHoldOff = 1", "RetryDelay = 1", "ImportConverter0 = forward study to MYDEST after 1").start()
	s.store(numbered("LATER", 1))
	await(t, "a first attempt", func() bool { return strings.Contains(s.log(), "Queue: holding processing") })
	dest := newAcceptor(t, s.port+4)
	await(t, "the object", func() bool { return len(dest.seen()) == 1 })
}

// TestTransferSyntaxSetByAScript: an object that a script labels with a plain
// syntax is written in it, and can be read.
func TestTransferSyntaxSetByAScript(t *testing.T) {
	for label, want := range map[string]string{
		dicom.ExplicitBigEndian: dicom.ExplicitBigEndian, dicom.ImplicitLittleEndian: dicom.ImplicitLittleEndian, "": dicom.ImplicitLittleEndian,
	} {
		s := newSite(t, `ImportConverter0 = set 0002,0010 to "`+label+`"`).start()
		sent := numbered("LABEL", 1)
		s.store(sent)
		file := s.storedFile("LABEL", sent.String(dicom.SOPInstanceUID))
		got, err := dicom.ReadFile(file, dicom.ParseOptions{})
		if err != nil {
			t.Errorf("label %q: %v", label, err)
			continue
		}
		if ts := got.TransferSyntax().UID; ts != want || string(got.String(dicom.PatientID)) != "LABEL" {
			t.Errorf("label %q: written in %s, patient %q", label, ts, got.String(dicom.PatientID))
		}
	}
}
