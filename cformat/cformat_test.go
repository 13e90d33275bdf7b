package cformat

import "testing"

func TestSprintf(t *testing.T) {
	tests := []struct {
		format string
		values []any
		want   string
	}{
		{"%s", []any{"a"}, "a"},
		{"%-5s|%5s|", []any{"ab", "cd"}, "ab   |   cd|"},
		{"%0.0s%s", []any{"skipped", "kept"}, "kept"},
		{"x=%s=%s", []any{"4"}, "x=4="},
		{"%d MB", []any{12}, "12 MB"},
		{"%04d|%4d|%-4d|", []any{7, 7, 7}, "0007|   7|7   |"},
		{"0x%4.4x, 0x%4.4X %c%c", []any{0x10, 0xab, 'T' + 0, int('M')}, "0x0010, 0x00AB " + "TM"},
		{"%x %o %u", []any{255, 8, -1}, "ff 10 4294967295"},
		{"100%% %", nil, "100% %"},
		{"%s%n%s", []any{"a", "b", "c"}, "ac"},
		{"%*d|", []any{4, 2}, "   2|"},
		{"%-*s|", []any{4, "a"}, "a   |"},
		{"%d", []any{"12"}, "12"},
		{"%s", []any{12}, "12"},
		{"%.2f", []any{"1.5"}, "1.50"},
		{"%08.3f|%+g|% e|%-8.1f|", []any{1.5, 0.5, 2.0, -1.25}, "0001.500|+0.5| 2.000000e+00|-1.2    |"},
		{"%d %s", []any{1.9, 0.5}, "1 0.500000"},
		{"%ld %hhx", []any{5, 10}, "5 a"},
		{`a\n`, nil, `a\n`},
	}
	for _, tt := range tests {
		for i, v := range tt.values {
			if r, ok := v.(rune); ok {
				tt.values[i] = int(r)
			}
		}
		if got := Sprintf(tt.format, tt.values...); got != tt.want {
			t.Errorf("Sprintf(%q, %v) = %q, want %q", tt.format, tt.values, got, tt.want)
		}
	}
}

func FuzzSprintf(f *testing.F) {
	for _, s := range []string{"%s", "%0.0s", "%999999999d", "%*.*f", "%%%", "%-+ #08.3x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, format string) { Sprintf(format, "text", 42, "3.5") })
}
