package server_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// TestWorklistByMSH18: an index in UTF-8 has HL7 messages by the character set that
// they name, from files and from MLLP, and modalities get them with a label.
func TestWorklistByMSH18(t *testing.T) {
	s := newSite(t, "UTF8ToDB = 1", "HL7Port = <PORT3>")
	s.start()
	message := func(charset, id, name string) string {
		return `MSH|^~\&|HIS||RIS||20240102||ORM^O01|` + id + `|P|2.5||||||` + charset + "\rPID|1|||" + id + "|" + name + "||19700101|F\r" +
			"ORC|NW|1\rOBR|1|1|ACC" + id + "|X^Y|||20240102101112||||||||||||||||CT\r"
	}
	s.write("orders.hl7", message("8859/1", "H1", "M\xfcller^Eva")+message("8859/5", "H2", "\xb8\xd2\xd0\xdd\xde\xd2"))
	s.run("--loadhl7:" + s.dir + "/orders.hl7")
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port+3))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "\x0b%s\x1c\r", message("UNICODE UTF-8", "H3", "Łukasz"))
	answer := make([]byte, 1000)
	n, _ := c.Read(answer)
	if !strings.Contains(string(answer[:n]), "MSA|AA|H3") {
		t.Errorf("MLLP answers %q\n%s", answer[:n], s.log())
	}
	a := s.dial(nil, dimse.ModalityWorklistFind)
	defer a.Release(context.Background())
	for _, tt := range []struct{ id, want, label string }{
		{"H1", "Müller^Eva", "ISO_IR 100"}, {"H2", "Иванов", "ISO_IR 192"}, {"H3", "Łukasz", "ISO_IR 192"},
	} {
		keys := new(dicom.Dataset)
		keys.SetString(dicom.PatientID, tt.id)
		keys.SetString(dicom.PatientName, "")
		count := 0
		for d, err := range a.Find(context.Background(), dimse.Query{SOPClassUID: dimse.ModalityWorklistFind, Identifier: keys}) {
			if err != nil {
				t.Fatal(err)
			}
			count++
			if got := d.Text(dicom.PatientName); got != tt.want || d.String(dicom.SpecificCharacterSet) != tt.label {
				t.Errorf("%s: %q in %q, want %q in %s", tt.id, got, d.String(dicom.SpecificCharacterSet), tt.want, tt.label)
			}
		}
		if count != 1 {
			t.Errorf("%s: %d rows\n%s", tt.id, count, s.log())
		}
	}
}
