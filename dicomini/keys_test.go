package dicomini

import (
	"os"
	"strings"
	"testing"
)

// docs/configuration.md is what the table says.
func TestKeysDocument(t *testing.T) {
	const path = "../docs/configuration.md"
	want := KeysDocument()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s is not current (%v): go test ./dicomini -run TestKeysDocument -update", path, err)
	}
}

// Each row says what it must, once.
func TestTableOfKeys(t *testing.T) {
	seen := make(map[string]bool)
	for _, topic := range Topics() {
		for _, k := range topic.Keys {
			if k.Unread {
				continue
			}
			id := k.Section + ":" + lower(k.Name)
			if seen[id] {
				t.Errorf("%s stands twice in the table", k.Name)
			}
			seen[id] = true
			if !strings.HasSuffix(k.Text, ".") {
				t.Errorf("%s: its text is no sentence: %q", k.Name, k.Text)
			}
			if k.isNumber() && Atoi(k.Default) == 0 && k.Default != "0" {
				t.Errorf("%s: its default %q is no number", k.Name, k.Default)
			}
			if k.Max != 0 && k.Default != "0" && (Atoi(k.Default) < k.Min || Atoi(k.Default) > k.Max) {
				t.Errorf("%s: its default %s is outside %d to %d", k.Name, k.Default, k.Min, k.Max)
			}
		}
	}
}

func TestReadByTheTable(t *testing.T) {
	f := ParseFile("dicom.ini", []byte("[sscscp]\nTLSPort = 2762 # x\nMAGDeviceFullThreshold = 7\nHL7IPs =\nMAGDevice3 = /x/\n"))
	c, err := Load(Location{}, f)
	if err != nil {
		t.Fatal(err)
	}
	if c.Number("TLSPort") != 2762 || c.Number("MAGDeviceFullThreshHold") != 7 || !c.Switch("TLSCheckName") {
		t.Errorf("%d %d %v", c.Number("TLSPort"), c.Number("MAGDeviceFullThreshHold"), c.Switch("TLSCheckName"))
	}
	if c.Value("CommandIPs") != "127.0.0.1" || c.Value("HL7IPs") != "" || c.Value("MAGDevice3") != "/x/" {
		t.Errorf("%q %q %q", c.Value("CommandIPs"), c.Value("HL7IPs"), c.Value("MAGDevice3"))
	}
}

// TestFilesThatAreNotNamed holds that a file that is not named, and has no name by
// itself, is none: it is not the folder of the site.
func TestFilesThatAreNotNamed(t *testing.T) {
	for folder, want := range map[string]string{"./": "./audit.log", "/site/": "/site/audit.log"} {
		for text, want := range map[string]string{"": "", "AuditFile =": "", "AuditFile = audit.log": want, "AuditFile = /var/log/a": "/var/log/a"} {
			c, err := Load(Location{BaseDir: folder}, ParseFile("dicom.ini", []byte("[sscscp]\nMicroPACS = sscscp\n"+text+"\n")))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Value("AuditFile"); got != want {
				t.Errorf("%q in %s: %q", text, folder, got)
			}
		}
	}
}
