package cgi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVariables(t *testing.T) {
	r := &request{query: "a=1&ab=2&a=3&x=%41+%2b%zz&e=&n=a%00b&last=%4"}
	tests := []struct {
		name, want string
		ok         bool
	}{
		{"a", "1", true}, {"ab", "2", true}, {"b", "", false}, {"x", "A +%zz", true}, {"e", "", true}, {"n", "a", true}, {"last", "%4", true}, {"A", "", false},
	}
	for _, tt := range tests {
		if v, ok := r.lookup(tt.name); v != tt.want || ok != tt.ok {
			t.Errorf("%s = %q, %v, want %q, %v", tt.name, v, ok, tt.want, tt.ok)
		}
	}
}

func form(parts ...string) string {
	return "--BD\r\n" + strings.Join(parts, "\r\n--BD\r\n") + "\r\n--BD--\r\n"
}

func TestPosted(t *testing.T) {
	field := "Content-Disposition: form-data; name=\"mode\"\r\n\r\naddlocalfile"
	tests := []struct {
		name, body, ext, file, mode string
	}{
		{"form", form(field, "Content-Disposition: form-data; name=\"f\"; filename=\"a.dcm\"\r\n\r\nDATA\r\nMORE\n"), ".dcm", "DATA\r\nMORE\n", "addlocalfile"},
		{"file first", form("Content-Disposition: form-data; name=\"f\"; filename=\"a.v2\"\r\nContent-Type: x\r\n\r\nDATA", field), ".v2", "DATA", "addlocalfile"},
		{"extension with a path", form("Content-Disposition: form-data; name=\"f\"; filename=\"a./../../x\"\r\n\r\nDATA"), ".dat", "DATA", ""},
		{"no file", form(field), "", "", "addlocalfile"},
		{"xml", "<a/>", ".xml", "<a/>", "query"},
		{"anything", "{}", ".dat", "{}", "query"},
		{"cut", "--BD\r\nContent-Disposition", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tmp")
			r, err := readRequest("mode=query", "1000000", strings.NewReader(tt.body), func() string { return dir })
			if err != nil {
				t.Fatal(err)
			}
			if got := r.value("mode", ""); got != tt.mode {
				t.Errorf("mode %q, want %q", got, tt.mode)
			}
			if tt.ext == "" {
				if r.upload != "" {
					t.Errorf("kept %s", r.upload)
				}
				return
			}
			if filepath.Dir(r.upload) != dir || filepath.Ext(r.upload) != tt.ext {
				t.Errorf("kept as %s", r.upload)
			}
			if data, err := os.ReadFile(r.upload); string(data) != tt.file || string(r.body) != tt.file {
				t.Errorf("file %q (%v), body %q", data, err, r.body)
			}
			r.done()
			if _, err := os.Stat(r.upload); !os.IsNotExist(err) {
				t.Errorf("temporary file stays: %v", err)
			}
		})
	}
}

func TestHarmless(t *testing.T) {
	asked := func(name, value string) variable { return variable{name: name, value: value, asked: true} }
	tests := []struct{ what, got, want string }{
		{"command", harmlessInCommand(asked("patid", "a,b|c\nd")), "abcd"},
		{"condition", harmlessInCommand(asked("query", "a in ('1','2')|x")), "a in ('1','2')x"},
		{"setting", harmlessInCommand(variable{value: "a,b|c"}), "a,b|c"},
		{"Lua", harmlessInLua(asked("x", `']]..os.execute("id")--`)), "..os.executeid--"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, tt.got, tt.want)
		}
	}
}
