package dicomini

import (
	"testing"
	"time"
)

var testTime = time.Date(2026, 11, 3, 20, 44, 32, 0, time.UTC)

const testHeader = "# Written by put_param on Tue Nov  3 20:44:32 2026\n"

func TestPutParam(t *testing.T) {
	tests := []struct{ name, text, key, value, want string }{
		{"replace", "[sscscp]\nKey      = old\nother = 1\n", "KEY", "new, with comma",
			"[sscscp]\nKEY                      = new, with comma\nother = 1\n"},
		{"without blank", "[sscscp]\nKey=old\n", "Key", "new", "[sscscp]\nKey                      = new\n"},
		{"older header goes", "# Written by put_param on Mon Jan  2 15:04:05 2006\n[sscscp]\nKey = old\n", "Key", "new",
			"[sscscp]\nKey                      = new\n"},
		{"all lines of the main section", "[sscscp]\nK = 1\n[lua]\n[sscscp]\nK = 2\n", "K", "3",
			"[sscscp]\nK                        = 3\n[lua]\n[sscscp]\nK                        = 3\n"},
		{"other sections keep theirs", "[sscscp]\nviewer = a\n[webdefaults]\nviewer = b\n", "viewer", "c",
			"[sscscp]\nviewer                   = c\n[webdefaults]\nviewer = b\n"},
		{"only in another section", "[sscscp]\na = 1\n[webdefaults]\nviewer = b\n", "viewer", "c",
			"[sscscp]\na = 1\n[webdefaults]\nviewer                   = c\n"},
		{"longer names are others", "[sscscp]\nMAGDevice0 = a\nMAGDevice01 = b\n", "MAGDevice0", "c",
			"[sscscp]\nMAGDevice0               = c\nMAGDevice01 = b\n"},
		{"new key goes to the main section", "[sscscp]\na = 1\n\n[lua]\nb = 2\n", "New", "x",
			"[sscscp]\na = 1\n\n# Parameter added by put_param on Tue Nov  3 20:44:32 2026\nNew                      = x\n\n[lua]\nb = 2\n"},
		{"file without last line feed", "[sscscp]\na = 1", "New", "x",
			"[sscscp]\na = 1\n\n# Parameter added by put_param on Tue Nov  3 20:44:32 2026\nNew                      = x\n"},
		{"no main section", "[lua]\nb = 2\n", "New", "x",
			"[lua]\nb = 2\n\n[sscscp]\n\n# Parameter added by put_param on Tue Nov  3 20:44:32 2026\nNew                      = x\n"},
		{"indented lines are comments", "[sscscp]\n K = 1\nK = 2\n", "K", "3", "[sscscp]\n K = 1\nK                        = 3\n"},
		{"empty value", "[sscscp]\nK = 1\n", "K", "", "[sscscp]\nK                        = \n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := PutParam([]byte(tt.text), "sscscp", tt.key, tt.value, testTime)
			if err != nil {
				t.Fatal(err)
			}
			if want := testHeader + tt.want; string(got) != want {
				t.Errorf("got\n%q\nwant\n%q", got, want)
			}
			if v, _ := ParseFile("", got).Get("sscscp", tt.key); tt.name != "only in another section" && v != tt.value {
				t.Errorf("read back %q", v)
			}
		})
	}
}

func TestPutParamKeepsCRLF(t *testing.T) {
	got, err := PutParam([]byte("\xef\xbb\xbf[sscscp]\r\nK = 1\r\n"), "sscscp", "K", "2", testTime)
	want := "# Written by put_param on Tue Nov  3 20:44:32 2026\r\n[sscscp]\r\nK                        = 2\r\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestPutParamRefuses(t *testing.T) {
	for _, tt := range [][2]string{{"K", "a\nb"}, {"", "v"}, {"a=b", "v"}, {"[x]", "v"}, {" k", "v"}, {";k", "v"}, {"k\nj", "v"}} {
		if got, err := PutParam([]byte("[sscscp]\n"), "sscscp", tt[0], tt[1], testTime); err == nil {
			t.Errorf("%q = %q was written: %q", tt[0], tt[1], got)
		}
	}
}

func TestDeleteParam(t *testing.T) {
	text := "[sscscp]\nK = 1\nk=2\nK2 = 3\n[t]\nK = 4\n"
	got, err := DeleteParam([]byte(text), "sscscp", "k", testTime)
	if want := testHeader + "[sscscp]\nK2 = 3\n[t]\nK = 4\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = DeleteParam([]byte(text), "sscscp", "absent", testTime)
	if want := testHeader + text; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
}
