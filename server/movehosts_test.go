package server_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// TestMoveHosts refuses a destination whose host a stranger chose by its AE title,
// unless it is near or MoveHosts has it.
func TestMoveHosts(t *testing.T) {
	for _, test := range []struct {
		line, title string
		refused     bool
	}{
		{"", "V203.0.113.9", true},
		{"", "V127.0.0.1", false},
		{"MoveHosts = 10.0.0.0/8", "V127.0.0.1", true},
		{"MoveHosts = *", "V127.0.0.1", false},
	} {
		s := newSite(t, test.line)
		s.aemap += "V* * <PORT7> un\n"
		s.start()
		a := s.dial(nil, dimse.StudyRootMove)
		identifier := new(dicom.Dataset)
		identifier.SetString(dicom.QueryRetrieveLevel, "STUDY")
		identifier.SetString(dicom.StudyInstanceUID, "1.2.3.99")
		_, err := a.Move(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootMove, Identifier: identifier, Destination: test.title}, nil)
		var status *dimse.StatusError
		refused := errors.As(err, &status) && status.Status == dimse.MoveDestinationUnknown
		told := strings.Contains(s.log(), "add the host to MoveHosts")
		if refused != test.refused || told != test.refused {
			t.Errorf("%q: %s: %v, told %v", test.line, test.title, err, told)
		}
		a.Release(context.Background())
		s.stop()
	}
}
