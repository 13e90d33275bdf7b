//go:build !windows

package shell_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"conquest/scripting/shell"
)

// contexts are places for a value, %V, in a command. shows tells that the command
// prints the value and nothing else.
var contexts = []struct {
	command string
	shows   bool
}{
	{`printf %%s %V`, true},
	{`printf %%s "%V"`, true},
	{`printf %%s '%V'`, true},
	{`printf %%s \%V`, true},
	{`printf %%s ""%V''`, true},
	{`printf %%s%%s "%V" ""`, true},
	{`printf %%s "$(printf %%s %V)"`, true},
	{`printf %%s "$(printf %%s "%V")"`, true},
	{`printf %%s "$(printf %%s '%V')"`, true},
	{`printf %%s "$(printf %%s "$(printf %%s "%V")")"`, true},
	{"printf %%s \"`printf %%s %V`\"", true},
	{"printf %%s \"`printf %%s '%V'`\"", true},
	{"printf %%s `printf %%s \"%V\"`", false},
	{"printf %%s `printf %%s \\%V`", false},
	{"printf %%s \"`printf %%s \\\"%V\\\"`\"", false},
	{`A=%V; printf %%s "$A"`, true},
	{`A="%V" && printf %%s "$A"`, true},
	{`A='%V'; export A; printenv A | tr -d '\n'`, false},
	{`export A=%V; printf %%s "$A"`, true},
	{`sh -c 'printf %%s "$1"' sh %V`, true},
	{`sh -c 'printf %%s "$1"' sh "%V"`, true},
	{`sh -c "printf %%s '%V'"`, true},
	{`sh -c "printf %%s \"%V\""`, true},
	{`sh -c "printf %%s %V"`, true},
	{`sh -c 'printf %%s %V'`, true},
	{`sh -c 'printf %%s "%V"'`, true},
	{`/bin/sh -xc "printf %%s %V" 2>/dev/null`, true},
	{`env sh -c "printf %%s '%V'"`, true},
	{`nohup nice -n 5 sh -c "printf %%s '%V'" 2>/dev/null`, true},
	{`timeout 5 sh -c 'printf %%s "%V"'`, true},
	{`eval printf %%s %V`, false},
	{`eval "printf %%s '%V'"`, true},
	{`eval "printf %%s \"%V\""`, true},
	{`eval 'printf %%s %V'`, true},
	{`sh -c "sh -c \"printf %%s '%V'\""`, true},
	{`sh -c "%V"`, false},
	{`eval %V`, false},
	{`eval "%V"`, false},
	{`%V`, false},
	{`"%V"`, false},
	{`true; %V`, false},
	{`true && "%V"`, false},
	{`true | %V`, false},
	{`false || %V`, false},
	{`( %V )`, false},
	{`{ %V; }`, false},
	{`if %V; then true; fi`, false},
	{`if true; then %V; fi`, false},
	{`while %V; do break; done`, false},
	{`for i in 1; do %V; done`, false},
	{`! %V`, false},
	{`A=1 %V`, false},
	{`$(%V)`, false},
	{`printf x "$(%V)"`, false},
	{"`%V`", false},
	{`exec %V`, false},
	{`command %V`, false},
	{`env %V`, false},
	{`env A=1 %V`, false},
	{`nohup %V 2>/dev/null`, false},
	{`echo x | xargs %V`, false},
	{`find . -maxdepth 0 -exec %V \;`, false},
	{`find . -maxdepth 0 -exec sh -c "echo %V" \;`, false},
	{`. ./%V`, false},
	{`. %V`, false},
	{`sh %V`, false},
	{`PATH=%V true`, false},
	{`for i in %V; do printf %%s "$i"; done`, true},
	{`for i in "%V" ; do printf %%s "$i"; done`, true},
	{`case %V in x) ;; *) printf %%s "%V";; esac`, true},
	{`case "%V" in %V) printf %%s yes;; esac`, false},
	{`printf %%s "$(case x in x) printf %%s "%V";; esac)"`, false},
	{`if [ "%V" != x ]; then printf %%s "%V"; fi`, true},
	{`[ %V = x ] || printf %%s %V`, true},
	{`true # %V`, false},
	{"true # %V\nprintf x", false},
	{"cat <<EOF\n%V\nEOF", false},
	{"cat <<EOF\na %V b\nEOF\nprintf x", false},
	{"cat <<'EOF'\n%V\nEOF\nprintf x", false},
	{"cat <<\"EOF\"\n\"%V\"\nEOF", false},
	{"cat <<-EOF\n\t%V\n\tEOF", false},
	{"cat <<EOF\n$(printf %%s %V)\nEOF", false},
	{"cat <<EOF\n$(printf %%s \\\n%V)\nEOF", false},
	{"cat <<EOF\n`printf %%s %V`\nEOF", false},
	{"cat <<EOF\n\\%V\nEOF", false},
	{"cat <<%V\nx\nEOF", false},
	{"sh <<EOF\nprintf %%s '%V'\nEOF", false},
	{"sh <<EOF\n%V\nEOF", false},
	{"sh -s <<'EOF'\nprintf %%s \"%V\"\nEOF", false},
	{"cat <<EOF | sh\nprintf %%s '%V'\nEOF", false},
	{"cat <<EOF |\n%V\nEOF\nsh", false},
	{`echo "printf %%s '%V'" | sh`, false},
	{`echo %V | sh`, false},
	{`printf '%V' | sh`, false},
	{`printf "%%s\n" "%V" | sh`, false},
	{`echo x "%V" | cat | sh`, false},
	{`printf %%s ${NONE:-%V}`, false},
	{`printf %%s "${NONE:-%V}"`, false},
	{`printf %%s "${NONE:-"%V"}"`, false},
	{`printf %%s ${NONE:-$(echo '}' %V)}`, false},
	{`printf %%s ${NONE:-'}'} '%V'`, false},
	{`printf %%s $((%V))`, false},
	{`printf %%s $((1+%V))`, false},
	{`printf %%s $%V`, false},
	{`printf %%s "$%V"`, false},
	{`printf %%s "\%V"`, false},
	{`printf %%s '\%V'`, false},
	{`printf %%s $'%V'`, false},
	{`printf %%s $'\%V'`, false},
	{`printf %%s \\%V`, false},
	{`printf %%s "\\%V"`, false},
	{`printf %%s a%Vb"%V"'%V'`, false},
	{`printf %%s > %V.txt`, false},
	{`printf %%s >> "%V"`, false},
	{`cat < %V 2>/dev/null; true`, false},
	{`cat <(%V) 2>/dev/null; true`, false},
	{`tar cf /dev/null %V 2>/dev/null; true`, false},
	{`find . -maxdepth 0 %V >/dev/null 2>&1; true`, false},
	{`awk "BEGIN { print \"%V\" }"`, false},
	{`awk 'BEGIN { print "%V" }'`, false},
	{`awk -v v=%V 'BEGIN { print 1 }'`, false},
	{`echo x | sed "s/x/%V/"`, false},
	{`echo x | sed -e 's/x/%V/' -e p`, false},
	{`perl -e "print '%V'"`, false},
	{`perl -e 'print $ARGV[0]' -- %V`, false},
	{`./tool.sh %V`, true},
	{`./tool.sh "%V" x`, true},
	{`./tool.sh x%V; true`, false},
	{`./%V.sh 2>/dev/null; true`, false},
	{`sh ./tool.sh %V`, true},
	{`sudo -n -u nobody sh -c "echo %V" 2>/dev/null; true`, false},
}

// chooses are contexts in which a value may choose among the programs of a folder
// that the script names.
var chooses = map[string]bool{`./%V.sh 2>/dev/null; true`: true, `. ./%V`: true}

// hostile values would run pwned, which leaves a mark, in some context.
var hostile = []string{
	"pwned", "./pwned", "; pwned", "& pwned &", "| pwned", "\npwned\n", "x\npwned", "$(pwned)", "`pwned`", "${x:-$(pwned)}",
	"'; pwned; '", `"; pwned; "`, `\'; pwned #`, `\"; pwned #`, "'$(pwned)'", `"$(pwned)"`, "'`pwned`'", `\$(pwned)`, "\\`pwned\\`",
	"(pwned)", ") ; pwned ; (", "}; pwned; {", "};pwned", "}$(pwned)", "a[$(pwned)]", "0;pwned", "x) pwned;; esac", "EOF\npwned\nEOF\npwned", "EOF",
	"-exec ./pwned ;", "-c pwned", "--checkpoint-action=exec=pwned", "-Ipwned", "--use-compress-program=pwned",
	"{system(\"pwned\")}", "\"; system(\"pwned\"); \"", "\\\"; system(\"pwned\"); x=\"", "' . `pwned` . '", "'; system('pwned'); '", "x/e; s/.*/pwned/e; s/x", "/; e pwned\n#",
	"A=1 pwned", "bin", "<(pwned)", "\\\n; pwned", "\\", "'", `"`, "x\\", "\r\npwned", "$'\\'; pwned #'", "a' 'b\\'; pwned; '",
	"*", "~", "é; pwned", "\xe9'; pwned; '", "x y", "-n", "%s%n", "!pwned", "# \npwned",
}

type bench struct {
	dir, mark string
	shells    []string
}

func newBench(t *testing.T) bench {
	t.Helper()
	b := bench{dir: t.TempDir(), shells: []string{"/bin/sh"}}
	if path, err := exec.LookPath("bash"); err == nil {
		b.shells = append(b.shells, path)
	}
	b.mark = filepath.Join(b.dir, "mark")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{"bin", "work"} {
		if err := os.Mkdir(filepath.Join(b.dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bin/pwned", "work/pwned", "work/pwned.sh", "work/EOF"} {
		write(name, "#!/bin/sh\n: > '"+b.mark+"'\n")
	}
	write("work/tool.sh", "#!/bin/sh\nprintf %s \"$1\"\n")
	return b
}

// run runs a command and tells what it prints and whether pwned ran.
func (b bench) run(sh, command string) (out string, pwned bool) {
	cmd := exec.Command(sh, "-c", command)
	cmd.Dir = filepath.Join(b.dir, "work")
	cmd.Env = []string{"PATH=" + filepath.Join(b.dir, "bin") + ":" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	text, _ := cmd.Output()
	_, err := os.Stat(b.mark)
	os.Remove(b.mark)
	return string(text), err == nil
}

// No value runs anything, wherever it stands.
func TestHostileValues(t *testing.T) {
	b := newBench(t)
	list := hostile
	if testing.Short() {
		list = hostile[:20]
	}
	refused := 0
	for _, c := range contexts {
		for i, v := range list {
			command, err := shell.Posix(pieces(c.command, v))
			if err != nil {
				var r *shell.RefusedError
				if !errors.As(err, &r) || r.Why == "" {
					t.Errorf("%s with %q: %v", c.command, v, err)
				}
				refused++
				continue
			}
			shells := b.shells
			if i%2 == 1 {
				shells = shells[:1] // half of them is enough for bash
			}
			for _, sh := range shells {
				if out, pwned := b.run(sh, command); pwned && !chooses[c.command] {
					t.Errorf("%s with %q runs pwned in %s: %s", c.command, v, sh, command)
				} else if c.shows && strings.TrimRight(out, "\n") != strings.TrimRight(v, "\n") {
					t.Errorf("%s with %q prints %q in %s: %s", c.command, v, out, sh, command)
				}
			}
		}
	}
	t.Logf("%d contexts, %d values, %d refused", len(contexts), len(list), refused)
}

// Values of ordinary objects come through, and nothing is refused that was safe.
func TestOrdinaryValues(t *testing.T) {
	b := newBench(t)
	for _, c := range contexts {
		if !c.shows {
			continue
		}
		for _, v := range []string{"P123", "1.2.840.10008.1", "Doe^John", "CT", "20240131", "120000.5", "-3.5", "a_b-c", "ORIGINAL\\PRIMARY", "O'Neil^Pat", "Doe John", "M\xfcller", "Müller", ""} {
			command, err := shell.Posix(pieces(c.command, v))
			if err != nil {
				t.Errorf("%s with %q: %v", c.command, v, err)
				continue
			}
			for _, sh := range b.shells {
				if out, _ := b.run(sh, command); out != v {
					t.Errorf("%s with %q prints %q in %s: %s", c.command, v, out, sh, command)
				}
			}
		}
	}
}

// Plain values are put in as they are, so that lines of old sites stay what they
// were.
func TestPlainValuesStay(t *testing.T) {
	for _, c := range contexts {
		want := strings.ReplaceAll(strings.ReplaceAll(c.command, "%%", "%"), "%V", "P123")
		got, err := shell.Posix(pieces(c.command, "P123"))
		var r *shell.RefusedError
		switch {
		case errors.As(err, &r) && strings.Contains(c.command, "%V"):
		case err != nil || got != want && !strings.Contains(c.command, `\%V`):
			t.Errorf("%s: %s, %v", c.command, got, err)
		}
	}
}

func FuzzPosix(f *testing.F) {
	for _, c := range contexts {
		f.Add(c.command, "x'; pwned")
	}
	f.Fuzz(func(t *testing.T, command, value string) {
		if len(command) > 400 || len(value) > 100 {
			return
		}
		for _, goos := range []string{"linux", "windows"} {
			shell.Check(pieces(command, ""), goos)
		}
		shell.Posix(pieces(command, value))
		shell.Windows(pieces(command, value))
	})
}
