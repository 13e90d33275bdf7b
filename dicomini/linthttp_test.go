package dicomini

import (
	"strings"
	"testing"
)

func TestLintHTTP(t *testing.T) {
	for text, want := range map[string]string{
		"HTTPPort = 8086\nHTTPAddress = *":                       "HTTPIPs names nobody",
		"HTTPPort = 8086\nHTTPAddress = *\nHTTPIPs = 10.0.0.0/8": "",
		"HTTPPort = 5678":                                                  "port of DICOM",
		"HTTPPort = 8086\nHTTPCertificate = a.pem":                         "belong together",
		"HTTPPort = 8086":                                                  "",
		"PACSName = a\n[webdefaults]\nsize = 200":                          "DICOMweb",
		"HTTPPort = 8086\nHTTPAddress = ::1\n[webdefaults]\nsize = 200":    "",
		"HTTPPort = 8086\nHTTPAddress = 10.1.1.1\n[webdefaults]\nsize = 2": "10.1.1.1",
	} {
		c, err := Load(Location{}, ParseFile("dicom.ini", []byte("[sscscp]\nMicroPACS = sscscp\nMyACRNema = A\nTCPPort = 5678\nMAGDevice0 = ./data/\n"+text+"\n")))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, f := range Lint(LintInput{Config: c}) {
			if strings.HasPrefix(f.Key, "HTTP") {
				said = append(said, f.Message)
			}
		}
		if got := strings.Join(said, "; "); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
