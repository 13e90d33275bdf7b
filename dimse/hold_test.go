package dimse

import (
	"context"
	"testing"
	"time"

	"conquest/dicom"
)

// TestPendingResponsesArriveWhileTheSearchGoesOn tells that responses which are
// held for a common write do not wait for the next one.
func TestPendingResponsesArriveWhileTheSearchGoesOn(t *testing.T) {
	first := make(chan struct{})
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(_ context.Context, a *Association, m *Message) error {
		answer := dicom.NewDataset(1)
		answer.SetString(dicom.PatientID, "P1")
		if err := a.Reply(m, Command{Status: Pending}, NewData(answer)); err != nil {
			return err
		}
		select {
		case <-first:
		case <-time.After(10 * time.Second):
			t.Error("the first answer did not arrive")
		}
		return a.ReplyStatus(m, Success, "")
	})})
	a, err := Dial(context.Background(), addr, Request{Calling: "A", Called: "B", Contexts: []ContextRequest{{AbstractSyntax: StudyRootFind}}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release(context.Background())
	n := 0
	for _, err := range a.Find(context.Background(), Query{SOPClassUID: StudyRootFind, Identifier: dicom.NewDataset(0)}) {
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			close(first)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d answers", n)
	}
}
