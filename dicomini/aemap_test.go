package dicomini

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func words(m *AEMap) []string {
	var out []string
	for _, e := range m.Entries() {
		out = append(out, strings.Join([]string{e.Name, e.Host, e.Port, e.Compression}, " "))
	}
	return out
}

func TestParseAEMap(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"plain", "A 1.2.3.4 104 j2\nB\thost\t105\n", []string{"A 1.2.3.4 104 j2", "B host 105 un"}},
		{"crlf and no last line end", "A h 1 un\r\n\r\n  B h 2 un", []string{"A h 1 un", "B h 2 un"}},
		{"cr only", "A h 1 un\rB h 2 un\r", []string{"A h 1 un", "B h 2 un"}},
		{"further words", "A h 1 un more words\n", []string{"A h 1 un"}},
		{"missing words", "A\nB h\n", []string{"A   un", "B h  un"}},
		{"block", "/* X h 1 un\nY */A h 1 un\n", []string{"A h 1 un"}},
		{"blocks do not nest", "/* /* */ A h 1 un\n", []string{"A h 1 un"}},
		{"open block", "A h 1 un\n/* B h 2 un\n", []string{"A h 1 un"}},
		{"comment lines", "# A\n// B\n; C\nD h 1 un\n", []string{"D h 1 un"}},
		{"comment behind an entry", "A h 1 un # a\nB h 2 un // b\nC h 3 un ; c\nD h 4 un\n", []string{"A h 1 un", "B h 2 un", "C h 3 un", "D h 4 un"}},
		{"bom", "\xef\xbb\xbfA h 1 un\n", []string{"A h 1 un"}},
		{"empty", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := words(ParseAEMap([]byte(tt.text))); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	m := ParseAEMap([]byte(`
SELF  127.0.0.1 5678 un
NG*   10.0.0.*  56*  j2
NG99  10.9.9.9  104  un
Lower host      104  un
lower other     105  un
V*    *         1234 un
`))
	tests := []struct{ title, want string }{
		{"SELF", "SELF 127.0.0.1 5678 un"},
		{"SELF            ", "SELF 127.0.0.1 5678 un"},
		{"SELF\x00", "SELF 127.0.0.1 5678 un"},
		{"NG12", "NG* 10.0.0.12 5612 j2"},
		{"ng12", "NG* 10.0.0.12 5612 j2"},
		{"NG99", "NG* 10.0.0.99 5699 j2"},
		{"NG", "NG* 10.0.0. 56 j2"},
		{"N", ""},
		{"lower", "lower other 105 un"},
		{"LOWER", "Lower host 104 un"},
		{"V1234", "V* 1234 1234 un"},
		{"unknown", ""},
		{"", ""},
		{"   ", ""},
	}
	for _, tt := range tests {
		e, ok := m.Lookup(tt.title)
		got := ""
		if ok {
			got = strings.Join([]string{e.Name, e.Host, e.Port, e.Compression}, " ")
		}
		if got != tt.want {
			t.Errorf("Lookup(%q) = %q, want %q", tt.title, got, tt.want)
		}
	}
}

func TestAEMapChanges(t *testing.T) {
	m := ParseAEMap([]byte("A h 1 un\nB h 2 un\n"))
	m.Put(0, "C", "x")
	m.Put(99, "D", "y", "3")
	m.Put(-1, "E", "z", "4", "j2")
	m.Delete(1)
	m.Delete(99)
	m.Delete(-1)
	want := []string{"C x 1 un", "D y 3 un", "E z 4 j2"}
	if got := words(m); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	path := filepath.Join(t.TempDir(), "acrnema.map")
	if err := m.Write(path, testTime); err != nil {
		t.Fatal(err)
	}
	text := string(m.Text(testTime))
	if !strings.Contains(text, "Written by write_amap on Tue Nov  3 20:44:32 2026") ||
		!strings.HasSuffix(text, "E                 z                              4          j2              \n") {
		t.Errorf("text %q", text)
	}
	m.Delete(0)
	if err := m.Reload(path); err != nil {
		t.Fatal(err)
	}
	if got := words(m); !reflect.DeepEqual(got, want) {
		t.Errorf("after reload %q, want %q", got, want)
	}
	if err := m.Reload(path + "x"); !errors.Is(err, fs.ErrNotExist) || len(m.Entries()) != 3 {
		t.Errorf("missing file: %v, %d entries", err, len(m.Entries()))
	}
}
