package server_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// TestAccessRights gives each calling AE what the file says.
func TestAccessRights(t *testing.T) {
	s := newSite(t, "AccessRights = <DIR>/rights.lst")
	rights := "STORER * store\nASKER * query retrieve\nNOBODY 10.9.9.9 all\nADMIN * commands\nREMOVER * delete\nLAST * none\n"
	if err := os.WriteFile(filepath.Join(s.dir, "rights.lst"), []byte(rights), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	defer s.stop()
	dial := func(calling string) (*dimse.Association, error) {
		return dimse.Dial(context.Background(), s.addr(), dimse.Request{Calling: calling, Called: s.ae, Contexts: []dimse.ContextRequest{
			{AbstractSyntax: dimse.Verification}, {AbstractSyntax: dimse.StudyRootFind}, {AbstractSyntax: dimse.StudyRootMove}, {AbstractSyntax: "1.2.840.10008.5.1.4.1.1.7"},
		}})
	}
	status := func(err error) dimse.Status {
		var st *dimse.StatusError
		if errors.As(err, &st) {
			return st.Status
		}
		if err != nil {
			t.Errorf("%v", err)
		}
		return dimse.Success
	}
	for calling, want := range map[string]string{"STORER": "store", "ASKER": "query retrieve", "ADMIN": "commands", "REMOVER": "delete", "LAST": "", "CONQUEST": "store query retrieve commands delete"} {
		a, err := dial(calling)
		if err != nil {
			t.Errorf("%s: %v", calling, err)
			continue
		}
		if err := a.Echo(context.Background()); err != nil {
			t.Errorf("%s: %v", calling, err)
		}
		identifier := new(dicom.Dataset)
		identifier.SetString(dicom.QueryRetrieveLevel, "STUDY")
		identifier.SetString(dicom.StudyInstanceUID, "1.2.3.99")
		object := image("RIGHTS", "1.2.3", "1.2.3.1", "1.2.3.1.1", 1)
		command := func(text string) dimse.Status {
			extra := new(dicom.Dataset)
			extra.Put(dicom.NewText(0x99990400, dicom.LO, text))
			_, err := a.Request(context.Background(), nil, dimse.Command{Field: dimse.CEchoRQ, AffectedSOPClassUID: dimse.Verification, Extra: extra}, nil, nil)
			return status(err)
		}
		_, stored := a.Store(context.Background(), dimse.StoreRequest{SOPClassUID: "1.2.840.10008.5.1.4.1.1.7", SOPInstanceUID: "1.2.3.1.1", Data: dimse.NewData(object)})
		var found error
		for _, err := range a.Find(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: identifier}) {
			if err != nil {
				found = err
			}
		}
		_, moved := a.Move(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootMove, Identifier: identifier, Destination: s.ae}, nil)
		for right, got := range map[string]dimse.Status{
			"store": status(stored), "query": status(found), "retrieve": status(moved),
			"commands": command("get_param:TCPPort"), "delete": command("deletestudy:NOTHING:9.9"),
		} {
			if refused := got == dimse.NotAuthorized; refused == strings.Contains(want, right) {
				t.Errorf("%s: %s: status %v", calling, right, got)
			}
		}
		a.Release(context.Background())
	}
	var refused *dimse.RejectError
	if _, err := dial("NOBODY"); !errors.As(err, &refused) || refused.Reason != dimse.ReasonCallingAE {
		t.Errorf("a title of another host: %v", err)
	}
}
