package access

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestComment(t *testing.T) {
	_, missing := os.Open("/var/lib/dgate/secret/0001.dcm")
	renamed := os.Rename("/var/lib/dgate/secret/a", "/var/lib/dgate/secret/b")
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New("rejected by an import converter"), "rejected by an import converter"},
		{errors.New("***Refused to enter inconsistent link"), "Refused to enter inconsistent link"},
		{fmt.Errorf("write object: %w", missing), "open: no such file or directory"},
		{fmt.Errorf("write object: %w", renamed), "rename: no such file or directory"},
		{errors.New("write /data/dbase/x.dcm: disk is full"), "write ...: disk is full"},
		{errors.New(`write C:\data\x.dcm: disk is full`), "write ...: disk is full"},
		{errors.New(`write ./data/x.dcm`), "write ..."},
		{errors.New(`write \\host\share\x.dcm now`), "write ... now"},
		{errors.New("insert INTO DICOMImages (a) VALUES ('b')"), "the index refused it"},
		{errors.New("UNIQUE constraint failed: DICOMImages.SOPInstanc"), "the index refused it"},
		{errors.New("SELECT PatientNam FROM DICOMPatients"), "the index refused it"},
		{errors.New("type image/dicom is 1/2 of it"), "type image/dicom is 1/2 of it"},
		{errors.New("two\nlines"), "two lines"},
		{errors.New(strings.Repeat("x", 80)), strings.Repeat("x", 64)},
	} {
		if got := Comment(test.err); got != test.want {
			t.Errorf("%v: %q, want %q", test.err, got, test.want)
		}
	}
}
