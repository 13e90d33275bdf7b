package dimse

import (
	"context"
	"testing"
	"time"

	"conquest/dicom"
)

// TestEmptyDataSetIsSent: a command that announces a data set is followed by one,
// though it be empty, so that the peer does not wait for it.
func TestEmptyDataSetIsSent(t *testing.T) {
	got := make(chan int, 1)
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		ds, err := m.Data.Dataset(dicom.ParseOptions{})
		if err != nil {
			return err
		}
		got <- ds.Len()
		return okHandler(ctx, a, m)
	})})
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	a := dial(t, addr, Request{})
	for _, err := range a.Find(ctx, Query{SOPClassUID: StudyRootFind, Identifier: dicom.NewDataset(0)}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := <-got; n != 0 {
		t.Errorf("%d elements arrived", n)
	}
}
