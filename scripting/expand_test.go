package scripting

import (
	"strconv"
	"strings"
	"testing"

	"conquest/attribute"
	"conquest/dicom"
)

func TestExpand(t *testing.T) {
	w := testWorld()
	w.files["aliasfileqA.txt"] = "P1\tALIAS\r\nP2\tX\n"
	w.other.SetString(dicom.PatientName, "Other")
	for _, c := range []struct{ text, want string }{
		{"%m|%s|%o|%i|%u|%c", "CT|STAT1|1.2.3.3|P1|SRC|DEST"},
		{"%f|%b|%p", "/data/P1/image.one.dcm|image.one|/data/P1"},
		{"%d", "Thu Jan 15 20:00:00 2026"},
		{"%n%t%%%^%~%[x", "\n\t%^~[x"},
		{"%k-%", "-"},
		{"%VPatientName^ %VPatientName~ %VPatientName[0,2] %VPatientName[,4]", "DOE^JOHN doe^john Doe John"},
		{"%VPatientName[3] %VPatientName[20,30]. %VPatientName[5,2]", "Doe^John . Doe^John"},
		{"%VPatientName[0,2]^~", "DOE~"},
		{"%%[0,1]", "%"},
		{"%V0010,0020 %VRows %V0028,0010", "P1 8 8"},
		{"%VNoSuchName %V00100020", "NoSuchName 00100020"},
		{"[%V/0008,1110/0008,1155][%V/0008,1110.1/0008,1155]", "[1.2.9][1.2.10]"},
		{"[%V/0008,1110.5/0008,1155][%V/0008,1111/0008,1155]", "[/0008,1155][]"},
		{"[%V/0008,1110/0008,1155/x][%V/0010,0020/0008,1155][%V/0008,1110/0008,1155/]", "[1.2.9/x][P1/0008,1155][1.2.9/]"},
		{"[%V0008,1110][%VReferencedStudySequence]", "[(sequence)][(sequence)]"},
		{"%V/0008,1110", "(sequence)"},
		{"[%V*0008,103e][%V*PatientName]", "[inner][Doe^John]"},
		{"[%V(/0008,1110/0008,1155)PatientName]", "[Other]"},
		{"[%V(0010,0020)PatientName]", "[]"},
		{"%QP0010,0010|%QS0010,0010", "PP1///:0010,0010|SP1/1.2.3.1//:0010,0010"},
		{"%qe0010,0010|%QW0010,0010", "EP1/1.2.3.1/1.2.3.2/:0010,0010|W///ACC1:0010,0010"},
		{"%QA0010,0020|%QB0010,0020|%QAPatientID", "ALIAS|P1|ALIAS"},
		{"%A0010,0020", strconv.FormatUint(uint64(attribute.Checksum("P1")), 10)},
	} {
		_, env, _ := script(w, "nop "+c.text)
		got := strings.TrimPrefix(strings.Join(env.Log(), "|"), "Importconverter0.0: nop ")
		if got != c.want {
			t.Errorf("%s gives %q, want %q", c.text, got, c.want)
		}
	}
}

func TestNewUIDVariable(t *testing.T) {
	_, env, _ := script(testWorld(), `nop %E0020,000d %E0020,000d %R0020,000d. %g`)
	if got := env.Log()[0]; got != "Importconverter0.0: nop <new UID 1> <new UID 1> . <new UID>" {
		t.Error(got)
	}
}

func TestValue(t *testing.T) {
	r := &Run{Env: &DryRun{Lookup: testWorld()}, Object: testObject()}
	for spec, want := range map[string]string{"PatientID/x": "P1", "0010,0010[0,2]": "Doe^John", "/0008,1110.1/0008,1155": "1.2.10"} {
		if got, n := Value(t.Context(), r, spec); got != want || n == 0 {
			t.Errorf("%s gives %q, %d", spec, got, n)
		}
	}
}

// Values of the object stay values wherever the text goes.
func TestQuoting(t *testing.T) {
	evil := "a'b\"; $(rm -rf x) `id` ../../etc/passwd"
	v := func(text string, where ...string) value {
		out := value{text: text}
		for _, w := range where {
			i := strings.Index(out.text, w)
			out.spans = append(out.spans, span{i, i + len(w), fromObject})
		}
		return out
	}
	shellCommand := func(v *value, goos string) string {
		t.Helper()
		command, err := shellCommand(v, goos)
		if err != nil {
			t.Error(err)
		}
		return command
	}
	cmd := v("echo "+evil+" > out", evil)
	if got, want := shellCommand(&cmd, "linux"), `echo 'a'\''b"; $(rm -rf x) `+"`id`"+` ../../etc/passwd' > out`; got != want {
		t.Errorf("bare: %s, want %s", got, want)
	}
	cmd = v(`echo "`+evil+`"`, evil)
	if got, want := shellCommand(&cmd, "linux"), `echo "a'b\"; \$(rm -rf x) `+"\\`id\\`"+` ../../etc/passwd"`; got != want {
		t.Errorf("in double quotes: %s, want %s", got, want)
	}
	cmd = v(`echo '`+evil+`'`, evil)
	if got, want := shellCommand(&cmd, "linux"), `echo 'a'\''b"; $(rm -rf x) `+"`id`"+` ../../etc/passwd'`; got != want {
		t.Errorf("in single quotes: %s, want %s", got, want)
	}
	cmd = v("echo P123 > P123.txt", "P123")
	if got := shellCommand(&cmd, "linux"); got != "echo P123 > P123.txt" {
		t.Errorf("plain word: %s", got)
	}
	cmd = v("del "+evil, evil)
	if got, want := shellCommand(&cmd, "windows"), `del "a'b'; $(rm -rf x) `+"`id`"+` ../../etc/passwd"`; got != want {
		t.Errorf("windows: %s, want %s", got, want)
	}
	path := v("dir/"+evil+".dcm", evil)
	if got, want := cleanPath(&path), "dir/a'b\"; $(rm -rf x) `id` ______etc_passwd.dcm"; got != want {
		t.Errorf("path: %s, want %s", got, want)
	}
	for in, want := range map[string]string{"CON": "d/CON_.dcm", "nul": "d/nul_.dcm", `\\h\s`: "d/__h_s.dcm", "C:x": "d/C_x.dcm", "P1": "d/P1.dcm"} {
		path := v("d/"+in+".dcm", in)
		if got := cleanPathOn(&path, "windows"); got != want {
			t.Errorf("path on Windows: %s, want %s", got, want)
		}
	}
	path = v(`C:\CON\P1`, "P1")
	if got := cleanPathOn(&path, "windows"); got != `C:\CON\P1` {
		t.Errorf("text of the script in a path: %s", got)
	}
	lua := v(`x="`+evil+`" y=`+"`z`", evil, "`z`")
	if got, want := luaText(&lua), `x="a\'b\"; $(rm -rf x) `+"`id`"+` ../../etc/passwd" y=z`; got != want {
		t.Errorf("Lua: %s, want %s", got, want)
	}
}

func TestValuesInCommands(t *testing.T) {
	w := testWorld()
	run := func(text string) []string {
		d, env := testObject(), &DryRun{Lookup: w}
		d.SetString(dicom.PatientName, `x" to /etc/passwd; destroy`)
		r := &Run{Env: env, Object: d, Kind: Import}
		if code := r.Import(t.Context(), text); code == Destroy {
			t.Errorf("%s: a value ran as a command", text)
		}
		return env.Effects()
	}
	for text, want := range map[string]string{
		`write "%VPatientName" to out.txt`:                  `write "x\" to /etc/passwd; destroy" to file out.txt`,
		`save to d/%VPatientName.dcm`:                       `save the object as d/x" to _etc_passwd; destroy.dcm`,
		`system echo %VPatientName`:                         `run by the shell: echo 'x" to /etc/passwd; destroy'`,
		`setifempty x to "a/%VPatientName"; save to %x.dcm`: `save the object as a/x" to _etc_passwd; destroy.dcm`,
		`lua:f("%VPatientName")`:                            `run Lua (not done here, its verdict is unknown): f("x\" to /etc/passwd; destroy")`,
	} {
		if got := run(text); len(got) != 1 || got[0] != want {
			t.Errorf("%s\n got %q\nwant %q", text, got, want)
		}
	}
	for _, text := range []string{`script "set 0010,4000 to "%VPatientName""`, `%VPatientName`, `script "nop a%VPatientName"`,
		`forward to X script set 0010,4000 to "%VPatientName"`} {
		run(text)
	}
	d, env := testObject(), &DryRun{Lookup: w}
	d.SetString(dicom.PatientName, `x" b; destroy`)
	r := &Run{Env: env, Object: d, Kind: Import}
	r.Import(t.Context(), `script "set 0010,4000 to "%VPatientName"; nop done"`)
	if got := d.String(0x00104000); got != `x" b; destroy` {
		t.Errorf("the comment is %q", got)
	}
}
