package cgi

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder makes a CGI folder whose server does not exist.
func folder(t *testing.T, ini string, files map[string]string) (ask func(query string) string) {
	t.Helper()
	dir := t.TempDir()
	files["dicom.ini"] = "[sscscp]\nMicroPACS = sscscp\nTCPPort = 1\n" + ini
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return func(query string) string {
		var out bytes.Buffer
		env := map[string]string{"SERVER_NAME": "www.host"}
		Serve(t.Context(), Call{
			Args: []string{"./dgate"}, Query: query, Stdin: strings.NewReader(""), Stdout: &out,
			Getenv: func(key string) (string, bool) { v, ok := env[key]; return v, ok },
		})
		return out.String()
	}
}

func TestTextPage(t *testing.T) {
	ask := folder(t, `
[p]
source = p.cq
y = given
[plain]
line0 = %x%
header = Content-type: text/plain\
[lines]
line0 = <?lua
line1 = a = 1 -- one
line2 = HTML('a=%s', a)
line3 = ?>
`, map[string]string{"p.cq": strings.Join([]string{
		"%mode% %series% %patid2% %y% %z%", "<%= 'x' %>", "#comment", "<?lua", "HTML('s=%s', CGI('x'))", "?>", "%x%", "<%= '%query%' %>"}, "\n")})
	tests := []struct{ name, query, want string }{
		{"variables", "mode=p&series=A B:1.2&x=1&query=q", "p A B:1.2 A%20B %y% %z%\n\nx\n\n\ns=1\n\n1\n\nq\n\n"},
		{"escaped", "mode=p&x=<b>", "p   given %z%\n\nx\n\n\ns=<b>\n\n&lt;b&gt;\n\n\n\n"},
		{"no command", "mode=p&x=--quit:", "p   given %z%\n\nx\n\n\ns=--quit:\n\n--quit:\n\n\n\n"},
		{"no Lua", "mode=p&query='..os.getenv('HOME')..'&x=<?lua", "p   given %z%\n\nx\n\n\ns=<?lua\n\n&lt;?lua\n\n..os.getenvHOME..\n\n"},
		{"blocks of lines", "mode=lines", "\na=1\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(tt.query); got != "Content-type: text/html\n\n"+tt.want {
				t.Errorf("%q", got)
			}
		})
	}
	if got := ask("mode=plain&x=<b>"); got != "Content-type: text/plain\n\n<b>\n" {
		t.Errorf("plain text: %q", got)
	}
}

func TestLuaPageOfMode(t *testing.T) {
	ask := folder(t, "[DefaultPage]\nsource = *.lua\n", map[string]string{"a.lua": "HTML('%s', mode) print('p', CGI('x', 'none')) io.write(server_name, path_translated)"})
	if got, want := ask("mode=a"), "DefaultPage\np\tnone\nwww.hostNULL"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, mode := range []string{"../a", "/etc/a", `..\a`, "x/../a", ".a", "a%00"} {
		got := ask("mode=" + mode)
		if mode == "a%00" {
			if !strings.HasPrefix(got, "DefaultPage\n") {
				t.Errorf("%s: %q", mode, got)
			}
			continue
		}
		if !strings.HasPrefix(got, "Status: 400 ") {
			t.Errorf("%s: %q", mode, got)
		}
	}
}

// TestRefused has requests that would be other commands in the original.
func TestRefused(t *testing.T) {
	ask := folder(t, "WEBReadOnly = 0\n", map[string]string{})
	for _, query := range []string{
		"mode=slice&slice=A:1,512,/tmp/x", "mode=slice&slice=A:1&graphic=dicom:x", "mode=slice&slice=A:1&size=1,x", "mode=slice&slice=A:1&lw=1,x",
		"mode=dicom&slice=A:1&compress=un,x", "mode=headerdump&slice=A:1,/tmp/x", "mode=zipseries&series=A:1,x", "mode=zipstudy&study=A,x:1",
		"mode=imagelistfiles&series=A|x:1", "mode=imagelisturls&series=A:1&dsize=1|x", "mode=movestudy&study=A:1&dest=B,C", "mode=moveseries&series=A:1&study=x,y",
		"mode=patientfinder&dest=A|B", "mode=patientfinder&dest=A&query=x|y", "mode=querypatients&query=1;x", "mode=deleterecord&db=DICOMWorkList&query=a()",
		"mode=addrecord&db=a|b", "requestType=WADO&anonymize=x);destroy", "mode=deletestudy&study=A:1,x",
	} {
		if got := ask(query); !strings.HasPrefix(got, "Status: 400 ") {
			t.Errorf("%s: %q", query, got)
		}
	}
	if got := ask("mode=attachfile&script=x"); !strings.HasPrefix(got, "Status: 403 ") {
		t.Errorf("attachfile: %q", got)
	}
	if got := ask("mode=sliceviewer&slice=<script>'\"&lw=\"x"); strings.Contains(got, "<script>") || strings.Contains(got, `"`) {
		t.Errorf("not escaped: %q", got)
	}
}

// TestPagesKeepToTheirKeys: nothing is stored, sent or read that dicom.ini does
// not let pages do.
func TestPagesKeepToTheirKeys(t *testing.T) {
	ask := folder(t, "WEBPush = 0\n", map[string]string{})
	for _, query := range []string{
		"mode=addlocalfile", "mode=movestudy&study=A:1.2&dest=B", "mode=moveseries&series=A:1.2&study=A:1.2&dest=B",
		"mode=slice&slice=/any/file.dcm", `mode=dicom&slice=C:\any\file.dcm`, "mode=headerdump&slice=%2Fany%2Ffile.dcm", "mode=slice&slice=/any/file:1", `mode=slice&slice=/any/x*\\file:1`, `mode=dicom&slice=a?\b:1`, `mode=slice&slice=\\host\share\x.dcm`,
		"requestType=WADO&anonymize=yes&anonymize=x);destroy", "requestType=WADO&anonymize=x%29%3Bdestroy", "requestType=WADO&%61nonymize=x%2529",
		"requestType=WADO&anonymize=x%00);destroy", "requestType=WADO&anonymize=x%2500);destroy", "requestType=WADO&anonymize=x%zz", "requestType=WADO&anonymize=x%0Bdestroy",
	} {
		if got := ask(query); !strings.HasPrefix(got, "Status: 400 ") {
			t.Errorf("%s: %q", query, got)
		}
	}
}
