package dicomweb

import (
	"strings"
	"testing"

	"conquest/dicom"
)

// TestChoose holds the choice of a media type (PS3.18 section 8.7.5, RFC 9110
// section 12.5.1).
func TestChoose(t *testing.T) {
	model := []media{asJSON, asXMLParts}
	frames := []media{
		{kind: kindBytes, multipart: true, syntax: dicom.ExplicitLittleEndian}, {kind: "image/jls", multipart: true, syntax: dicom.JPEGLSLossless, stored: true},
		{kind: kindBytes, syntax: dicom.ExplicitLittleEndian},
	}
	for _, c := range []struct {
		accept string
		offers []media
		want   string
	}{
		{"application/dicom+json", model, "application/dicom+json"},
		{"Application/DICOM+JSON; charset=utf-8", model, "application/dicom+json"},
		{"application/json", model, "application/dicom+json"},
		{"text/html, */*;q=0.1", model, "application/dicom+json"},
		{"application/dicom+json;q=0.2, multipart/related; type=\"application/dicom+xml\";q=0.9", model, "application/dicom+xml"},
		{"application/dicom+json;q=0, */*", model, "application/dicom+xml"},
		{"text/html", model, ""},
		{`multipart/related; type="application/octet-stream"`, frames, "application/octet-stream"},
		{"multipart/related; type=application/octet-stream; transfer-syntax=*", frames, "image/jls"},
		{`multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80`, frames, "image/jls"},
		{`multipart/related; type="image/jls"; transfer-syntax=1.2.3`, frames, ""},
		{"multipart/related", frames, "application/octet-stream"},
		{",;, a, /, x/, \"", frames, ""},
	} {
		got := ""
		if list := choose(parseAccept(c.accept), c.offers); len(list) > 0 {
			got = list[0].kind
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.accept, got, c.want)
		}
	}
}

func FuzzAccept(f *testing.F) {
	for _, s := range []string{"a/b;q=0.5", `multipart/related; type="x\"y"; transfer-syntax=*`, ",,;;==", `"`, `a/b;q=nan`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list := parseAccept(s)
		if len(list) > maxRanges {
			t.Errorf("%d ranges", len(list))
		}
		for _, m := range list {
			if m.q < 0 || m.q > 1000 || !strings.Contains(m.kind, "/") {
				t.Errorf("%q: %+v", s, m)
			}
		}
		choose(list, []media{asJSON, asXMLParts})
	})
}
