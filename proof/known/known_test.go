package known

import (
	"os"
	"strings"
	"testing"

	"conquest/proof/report"
)

func TestADifferenceIsNamedByItsHeading(t *testing.T) {
	d := func(kind, what, a, b string) report.Difference {
		return report.Difference{Kind: kind, What: what, Example: report.Example{A: a, B: b}}
	}
	for want, list := range map[string][]report.Difference{
		"An association without any acceptable transfer syntax is refused": {d("association", "answer to the request", "accepted: ", "refused: result 1, source 1, reason 1")},
		"LossyImageCompression tells what happened":                        {d("element", "0028,2110 LossyImageCompression", "01", "not there"), d("element of a forward to X", "0028,2110 LossyImageCompression", "01", "00")},
		"Implicit objects get the VR that fits":                            {d("VR", "0028,0106 SmallestImagePixelValue", "US", "SS")},
		"RetrieveAETitle of 16 characters":                                 {d("answer", "C-FIND", "0008,0054=", "0008,0054=SIXTEENLETTERSAE")},
		"Study modalities":                                                 {d("answer", "C-FIND", `0008,0061=CT\`, "0008,0061=CT")},
		"": {
			d("answer", "C-FIND", "0008,0061=CT", "0008,0061=MR"),
			d("association", "answer to the request", "accepted: 1 1.2", "refused: result 1, source 1, reason 1"), d("element", "0008,1010 StationName", "ST3", "OTHER"),
			d("worklist", "only in B", "missing", "there"), d("answer", "C-FIND", "not answered", "0008,0054=X"), d("status", "C-STORE", "0000", "C000"),
			d("forward", "to X", "sent", "not sent"),
		},
	} {
		for _, x := range list {
			if got := Heading(x); got != want {
				t.Errorf("%+v: %q", x, got)
			}
		}
	}
}

func TestHeadingsAreThere(t *testing.T) {
	text, err := os.ReadFile("../../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !strings.Contains(string(text), "\n### "+r.heading+"\n") {
			t.Errorf("docs/differences.md has no heading %q", r.heading)
		}
	}
}
