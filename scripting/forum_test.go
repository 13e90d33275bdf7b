package scripting

import (
	"context"
	"reflect"
	"testing"

	"conquest/dicom"
)

// Lines that sites use, with the log of the original server.
func TestForumLines(t *testing.T) {
	const nested = `ifequal "%V0008,1090","Prisma Fit"; { ifequal "%V0008,0016","1.2.840.10008.5.1.4.1.1.7"; { save to D/%o.dcm; nop inner; }; nop outer; destroy; }`
	const p = "Importconverter0."
	for _, c := range []struct {
		text, class string
		want        []string
	}{
		{nested, "1.2.840.10008.5.1.4.1.1.1", []string{
			p + `0 executes: ifequal "Prisma Fit","Prisma Fit"`,
			p + `1 executes: ifequal "1.2.840.10008.5.1.4.1.1.1","1.2.840.10008.5.1.4.1.1.7"`,
			p + "2 skipped", p + "3 skipped", p + "5: nop outer", p + "6: destroyed received image"}},
		{nested, "1.2.840.10008.5.1.4.1.1.7", []string{
			p + `0 executes: ifequal "Prisma Fit","Prisma Fit"`,
			p + `1 executes: ifequal "1.2.840.10008.5.1.4.1.1.7","1.2.840.10008.5.1.4.1.1.7"`,
			p + "2 executes: save to D/1.2.3.3.dcm", p + "3: nop inner", p + "5: nop outer", p + "6: destroyed received image"}},
		{`ifequal "%V0008,0016","1.2.840.10008.5.1.4.1.1.88.67"; {save to D/%o.dcm; system S %o; }; destroy`, "1.2", []string{
			p + `0 executes: ifequal "1.2","1.2.840.10008.5.1.4.1.1.88.67"`, p + "1 skipped", p + "2 skipped", p + "4: destroyed received image"}},
		{`ifequal "%c","SRC"; { forward to DEST1; destroy; }; ifequal "%u","SRC"; nop calling`, "1.2", []string{
			p + `0 executes: ifequal "DEST","SRC"`, p + "1 skipped", p + "2 skipped", p + `4 executes: ifequal "SRC","SRC"`, p + "5: nop calling"}},
		{`nop %V0008,1110.0 %V0008,1030[0,5] %i[0,2]`, "1.2", []string{p + "0: nop (sequence).0  P1"}},
	} {
		d, env := testObject(), &DryRun{Lookup: testWorld()}
		d.SetString(0x00081090, "Prisma Fit")
		d.SetString(dicom.SOPClassUID, c.class)
		r := &Run{Env: env, Object: d, Kind: Import, Calling: "SRC", Called: "DEST"}
		r.Import(t.Context(), c.text)
		if got := env.Log(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

type luaEnv struct {
	*DryRun
	chunks []LuaChunk
}

func (e *luaEnv) Lua(_ context.Context, _ *Run, c LuaChunk) Code {
	e.chunks = append(e.chunks, c)
	return c.Start
}

// Arguments of Lua files are the text between the outer parentheses, with
// values as they are.
func TestLuaArguments(t *testing.T) {
	for text, want := range map[string]LuaChunk{
		`a.lua(E:\x\%o.dcm::%VSeriesDescription)`: {CommandLine: `E:\x\1.2.3.3.dcm::Abdo (x)`, HasCommandLine: true},
		`a.lua("E:\x\%i.dcm")`:                    {CommandLine: `E:\x\P1.dcm`, HasCommandLine: true},
		`a.lua`:                                   {},
		`a.lua()`:                                 {HasCommandLine: true},
	} {
		w := testWorld()
		w.files["/base/a.lua"] = "x"
		d := testObject()
		d.SetString(dicom.SeriesDescription, "Abdo (x)")
		env := &luaEnv{DryRun: &DryRun{Lookup: w}}
		r := &Run{Env: env, Object: d, Kind: Import}
		r.Import(t.Context(), text)
		want.Text, want.File, want.Start = "dofile(Global.basedir..'a.lua')", true, Done
		if len(env.chunks) != 1 || env.chunks[0] != want {
			t.Errorf("%s: %+v", text, env.chunks)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"", `a"b`, `100%i; destroy`, `""`, `"`, "lua:x"} {
		d, _, code := script(testWorld(), "set 0010,4000 to "+Quote(s)+"; nop")
		if got := d.String(0x00104000); got != s || code != Done {
			t.Errorf("%q comes out as %q, %v", s, got, code)
		}
	}
}
