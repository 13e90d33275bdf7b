package dicomini

import (
	"bytes"
	"testing"
)

func FuzzIni(f *testing.F) {
	f.Add([]byte("[sscscp]\nMicroPACS = sscscp\nImportConverter0 = nop\n[lua]\nassociation = x\n k=v\n"))
	f.Add([]byte("\xef\xbb\xbf[a.b]\r\n\"k\" = `v\n[x\n= y\n\x00\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := ParseFile("dicom.ini", text)
		for _, e := range file.Entries() {
			if v, ok := file.Get(e.Section, e.Key); !ok || v != e.Value {
				t.Fatalf("[%q] %q: %q, %v, want %q", e.Section, e.Key, v, ok, e.Value)
			}
		}
		if c, err := Load(Location{}, file); err == nil {
			Lint(LintInput{Config: c, AEMap: DefaultAEMap("A", "104")})
		}
	})
}

func FuzzPutParam(f *testing.F) {
	f.Add([]byte("[sscscp]\nk = v\n[lua]\n"), "k", "w")
	f.Add([]byte("[lua]\r\nk\r\n"), "n", "")
	f.Fuzz(func(t *testing.T, text []byte, key, value string) {
		got, err := PutParam(text, "sscscp", key, value, testTime)
		if err != nil || len(text) > 1000 || bytes.ContainsRune(text, 0) {
			return
		}
		before := ParseFile("", text)
		after := ParseFile("", got)
		v, ok := after.Get("sscscp", key)
		_, want := splitKey("k = " + value)
		if _, had := before.Get("sscscp", key); (had || ok) && v != want && len(key)+len(value) < 1000 {
			t.Fatalf("%q = %q reads back %q, %v from %q", key, value, v, ok, got)
		}
	})
}

func FuzzAEMap(f *testing.F) {
	f.Add([]byte("/* x */ A 1.2.3.4 104 un # c\nB* h* 1* j2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m := ParseAEMap(text)
		for _, e := range m.Entries() {
			if _, ok := m.Lookup(e.Name); !ok && e.Name != "" && e.Name != "\x00" {
				title := string(bytes.TrimRight([]byte(e.Name), " \t\r\n\x00"))
				if title == e.Name {
					t.Fatalf("%q is not found", e.Name)
				}
			}
		}
		Lint(LintInput{AEMap: m})
	})
}

func FuzzSOPList(f *testing.F) {
	f.Add([]byte(testSOPList))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := ParseSOPList(text)
		for k := range sopKinds {
			for _, e := range l.Entries(k) {
				if l.Name(k, e.Value) == "" {
					t.Fatalf("%q has no name", e.Value)
				}
			}
		}
		Lint(LintInput{SOPList: l})
	})
}

func FuzzSchema(f *testing.F) {
	f.Add(DefaultSchema(SchemaOptions{}).Text())
	f.Add([]byte(`*Patient*{{1,2,"A",3,SQL_C_CHAR,DT_STR}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := ParseSchema(text, SchemaOptions{TruncateFieldNames: 10}); err == nil {
			for _, table := range s.Tables() {
				for _, c := range table.Columns {
					if len(c.Name) > 10 {
						t.Fatalf("column %q", c.Name)
					}
				}
			}
		}
		Lint(LintInput{SchemaText: text})
	})
}
