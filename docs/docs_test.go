package docs_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/docs"
	"conquest/regress/rig"
)

// console are the blocks of a page that are typed and run: lines with $ are the
// commands, the others what they print; "..." stands for any lines.
var console = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")

// TestBlocks runs the commands that the pages print, each page as one session in a
// folder of its own, and compares what they answer.
func TestBlocks(t *testing.T) {
	for _, tool := range []string{"storescu", "findscu", "curl", "sqlite3"} {
		if _, err := exec.LookPath(tool); err != nil {
			rig.Missing(t, err)
		}
	}
	binary, err := rig.Binary()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := docs.Files.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if console.Match(text) {
			t.Run(page, func(t *testing.T) { runPage(t, binary, string(text)) })
		}
	}
}

// runPage types the blocks of a page.
func runPage(t *testing.T, binary, text string) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(dir, "bin", "dgate")); err != nil {
		t.Fatal(err)
	}
	image(t, filepath.Join(dir, "image.dcm"))
	port, release, err := rig.Ports()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ports := strings.NewReplacer("5678", fmt.Sprint(port), "8086", fmt.Sprint(port+1))
	var script strings.Builder
	var want []string
	for n, block := range console.FindAllStringSubmatch(text, -1) {
		commands, answer := parted(block[1])
		fmt.Fprintf(&script, "%s\necho '== block %d'\n", ports.Replace(commands), n+1)
		want = append(want, ports.Replace(answer))
	}
	got := session(t, dir, fmt.Sprint(port), fmt.Sprint(port+1), script.String())
	for n, w := range want {
		part, rest, ok := strings.Cut(got, fmt.Sprintf("== block %d\n", n+1))
		if !ok || !matches(w, part) {
			t.Fatalf("block %d answers\n%s\nand not\n%s", n+1, part, w)
		}
		got = rest
	}
}

// parted are the commands of a block, with the lines of a here-document, and what
// is printed.
func parted(block string) (commands, answer string) {
	document := false
	for line := range strings.Lines(block) {
		command, is := strings.CutPrefix(line, "$ ")
		switch {
		case is:
			commands += command
			document = strings.Contains(command, "<<'END'")
		case document:
			commands += line
			document = strings.TrimSpace(line) != "END"
		default:
			answer += line
		}
	}
	return commands, answer
}

// session runs a script in a folder. New sites get free ports, and servers that
// are left are ended.
func session(t *testing.T, dir, port, httpPort, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	prologue := `
dgate() {
  command dgate "$@"
  local status=$?
  if [ "$1" = init ]; then sed -i 's/= 5678/= ` + port + `/; s/= 8086/= ` + httpPort + `/' "$2/dicom.ini"; fi
  return $status
}
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
`
	cmd := exec.CommandContext(ctx, "bash", "-c", prologue+script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil && ctx.Err() != nil {
		t.Fatalf("%v\n%s\n%s", ctx.Err(), out.Bytes(), errs.Bytes())
	}
	if errs.Len() > 0 {
		t.Logf("on the error channel:\n%s", errs.Bytes())
	}
	return out.String()
}

// matches tells whether an answer is what the page shows.
func matches(want, got string) bool {
	pattern := regexp.QuoteMeta(strings.TrimSpace(want))
	pattern = strings.ReplaceAll(pattern, `\.\.\.`, `(?s:.*)`)
	pattern = strings.ReplaceAll(pattern, "\n", `\s*`)
	return regexp.MustCompile(`^\s*` + pattern + `\s*$`).MatchString(got)
}

// image writes the object that the pages send.
func image(t *testing.T, path string) {
	t.Helper()
	ds := dicom.NewDataset(16)
	for tag, v := range map[dicom.Tag]string{
		dicom.SOPClassUID: "1.2.840.10008.5.1.4.1.1.7", dicom.SOPInstanceUID: "1.2.826.0.1.3680043.8.1.1.1", dicom.StudyInstanceUID: "1.2.826.0.1.3680043.8.1",
		dicom.SeriesInstanceUID: "1.2.826.0.1.3680043.8.1.1", dicom.PatientID: "12345", dicom.PatientName: "Doe^Jane", dicom.Modality: "OT",
		dicom.StudyDate: "20261201", dicom.StudyTime: "101010", dicom.InstanceNumber: "1",
	} {
		ds.SetString(tag, v)
	}
	if err := dicom.WriteFile(path, ds, dicom.Meta{}); err != nil {
		t.Fatal(err)
	}
}
