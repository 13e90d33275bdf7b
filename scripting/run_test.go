package scripting

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"conquest/dicom"
)

func TestLog(t *testing.T) {
	const p = "Importconverter0."
	for _, c := range []struct {
		text string
		want []string
		code Code
	}{
		{"nop a;; nop b", []string{p + "0: nop a", p + "2: nop b"}, Done},
		{`ifequal "a","b"; nop x`, []string{p + `0 executes: ifequal "a","b"`, p + "1 not executed because of previous statement"}, Nothing},
		{`ifequal "a","b"`, []string{p + `0 executes: ifequal "a","b"`}, Skip},
		{`ifempty "a"; } nop x; nop y`, []string{p + `0 executes: ifempty "a"`, p + "1 not executed because of previous statement", p + "2: nop y"}, Nothing},
		{`ifempty ""; { nop a; stop; }; nop b`, []string{p + `0 executes: ifempty ""`, p + "1: nop a", p + "2: stop"}, Stop},
		{`ifequal "a" ,"b"; nop x`, []string{p + "1: nop x"}, Done},
		{`ifmatch "11122334", "*EDU*"; forward study to DESTINATION; destroy; stop`, []string{
			p + `0 executes: ifmatch "11122334", "*EDU*"`, p + "1 not executed because of previous statement", p + "2: destroyed received image"}, Destroy},
		{`ifmatch "123EDU9", "**EDU**"; {forward study to DESTINATION; destroy; stop;}; nop z`, []string{
			p + `0 executes: ifmatch "123EDU9", "**EDU**"`, p + "1 skipped", p + "2 skipped", p + "3 skipped", p + "5: nop z"}, Nothing},
		{`set 0010,4000 to "a""b"; nop %V0010,4000`, []string{p + `0 executes: set 0010,4000 to "a"b"`, p + `1: nop a"b`}, Done},
		{`setifempty 0010,1001 to ""; setifempty 0010,1001 if ""`, []string{p + `0 executes: setifempty 0010,1001 to ""`, p + `1 executes void: setifempty 0010,1001 if ""`}, Done},
		{`set x to "abc "; nop [%x]; set x if ""`, []string{p + `0 executes: set x to "abc "`, p + "1: nop [abc]", p + `2 executes void: set x if ""`}, Done},
		{`between "17", "9"; nop evening`, []string{p + `0 executes: between "17", "9"`, p + "1: nop evening"}, Done},
		{`between "9", "17"; nop day`, []string{p + `0 executes: between "9", "17"`, p + "1 not executed because of previous statement"}, Nothing},
		{`retry`, []string{"*** " + p + "0 error: retry"}, Done},
		{`defer`, []string{p + "0: defer for exportconverter"}, Defer},
		{`destroy2`, nil, Destroy},
	} {
		_, env, code := script(testWorld(), c.text)
		if got := env.Log(); !reflect.DeepEqual(got, c.want) || code != c.code {
			t.Errorf("%s\n got %q %v\nwant %q %v", c.text, got, code, c.want, c.code)
		}
	}
}

func TestCalls(t *testing.T) {
	w := testWorld()
	w.scripts["entry"] = "nop entry; return; nop never"
	w.files["a.cq"] = "# remark\nnop [%m] one\r\nstop\nnop two\n"
	w.files["/base/b.cq"] = "set 0008,0060 to \"MR\"\nreturn\nnop never\n"
	w.files["loop.cq"] = "call loop.cq\n"
	const nested = "Importconverter-1."
	for _, c := range []struct {
		text string
		want []string
		code Code
	}{
		{"call a.cq; nop x", []string{"Importconverter0.0: call a.cq", nested + "0: nop [CT] one", nested + "0: stop", nested + "0: nop two", "Importconverter0.1: nop x"}, Done},
		{"b.cq; nop x", []string{"Importconverter0.0: b.cq", nested + `0 executes: set 0008,0060 to "MR"`, nested + "0: return"}, Return},
		{"call entry; nop x", []string{nested + "0: nop entry", nested + "1: return"}, Return},
		{"entry", []string{nested + "0: nop entry", nested + "1: return"}, Return},
		{"call none; nop x", []string{"*** Importconverter0.0 script not found: none", "Importconverter0.1: nop x"}, Done},
		{`script "ifequal "a","b""; nop x; nop y`, []string{nested + `0 executes: ifequal "a","b"`, "Importconverter0.1 not executed because of previous statement", "Importconverter0.2: nop y"}, Nothing},
	} {
		_, env, code := script(w, c.text)
		if got := env.Log(); !reflect.DeepEqual(got, c.want) || code != c.code {
			t.Errorf("%s\n got %q %v\nwant %q %v", c.text, got, code, c.want, c.code)
		}
	}
	_, env, _ := script(w, "call loop.cq")
	if log := strings.Join(env.Log(), "\n"); strings.Count(log, "nested too deep") != 1 {
		t.Errorf("endless call: %s", log)
	}
	w.files["many.cq"] = "call many.cq; call many.cq; call many.cq\n"
	_, env, _ = script(w, "call many.cq")
	if log := strings.Join(env.Log(), "\n"); strings.Count(log, "nested too deep") != 1 {
		t.Errorf("endless calls: %d lines", strings.Count(log, "\n"))
	}
}

func TestSet(t *testing.T) {
	for _, c := range []struct {
		text string
		tag  dicom.Tag
		want dicom.Element
	}{
		{`set Rows to "16"`, dicom.Rows, dicom.Element{VR: dicom.US, Value: []byte{16, 0}}},
		{`set 0018,9087 to "1.5"`, 0x00189087, dicom.Element{VR: dicom.FD, Value: []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}}},
		{`set 0020,9157 to "4\5"`, 0x00209157, dicom.Element{VR: dicom.UL, Value: []byte{4, 0, 0, 0, 5, 0, 0, 0}}},
		{`set 0008,0018 to "1.2.3"`, dicom.SOPInstanceUID, dicom.Element{VR: dicom.UI, Value: []byte("1.2.3\x00")}},
		{`set StudyDescription to "abc"`, dicom.StudyDescription, dicom.Element{VR: dicom.LO, Value: []byte("abc ")}},
		{`set 0010,1030 format "%%5.2f" to "72.456"`, 0x00101030, dicom.Element{VR: dicom.DS, Value: []byte("72.46 ")}},
		{`set PatientName to nil`, dicom.PatientName, dicom.Element{}},
		{`set PatientName to ""`, dicom.PatientName, dicom.Element{VR: dicom.PN}},
	} {
		d, _, _ := script(testWorld(), c.text)
		e := d.Get(c.tag)
		if c.want.VR == 0 {
			if e != nil {
				t.Errorf("%s: still there", c.text)
			}
			continue
		}
		if e == nil || e.VR != c.want.VR || string(e.Value) != string(c.want.Value) {
			t.Errorf("%s: %+v", c.text, e)
		}
	}
}

func TestFormatC(t *testing.T) {
	for _, c := range []struct{ format, v, want string }{
		{"%05d", "42", "00042"}, {"%08x", "255", "000000ff"}, {"%g", "0.5", "0.5"}, {"%.2f", "1", "1.00"},
		{"[%-6s]", "ab", "[ab    ]"}, {"x", "a", "x"}, {"%s%s", "a", "a"}, {"%99999d", "1", ""}, {"%d%%", "5", "5%"}, {"%", "a", "%"},
		{"%n", "a", "%n"},
	} {
		got := formatC(c.format, c.v)
		if c.want == "" && len(got) == 4096 {
			continue
		}
		if got != c.want {
			t.Errorf("%s of %s gives %q, want %q", c.format, c.v, got, c.want)
		}
	}
}

func TestDelayed(t *testing.T) {
	uids := Delayed{StudyUID: "1.2.3.1"}
	series := Delayed{StudyUID: "1.2.3.1", SeriesUID: "1.2.3.2"}
	image := Delayed{StudyUID: "1.2.3.1", SeriesUID: "1.2.3.2", SOP: "1.2.3.3"}
	with := func(d Delayed, f func(*Delayed)) Delayed { f(&d); return d }
	for _, c := range []struct {
		text string
		want Delayed
	}{
		{"forward study to AE1 after 5", with(uids, func(d *Delayed) { d.Operation, d.AE, d.After = "forward stu", "AE1", 5 })},
		{"forward series compressed as j2 to AE1", with(series, func(d *Delayed) { d.Operation, d.AE, d.Compression = "forward ser", "AE1", "j2" })},
		{"FORWARD image auto AE1", with(image, func(d *Delayed) { d.Operation, d.AE = "FORWARD ima", "AE1" })},
		{"forward study to AE1 org ME", with(uids, func(d *Delayed) { d.Operation, d.AE = "forward stu", "AE1" })},
		{"forward study to AE1 series 9.9", Delayed{Operation: "forward stu", AE: "AE1", SeriesUID: "9.9"}},
		{"forward patient now -1+1 to AE1", Delayed{Operation: "forward pat", AE: "AE1", Date: "20260114-20260116"}},
		{"forward study age -1+1 to AE1", Delayed{Operation: "forward stu", AE: "AE1", Date: "20241230-20250101"}},
		{"get study date 20240101-20240102 modality MR from AE1", Delayed{Operation: "get study", AE: "AE1", Date: "20240101-20240102", Modality: "MR"}},
		{"forward patient imagetype PRIMARY to AE1", with(uids, func(d *Delayed) { d.Operation, d.AE, d.ImageType = "forward pat", "AE1", "PRIMARY" })},
		{"process study after 10. by /bin/x %i > a", with(uids, func(d *Delayed) {
			d.Operation, d.After, d.Command, d.Shell = "process stu", 10, "/bin/x P1 > a", "/bin/x P1 > a"
		})},
		{"process patient by x.lua(%VPatientName)", Delayed{Operation: "process pat", Command: "x.lua(Doe^John)", Shell: "x.lua(Doe^John)"}},
		{`merge study script "set 0010,4000 to "%i"; x"`, with(uids, func(d *Delayed) { d.Operation, d.Script = "merge study", `set 0010,4000 to "P1"; x` })},
		{"submit2 series target T command [a b %%s %%s] password", with(series, func(d *Delayed) {
			d.Operation, d.Target, d.Upload = "submit2 ser", "T", "a b %s T"
		})},
		{"submit2 series target u@h:/d/%i command [scp -B %%s %%s] password", with(series, func(d *Delayed) {
			d.Operation, d.Target, d.Upload = "submit2 ser", "u@h:/d/P1", "scp -B %s u@h:/d/P1"
		})},
	} {
		w, env := testWorld(), &queueEnv{}
		env.DryRun = &DryRun{Lookup: w}
		r := &Run{Env: env, Object: testObject(), Kind: Import}
		r.Import(t.Context(), c.text)
		if len(env.queued) != 1 {
			t.Errorf("%s: queued %d", c.text, len(env.queued))
			continue
		}
		got := *env.queued[0]
		verb, rest, _ := strings.Cut(strings.ToLower(c.text), " ")
		c.want.Verb, c.want.PatientID = verb, "P1"
		c.want.Level, _, _ = strings.Cut(rest, " ")
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", c.text, got, c.want)
		}
	}
}

type queueEnv struct {
	*DryRun
	queued   []*Delayed
	forwards []*Forward
	fail     error
	unkept   error
}

func (e *queueEnv) Queue(_ context.Context, d *Delayed) (bool, error) {
	e.queued = append(e.queued, d)
	return true, e.unkept
}

func (e *queueEnv) Forward(ctx context.Context, f *Forward) error {
	e.forwards = append(e.forwards, f)
	if e.fail == nil && f.Prepare != nil {
		f.Prepare(ctx)
	}
	return e.fail
}

func TestDelayedScriptIsSafe(t *testing.T) {
	env := &queueEnv{DryRun: &DryRun{Lookup: testWorld()}}
	d := testObject()
	d.SetString(dicom.PatientName, `a"; destroy; nop "%i`)
	r := &Run{Env: env, Object: d, Kind: Import}
	r.Import(t.Context(), `forward study to X script set 0010,4000 to "%VPatientName"`)
	r.Import(t.Context(), `forward study to X script "set 0010,4000 to "%VPatientName""`)
	r.Import(t.Context(), `forward study to X script nop %VPatientName`)
	for _, q := range env.queued {
		r := &Run{Env: &DryRun{Lookup: testWorld()}, Object: testObject(), N: -1}
		if code := r.Import(t.Context(), q.Script); code == Destroy {
			t.Errorf("%s destroys", q.Script)
		}
		if strings.HasPrefix(q.Script, "set") && r.Object.String(0x00104000) != `a"; destroy; nop "%i` {
			t.Errorf("%s sets %q", q.Script, r.Object.String(0x00104000))
		}
	}
}

func TestLuaFile(t *testing.T) {
	for command, want := range map[string][2]string{
		"lua/t.lua a b c": {"lua/t.lua", "a b c"}, "t.lua(a1)": {"t.lua", "a1"}, "t.lua": {"t.lua", ""},
		"/bin/sh t.lua": {}, "/bin/true": {},
	} {
		path, args, ok := (&Delayed{Command: command}).LuaFile()
		if ok != (want[0] != "") || ok && (path != want[0] || args != want[1]) {
			t.Errorf("%s: %q %q %v", command, path, args, ok)
		}
	}
}

func TestForwardClauses(t *testing.T) {
	for _, c := range []struct {
		text string
		want Forward
		log  string
	}{
		{"forward to AE1 org ME dest THEM channel 3", Forward{Target: "AE1", Originator: "ME", CalledAE: "THEM", Channel: 3}, "ImportConverter0.3: forwarded object to AE1"},
		{"forward compressed as j2 to AE1", Forward{Target: "AE1", Compression: "j2"}, "ImportConverter0.0: forwarded object to AE1"},
		{"forward compressed as j390 to host:104 channel 20", Forward{Target: "host:104", Compression: "j390"}, "ImportConverter0.0: forwarded object to host:104"},
		{"forward to AE1 channel *", Forward{Target: "AE1", Channel: 7}, "ImportConverter0.7: forwarded object to AE1"},
		{"forward to ", Forward{}, "ImportConverter0.0: forwarded object to "},
	} {
		env := &queueEnv{DryRun: &DryRun{Lookup: testWorld()}}
		r := &Run{Env: env, Object: testObject(), Kind: Import, Thread: 27}
		r.Import(t.Context(), c.text)
		f := *env.forwards[0]
		got := Forward{Target: f.Target, Originator: f.Originator, CalledAE: f.CalledAE, Channel: f.Channel, Compression: f.Compression}
		if !reflect.DeepEqual(got, c.want) || env.Log()[0] != c.log {
			t.Errorf("%s: %+v, %q", c.text, got, env.Log())
		}
	}
}

func TestForwardFailures(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
		code Code
	}{
		{&ForwardError{Failure: NotConnected}, "*** ExportConverter1.0: Forward failed to connect to host AE1", Retry},
		{&ForwardError{Failure: NotAccepted}, "*** ExportConverter1.0: DICOM server AE1 does not accept type of forwarded image", Done},
		{&ForwardError{Failure: NotSent}, "*** ExportConverter1.0: Forward failed to send DICOM image to AE1", Done},
		{&ForwardError{Failure: NotSent, Retry: true}, "*** ExportConverter1.0: Forward failed to send DICOM image to AE1", Retry},
	} {
		w := testWorld()
		w.object = testObject()
		env := &queueEnv{DryRun: &DryRun{Lookup: w}, fail: c.err}
		r := &Run{Env: env, Kind: Export, N: 1, File: "/data/a.dcm"}
		code := r.Export(t.Context(), "forward to AE1; nop next")
		want := []string{"ExportConverter1.0: forward /data/a.dcm to AE1", c.want}
		if !reflect.DeepEqual(env.Log(), want) || code != c.code {
			t.Errorf("%q %v, want %q %v", env.Log(), code, want, c.code)
		}
	}
}

// An absolute name of a Lua file is taken as it is.
func TestAbsoluteLuaFile(t *testing.T) {
	w := testWorld()
	w.files["/opt/x.lua"], w.files["y.lua"] = "return", "return"
	_, env, _ := script(w, "/opt/x.lua(1); y.lua")
	want := []string{"run Lua (not done here, its verdict is unknown): dofile('/opt/x.lua')", "run Lua (not done here, its verdict is unknown): dofile(Global.basedir..'y.lua')"}
	if got := env.Effects(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

// Two braces are taken off a statement of an export, the first of which counts.
func TestDoubleBraces(t *testing.T) {
	for text, want := range map[string][]string{
		`{ { nop a; } }`:                         {"Exportconverter0.0: nop a"},
		`{{nop a; }}`:                            {"Exportconverter0.0: nop a"},
		`ifequal "a","b"; { { nop a; } }; nop b`: {`Exportconverter0.0 executes: ifequal "a","b"`, "Exportconverter0.1 skipped", "Exportconverter0.3: nop b"},
		`ifequal "a","a"; {{ nop a; }}; nop b`:   {`Exportconverter0.0 executes: ifequal "a","a"`, "Exportconverter0.1: nop a", "Exportconverter0.3: nop b"},
	} {
		w := testWorld()
		w.object = testObject()
		env := &DryRun{Lookup: w}
		(&Run{Env: env, Kind: Export, File: "/data/a.dcm"}).Export(t.Context(), text)
		if got := env.Log(); !reflect.DeepEqual(got, want) || len(env.Effects()) > 0 {
			t.Errorf("%s\n got %q\nwant %q", text, got, want)
		}
	}
}

// Values in the target and the command of submit2 are words of the shell.
func TestSubmitTarget(t *testing.T) {
	for _, c := range []struct{ text, id, upload, problem string }{
		{"submit2 series target u@h:/d/%i command [scp %%s %%s] x", "P$(id);1", "scp %s u@h:/d/'P$(id);1'", ""},
		{`submit2 series target u@h:/d/%i command [scp "%%s" "%%s" x] x`, "P`id`", "scp \"%s\" \"u@h:/d/P\\`id\\`\" x", ""},
		{"submit2 series command [scp %%0.0s%%s %i] target u@h:%i x", "50%s", "scp %0.0su@h:'50%%s' '50%%s'", ""},
		{"submit2 series target %i command [scp %%s $HOME/%%s] x", "a b", "scp %s $HOME/a", ""},
		{"submit2 series target a&b command [scp %%s %%s] x", "P1", "scp %s a&b", ""},
		{"submit2 series target x command [%i %%s %%s] x", "reboot", "", "the name of a program"},
	} {
		env := &queueEnv{DryRun: &DryRun{Lookup: testWorld()}}
		d := testObject()
		d.SetString(dicom.PatientID, c.id)
		r := &Run{Env: env, Object: d, Kind: Import}
		r.Import(t.Context(), c.text)
		switch {
		case c.problem != "":
			if len(env.queued) != 0 || !strings.Contains(strings.Join(env.Log(), "\n"), c.problem) {
				t.Errorf("%s: %d queued, %q", c.text, len(env.queued), env.Log())
			}
		case len(env.queued) != 1 || env.queued[0].Upload != c.upload:
			t.Errorf("%s: %+v", c.text, env.queued[0])
		}
	}
}

// Commands in which a value would be more than one are not run.
func TestShellRefusals(t *testing.T) {
	for _, text := range []string{
		"system %VPatientName", "system true && %VPatientName", `system sh -c "%VPatientName"`, `system eval %VPatientName`,
		`process with perl -e "%VPatientName"`, `process study by sh -c "x; %VPatientName"`,
	} {
		env := &queueEnv{DryRun: &DryRun{Lookup: testWorld()}}
		d := testObject()
		d.SetString(dicom.PatientName, "$(reboot)")
		r := &Run{Env: env, Object: d, Kind: Import}
		r.Import(t.Context(), text)
		if effects := env.Effects(); len(effects)+len(env.queued) > 0 {
			t.Errorf("%s: %q", text, effects)
		}
		if log := strings.Join(env.Log(), "\n"); !strings.Contains(log, "*** Importconverter0.") || !strings.Contains(log, `the value "$(reboot)" can not be`) {
			t.Errorf("%s: %q", text, log)
		}
		found := false
		for _, p := range Check(text, ImportDialect) {
			found = found || strings.Contains(p.Message, "a value here is") && text[p.Offset:p.Offset+2] == "%V"
		}
		if !found {
			t.Errorf("%s: %+v", text, Check(text, ImportDialect))
		}
	}
	if p := Check("%VModality %f", ExportDialect); len(p) != 1 || !strings.Contains(p[0].Message, "the name of a program") {
		t.Errorf("%+v", p)
	}
}

// A script run by Lua says only what went wrong, and a forward in it uses the
// last row.
func TestQuietScripts(t *testing.T) {
	env := &queueEnv{DryRun: &DryRun{Lookup: testWorld()}}
	r := &Run{Env: env, Object: testObject(), Kind: Import, N: 5}
	r.Script(t.Context(), "nop x; nonsense; forward to AE1", -2, true)
	want := []string{"*** Importconverter-2.1 error: nonsense", "ImportConverter19.2: forwarded object to AE1"}
	if !reflect.DeepEqual(env.Log(), want) {
		t.Errorf("%q, want %q", env.Log(), want)
	}
}

type stepList []Step

func (s *stepList) Step(step Step) { *s = append(*s, step) }

func TestTrace(t *testing.T) {
	var steps stepList
	r := &Run{Env: &DryRun{Lookup: testWorld()}, Object: testObject(), Kind: Import, Trace: &steps}
	r.Import(t.Context(), `ifequal "%m","MR"; { nop a; }; nop %i; what`)
	want := []struct {
		outcome Outcome
		text    string
		offset  int
	}{
		{Executed, `ifequal "CT","MR"`, 0}, {InBlock, "", 21}, {Executed, "", 29}, {Executed, "nop P1", 31}, {Unknown, "what", 39},
	}
	if len(steps) != len(want) {
		t.Fatalf("%d steps: %+v", len(steps), steps)
	}
	for i, w := range want {
		if s := steps[i]; s.Outcome != w.outcome || s.Text != w.text || s.Offset != w.offset {
			t.Errorf("step %d: %+v, want %+v", i, s, w)
		}
	}
	if c := steps[0].Condition; c == nil || c.Left != "CT" || c.Right != "MR" || c.True {
		t.Errorf("condition %+v", c)
	}
}

// An object that could not be forwarded is not destroyed with success.
func TestDestroyAfterForward(t *testing.T) {
	for _, c := range []struct {
		text string
		fail error
		want Code
	}{
		{"forward to A; destroy", nil, Destroy},
		{"forward to A; destroy", &ForwardError{}, Reject},
		{"forward to A; destroy2", &ForwardError{}, Reject},
		{"forward to A; save to x.dcm; destroy", &ForwardError{}, Destroy},
		{"forward to A; script \"destroy\"", &ForwardError{}, Reject},
		{"destroy", &ForwardError{}, Destroy},
	} {
		env := &queueEnv{DryRun: &DryRun{Lookup: testWorld()}, fail: c.fail}
		r := &Run{Env: env, Object: testObject(), Kind: Import}
		if code := r.Import(t.Context(), c.text); code != c.want {
			t.Errorf("%s with %v: %v, want %v", c.text, c.fail, code, c.want)
		}
	}
}

// What a called script says does not make an export run again.
func TestExportResult(t *testing.T) {
	w := testWorld()
	w.object = testObject()
	w.scripts["d"] = "defer"
	for text, want := range map[string]Code{"call d; nop": Done, "defer; nop": Defer, "nop; stop": Done, "call d": Done} {
		r := &Run{Env: &DryRun{Lookup: w}, Kind: Export, File: "/x.dcm"}
		if code := r.Export(t.Context(), text); code != want {
			t.Errorf("%s: %v, want %v", text, code, want)
		}
	}
}
