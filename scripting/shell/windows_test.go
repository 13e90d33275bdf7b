package shell_test

import (
	"strings"
	"testing"

	"conquest/scripting/shell"
)

func TestWindows(t *testing.T) {
	const evil = `a"b & calc %PATH% | x > y`
	const inside = `a'b & calc _PATH_ | x > y`
	for _, c := range []struct{ command, value, want string }{
		{`tool.exe %V`, "P123", `tool.exe P123`},
		{`tool.exe %V`, `D:\data\x.dcm`, `tool.exe D:\data\x.dcm`},
		{`tool.exe %V`, "Doe^John", `tool.exe "Doe^John"`},
		{`tool.exe %V`, "", `tool.exe ""`},
		{`tool.exe %V`, evil, `tool.exe "` + inside + `"`},
		{`tool.exe "%V"`, evil, `tool.exe "` + inside + `"`},
		{`"C:\my tools\tool.exe" "a %V"`, evil, `"C:\my tools\tool.exe" "a ` + inside + `"`},
		{`tool.exe ^"%V`, evil, `tool.exe ^""` + inside + `"`},
		{`tool.exe a & del %V`, evil, `tool.exe a & del "` + inside + `"`},
		{`echo %V > log.txt`, "a\r\nb\x00", `echo "a  b" > log.txt`},
		{`echo x > %V.txt`, `..\..\x:y/z`, `echo x > ______x_y_z.txt`},
		{`cmd /c echo %V`, "P123", `cmd /c echo P123`},
		{`if exist x del %V`, "P 1", `if exist x del "P 1"`},
		{`if "%V" == "x" del y`, evil, `if "` + inside + `" == "x" del y`},
		{`tool.exe %V`, "M\xfcller", "tool.exe \"M\xfcller\""},
	} {
		got, err := shell.Windows(pieces(c.command, c.value))
		if err != nil || got != c.want {
			t.Errorf("%s with %q: %s, %v, want %s", c.command, c.value, got, err, c.want)
		}
	}
	for _, c := range []struct{ command, value string }{
		{`%V`, "calc"}, {`"%V"`, "calc"}, {`a & %V`, "calc"}, {`a | %V x`, "calc"}, {`(%V)`, "calc"}, {`start %V`, "calc"},
		{`if exist x %V`, "calc"}, {`if not a==b %V`, "calc"}, {`tools\%V.exe`, `..\..\calc`},
		{`cmd /c "echo %V"`, "a & calc"}, {`powershell -c "echo %V"`, "$(calc)"}, {`C:\x\PowerShell.exe echo %V`, "a;calc"},
		{`call x.bat %V`, "a^&calc"}, {`for %%%%i in (%V) do echo`, "a & calc"}, {`tool ^%V`, "a & calc"},
	} {
		if got, err := shell.Windows(pieces(c.command, c.value)); err == nil {
			t.Errorf("%s with %q is run: %s", c.command, c.value, got)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ command, goos, want string }{
		{`echo "%V" '%V' %V`, "linux", ""},
		{`sh -c 'echo "$1"' sh %V`, "linux", ""},
		{`%V`, "linux", "the name of a program"},
		{`sh -c "$X %V"`, "linux", "code for a shell"},
		{`perl -e "print '%V'"`, "linux", "code for an interpreter"},
		{`echo $((%V))`, "linux", "arithmetic of a shell"},
		{`tool.exe "%V"`, "windows", ""},
		{`cmd /c %V`, "windows", "code for an interpreter"},
	} {
		var why []string
		for _, n := range shell.Check(pieces(c.command, ""), c.goos) {
			why = append(why, n.Why)
		}
		if got := strings.Join(why, "; "); got != c.want {
			t.Errorf("%s: %q, want %q", c.command, got, c.want)
		}
	}
}
