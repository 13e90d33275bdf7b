package scripting

import (
	"context"
	"testing"
	"time"
)

var fuzzSeeds = []string{
	`ifequal "%m","CT"; { set 0010,4000 to "%V/0008,1110.1/0008,1155[0,3]^"; forward to X org Y; }`,
	`newuids except 0020,000d=1.2|1.2.3; olduids; scrub -LO,priv`,
	`forward study now -1+2 to AE script "nop %i"; destroy`,
	`lua:print("%V(/0008,1110/0008,1155)0010,0010")`,
	`%%[,%Q%QP%V*%E/[0,`, `{{}}; } ; { `, `set x format "%%999.999f" to "1e300"; crop 1,2,,`,
	`save bmp level 1 as a; copy a to b; process with %f; setifempty 9,9`,
	`write "%n" to %VPatientName; call a; script "script "nop""`,
}

// Any text runs on any object without panic or hang, in both dialects.
func FuzzScript(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s, "Doe^John")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		if len(text) > 2000 || len(name) > 300 {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		w := testWorld()
		w.scripts["a"], w.files["b"] = text, text+"\n"+name
		w.object = testObject()
		w.object.SetString(0x00100010, name)
		d := w.object.Clone()
		r := &Run{Env: &DryRun{Lookup: w}, Object: d, Cache: NewCache(0)}
		r.Import(ctx, text)
		e := &Run{Env: &DryRun{Lookup: w}, File: "/x/y.dcm", Cache: r.Cache}
		e.Export(ctx, text)
		if ctx.Err() != nil {
			t.Fatalf("%q takes too long", text)
		}
		for _, p := range append(Check(text, ImportDialect), Check(text, ExportDialect)...) {
			if p.Offset < 0 || p.Offset > len(text) {
				t.Fatalf("%q: offset %d", text, p.Offset)
			}
		}
		Targets(text, ImportDialect)
	})
}

// Expanding never fails and knows its data.
func FuzzExpand(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		p := Compile(ImportDialect, text)
		x := exec{run: &Run{Object: testObject()}, env: &DryRun{Lookup: testWorld()}, ctx: t.Context()}
		for i := range p.statements {
			v := x.expand(p.statements[i].pieces)
			end := 0
			for _, s := range v.spans {
				if s.start < end || s.end < s.start || s.end > len(v.text) {
					t.Fatalf("%q: spans %v of %q", text, v.spans, v.text)
				}
				end = s.end
			}
			shellCommand(&v, "linux")
			shellCommand(&v, "windows")
			luaText(&v)
			scriptText(&v)
			cleanPath(&v)
		}
	})
}
