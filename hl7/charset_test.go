package hl7

import (
	"strings"
	"testing"
)

func TestUTF8(t *testing.T) {
	for _, tt := range []struct{ charset, name, want string }{
		{"", "M\xfcller", "M\xfcller"},
		{"ASCII", "Mueller", "Mueller"},
		{"8859/1", "M\xfcller", "Müller"},
		{"8859/5", "\xb8\xd2\xd0\xdd\xde\xd2", "Иванов"},
		{"8859/15", "\xa4", "€"},
		{"UNICODE UTF-8", "Müller", "Müller"},
		{"GB 18030-2000", "\xcd\xf5\xd0\xa1\xb6\xab", "王小东"},
		{"BIG-5", "\xb3\\\xa5\\", "許功"}, // whose second bytes are backslashes
		{"ISO IR87", "\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "山田^太郎"},
		{"ISO IR14~ISO IR87", "\xd4\xcf\xc0\xde^\x1b$B;3ED\x1b(J", "ﾔﾏﾀﾞ^山田"},
		{"8859/1~ISO IR87", `M` + "\xfc" + `ller \M2442\` + ";3ED" + `\C2842\ x`, "Müller 山田 x"},
		{"KS X 1001", "\x1b$)C\xb1\xe8\xc8\xf1\xc1\xdf", "김희중"},
		{"8859/77", "M\xfcller", "M\xfcller"},
	} {
		msh := `MSH|^~\&|HIS||RIS||20240102||ORM^O01|1|P|2.5||||||` + tt.charset
		if got := UTF8(msh + "\rPID|1||P1||" + tt.name + "\r"); got != msh+"\rPID|1||P1||"+tt.want+"\r" {
			t.Errorf("%s: %q, want %q", tt.charset, got[len(msh):], tt.want)
		}
	}
}

// TestUTF8OfSeveral: each message of a file has its own character set.
func TestUTF8OfSeveral(t *testing.T) {
	one := "MSH|^~\\&||||||||||||||||8859/1\r\nPID|||||\xfc\r\n"
	two := "MSH|^~\\&||||||||||||||||8859/5\r\nPID|||||\xd0\r\n"
	got := UTF8(one + two + "\x0b" + one)
	if want := []string{"ü", "а", "ü"}; strings.Count(got, want[0]) != 2 || !strings.Contains(got, want[1]) {
		t.Errorf("%q", got)
	}
}
