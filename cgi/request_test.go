package cgi

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
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
			r, err := readRequest("mode=query", "1000000", strings.NewReader(tt.body), 1<<20, func() string { return dir })
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
			if data, err := os.ReadFile(r.upload); string(data) != tt.file || string(r.body()) != tt.file {
				t.Errorf("file %q (%v), body %q", data, err, r.body())
			}
			r.done()
			if _, err := os.Stat(r.upload); !os.IsNotExist(err) {
				t.Errorf("temporary file stays: %v", err)
			}
		})
	}
}

// TestPostedTooMuch refuses what is too large or has too many fields, and leaves
// nothing behind.
func TestPostedTooMuch(t *testing.T) {
	field := func(name, value string) string {
		return "Content-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value
	}
	file := "Content-Disposition: form-data; name=\"f\"; filename=\"a.dcm\"\r\n\r\nDATA"
	many := []string{file}
	for i := range maxFields + 1 {
		many = append(many, field(strings.Repeat("x", i%30)+string(rune('a'+i%26))+strings.Repeat("y", i/26), "v"))
	}
	for name, tt := range map[string]struct {
		length, body string
		want         error
	}{
		"too large":    {"2000001", "<", errPostTooLarge},
		"long field":   {"2000000", form(file, field("a", strings.Repeat("x", maxFieldSize+1))), errPostFields},
		"many fields":  {"2000000", form(many...), errPostFields},
		"long name":    {"2000000", form(file, field(strings.Repeat("n", 1000), "v")), nil},
		"second file":  {"2000000", form(file, file), nil},
		"no such size": {"99999999999999999999", "<", nil},
	} {
		dir := t.TempDir()
		r, err := readRequest("", tt.length, strings.NewReader(tt.body), 2000000, func() string { return dir })
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if r != nil {
			r.done()
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: %v is left", name, left)
		}
	}
}

// FuzzRequest reads what web servers hand over of a stranger: it ends, keeps
// within its folder and takes no more than was sent.
func FuzzRequest(f *testing.F) {
	f.Add("mode=query&slice=1:2&a=%41+%00b", []byte(form("Content-Disposition: form-data; name=\"mode\"\r\n\r\naddlocalfile", "Content-Disposition: form-data; name=\"f\"; filename=\"a.dcm\"\r\n\r\nDATA")))
	f.Add("requestType=WADO&studyUID=1&seriesUID=2&objectUID=3&anonymize=yes", []byte("<a/>"))
	f.Add("?--quit:", []byte("--"))
	f.Add("--put_param:CommandIPs,0.0.0.0/0", []byte("--\r\n\r\n"))
	f.Add("%", []byte("-\n"))
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		dir := filepath.Join(root, "tmp")
		r, err := readRequest(query, strconv.Itoa(len(body)), bytes.NewReader(body), 1<<20, func() string { return dir })
		if err != nil {
			r = &request{}
		}
		size := 0
		for _, v := range r.fields {
			size += len(v)
		}
		if size+len(r.body()) > len(body) {
			t.Errorf("%d bytes of %d", size+len(r.body()), len(body))
		}
		if r.upload != "" && filepath.Dir(r.upload) != dir {
			t.Errorf("kept as %s", r.upload)
		}
		q := &request{query: query}
		for _, name := range []string{"mode", "slice", "requestType", "objectUID", "patientidmatch", "query"} {
			v := variable{name: name, value: q.value(name, "") + r.value(name, ""), asked: true}
			if c := harmlessInCommand(v); strings.ContainsAny(c, "|\n\r\x00") || name != "query" && strings.Contains(c, ",") {
				t.Errorf("%s: %q in a command", name, c)
			}
			if l := harmlessInLua(v); strings.ContainsAny(l, "'\"\n[]()") {
				t.Errorf("%s: %q in Lua", name, l)
			}
			if storedName.MatchString(v.value) && strings.ContainsAny(v.value, "\\*?|") {
				t.Errorf("%q is no stored object", v.value)
			}
		}
		r.done()
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
	})
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
