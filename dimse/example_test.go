package dimse_test

import (
	"context"
	"fmt"
	"net"

	"conquest/dicom"
	"conquest/dimse"
)

// A server that answers C-ECHO and C-FIND, and a client that asks it.
func Example() {
	server := &dimse.Server{
		Policy: &dimse.ListPolicy{LocalAE: []string{"ARCHIVE"}},
		Handler: dimse.HandlerFunc(func(_ context.Context, a *dimse.Association, m *dimse.Message) error {
			switch m.Command.Field {
			case dimse.CEchoRQ:
				return a.ReplyStatus(m, dimse.Success, "")
			case dimse.CFindRQ:
				answer := dicom.NewDataset(1)
				answer.Put(dicom.NewText(dicom.PatientName, dicom.PN, "Smith^John"))
				if err := a.Reply(m, dimse.Command{Status: dimse.Pending}, dimse.NewData(answer)); err != nil {
					return err
				}
				return a.ReplyStatus(m, dimse.Success, "")
			}
			return &dimse.StatusError{Status: dimse.UnrecognizedOperation}
		}),
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error)
	go func() { done <- server.Serve(ctx, listener) }()

	a, err := dimse.Dial(ctx, listener.Addr().String(), dimse.Request{
		Calling: "WORKSTATION", Called: "ARCHIVE",
		Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}, {AbstractSyntax: dimse.PatientRootFind}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("echo:", a.Echo(ctx))
	query := dicom.NewDataset(2)
	query.Put(dicom.NewText(dicom.QueryRetrieveLevel, dicom.CS, "PATIENT"))
	query.Put(dicom.NewText(dicom.PatientName, dicom.PN, ""))
	for answer, err := range a.Find(ctx, dimse.Query{SOPClassUID: dimse.PatientRootFind, Identifier: query}) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println("patient:", answer.String(dicom.PatientName))
	}
	fmt.Println("release:", a.Release(ctx))
	cancel()
	fmt.Println("server:", <-done)
	// Output:
	// echo: <nil>
	// patient: Smith^John
	// release: <nil>
	// server: <nil>
}
