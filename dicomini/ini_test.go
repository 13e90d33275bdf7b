package dicomini

import (
	"strings"
	"testing"
)

func TestGet(t *testing.T) {
	long := strings.Repeat("x", 3000)
	tests := []struct {
		name, text, section, key string
		want                     string
		present                  bool
	}{
		{"plain", "[s]\nk = v\n", "s", "k", "v", true},
		{"no last line feed", "[s]\nk = v", "s", "k", "v", true},
		{"crlf", "[s]\r\nk = v\r\n", "s", "k", "v", true},
		{"cr cr lf keeps one cr", "[s]\nk = v\r\r\n", "s", "k", "v\r", true},
		{"bom before section", "\xef\xbb\xbf[s]\nk = v\n", "s", "k", "v", true},
		{"case of names", "[Sec]\nKey = v\n", "sEC", "kEY", "v", true},
		{"only ASCII letters are folded", "[s]\n\xc4k = v\n", "s", "\xe4k", "", false},
		{"bytes are kept", "[s]\nk = \xe4\xff\n", "s", "k", "\xe4\xff", true},
		{"leading space", "[s]\n k = v\n", "s", "k", "", false},
		{"leading tab is part of the key", "[s]\n\tk = v\n", "s", "\tk", "v", true},
		{"leading tab does not match", "[s]\n\tk = v\n", "s", "k", "", false},
		{"semicolon comment", "[s]\n;k = v\n", "s", "k", "", false},
		{"hash is a key", "[s]\n#k = v\n", "s", "#k", "v", true},
		{"slashes are a key", "[s]\n// k = v\n", "s", "// k", "v", true},
		{"inline comment belongs to value", "[s]\nk = v ; c # d // e\n", "s", "k", "v ; c # d // e", true},
		{"text after section", "[s] ; note\nk = v\n", "s", "k", "v", true},
		{"section up to first bracket", "[s]x]\nk = v\n", "s", "k", "v", true},
		{"spaces in section count", "[s ]\nk = v\n", "s", "k", "", false},
		{"spaces in section found", "[s ]\nk = v\n", "s ", "k", "v", true},
		{"section line without bracket goes on", "[s]\n[t\nk = v\n", "s", "k", "v", true},
		{"sections continue", "[s]\na = 1\n[t]\nb = 2\n[S]\nc = 3\n", "s", "c", "3", true},
		{"other section", "[s]\na = 1\n[t]\nb = 2\n", "s", "b", "", false},
		{"no inheritance by dots", "[s]\nk = 1\n[s.t]\nj = 2\n", "s.t", "k", "", false},
		{"default section is none", "[DEFAULT]\nk = 1\n[t]\nj = 2\n", "t", "k", "", false},
		{"before any section", "k = v\n[s]\n", "s", "k", "", false},
		{"first equal sign", "[s]\nk = a=b = c\n", "s", "k", "a=b = c", true},
		{"tabs around", "[s]\nk\t=\t v \t\n", "s", "k", "v", true},
		{"no blanks", "[s]\nk=v\n", "s", "k", "v", true},
		{"double quotes", "[s]\nk = \" v \"\n", "s", "k", " v ", true},
		{"single quotes", "[s]\nk = 'v'\n", "s", "k", "v", true},
		{"one pair only", "[s]\nk = \"\"v\"\"\n", "s", "k", "\"v\"", true},
		{"mixed quotes stay", "[s]\nk = \"v'\n", "s", "k", "\"v'", true},
		{"one quote stays", "[s]\nk = \"\n", "s", "k", "\"", true},
		{"empty quotes", "[s]\nk = \"\"\n", "s", "k", "", true},
		{"back quotes are text", "[s]\nk = `v\nj = w`\n", "s", "k", "`v", true},
		{"triple quotes are quotes", "[s]\nk = \"\"\"v\n", "s", "k", "\"\"\"v", true},
		{"backslash does not continue", "[s]\nk = v\\\nj = w\n", "s", "j", "w", true},
		{"recursion is text", "[s]\nk = %(j)s\nj = w\n", "s", "k", "%(j)s", true},
		{"present but empty", "[s]\nk =\n", "s", "k", "", true},
		{"line without equal", "[s]\nk\n", "s", "k", "", true},
		{"line without equal keeps blanks", "[s]\nk \n", "s", "k", "", false},
		{"first of duplicates", "[s]\nk = 1\nK = 2\n", "s", "k", "1", true},
		{"first also over section parts", "[s]\nk = 1\n[t]\n[s]\nk = 2\n", "s", "k", "1", true},
		{"empty first counts", "[s]\nk =\nk = 2\n", "s", "k", "", true},
		{"colon is no delimiter", "[s]\nk:v\n", "s", "k", "", false},
		{"no auto increment", "[s]\n- = v\n", "s", "-", "v", true},
		{"ends at NUL", "[s]\nk = v\x00w\n", "s", "k", "v", true},
		{"line longer than a piece", "[s]\nk = " + long + "\n", "s", "k", long[:pieceSize-4], true},
		{"rest of a long line is a line", "[s]\nk = " + long[:pieceSize-4] + "j = w\n", "s", "j", "w", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, present := ParseFile("dicom.ini", []byte(tt.text)).Get(tt.section, tt.key)
			if got != tt.want || present != tt.present {
				t.Errorf("Get(%q, %q) = %q, %v; want %q, %v", tt.section, tt.key, got, present, tt.want, tt.present)
			}
		})
	}
}

func TestStringCutsAndReportsOnce(t *testing.T) {
	f := ParseFile("dicom.ini", []byte("[s]\nk = 12345678\n"))
	var said []string
	f.report = func(s string) { said = append(said, s) }
	for _, tt := range []struct {
		size int
		want string
	}{{0, "12345678"}, {9, "12345678"}, {8, "1234567"}, {4, "123"}} {
		if got := f.String("s", "k", "d", tt.size); got != tt.want {
			t.Errorf("size %d: %q, want %q", tt.size, got, tt.want)
		}
	}
	if len(said) != 1 || said[0] != "***Ini file item 's:k' trucated" {
		t.Errorf("messages %q", said)
	}
	if got := f.String("s", "absent", "default stays whole", 4); got != "default stays whole" {
		t.Errorf("default %q", got)
	}
}

func TestAtoi(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "5678 # x": 5678, " \t42": 42, "-7x": -7, "+3": 3, "x1": 0, "- 1": 0, "0x10": 0, "010": 10,
		"99999999999999999999": 1<<31 - 1, "-99999999999999999999": -1 << 31,
	} {
		if got := Atoi(s); got != want {
			t.Errorf("Atoi(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestIntDefault(t *testing.T) {
	f := ParseFile("dicom.ini", []byte("[s]\nempty =\nn = 5\n"))
	for key, want := range map[string]int{"empty": 0, "n": 5, "absent": 99} {
		if got := f.Int("s", key, 99); got != want {
			t.Errorf("%s: %d, want %d", key, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	f := ParseFile("dicom.ini", []byte("[s]\n"+strings.Repeat("a", 600)+"\nlast"))
	lines := f.Lines()
	if len(lines) != 4 || lines[0] != "[s]\n" || len(lines[1]) != 511 || len(lines[2]) != 90 || lines[3] != "last" {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
}

func TestPositions(t *testing.T) {
	f := ParseFile("dicom.ini", []byte("; c\n[s]\r\n\r\nk  =  v\n k2 = x\nk = again\n"))
	if f.Line("S", "K") != 4 {
		t.Errorf("line %d", f.Line("s", "k"))
	}
	if e := f.Section("s")[0]; e.Column != 7 {
		t.Errorf("column %d", e.Column)
	}
	if len(f.dropped) != 1 || f.dropped[0].Line != 5 || len(f.duplicates) != 1 || f.duplicates[0].Line != 6 {
		t.Errorf("dropped %v duplicates %v", f.dropped, f.duplicates)
	}
}
