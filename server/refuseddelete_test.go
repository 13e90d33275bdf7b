package server

import (
	"context"
	"testing"

	"conquest/dicom"
	"conquest/pacs/sitetest"
)

// TestDeletionThatTheIndexRefuses: the files stay when their rows can not be
// deleted, and the deletion fails.
func TestDeletionThatTheIndexRefuses(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	h.mustStore(sitetest.Image("A", 1))
	if _, err := h.Index.SQL(ctx, "CREATE TRIGGER kept BEFORE DELETE ON DICOMImages BEGIN SELECT RAISE(ABORT, 'no'); END"); err != nil {
		t.Fatal(err)
	}
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.PatientID, "A")
	if err := h.Remove.Matching(ctx, h.Live.Current(), keys); err == nil {
		t.Error("the deletion succeeded")
	}
	h.want("MAG0:1", "MAG0:1")
	if _, err := h.Load.Object(ctx, "A", sitetest.Image("A", 1).String(dicom.SOPInstanceUID)); err != nil {
		t.Error(err)
	}
}
