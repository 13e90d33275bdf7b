package submit

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"

	"conquest/oplog"
	"conquest/pacs/pack"
)

// Pscp sends an archive with the program of that name. Others on this machine see
// the arguments of programs: the password goes by a file where pscp reads one,
// which it does from release 0.77 on.
func (s *Submitter) Pscp(ctx context.Context, archive, target, password string) error {
	if _, err := exec.LookPath("pscp"); (err == nil || errors.Is(err, exec.ErrDot)) && !readsPasswordFile(ctx) {
		oplog.PscpIsOld(s.Console)
		return s.runTool(ctx, "pscp", "-pw", password, "-batch", archive, target)
	}
	f, err := os.CreateTemp("", "dgate") // readable by its owner only
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(password + "\n")
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return s.runTool(ctx, "pscp", "-pwfile", f.Name(), "-batch", archive, target)
}

var pscpRelease = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)release (\d+)\.(\d+)`) })

func readsPasswordFile(ctx context.Context) bool {
	text, _ := pack.Tool(ctx, "pscp", "-V").CombinedOutput() // some end with 1
	m := pscpRelease().FindSubmatch(text)
	if m == nil {
		return false
	}
	major, _ := strconv.Atoi(string(m[1]))
	minor, _ := strconv.Atoi(string(m[2]))
	return major > 0 || minor >= 77
}
