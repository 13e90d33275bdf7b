package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"conquest/regress/rig"

	"github.com/rogpeppe/go-internal/testscript"
)

// A Runner runs case files against one binary.
type Runner struct {
	dgate    string // absolute path of the binary under test
	support  string // folder with the support files, "" for the binary's own
	root     string // work folders of the cases
	ports    *portPool
	timeout  time.Duration
	update   bool
	keep     bool
	verbose  bool
	defaults func() (string, error) // folder with the support files, made on first use
}

// A Result says how a case went.
type Result struct {
	Name    string
	OK      bool
	Skipped bool
	Elapsed time.Duration
	Log     string // the script's log; on failure also the end of the server logs
	WorkDir string
}

// Line returns the line that reports the result.
func (r Result) Line() string {
	word := "PASS"
	switch {
	case !r.OK:
		word = "FAIL"
	case r.Skipped:
		word = "SKIP"
	}
	return fmt.Sprintf("%s %s %.2fs", word, r.Name, r.Elapsed.Seconds())
}

// newRunner prepares a run; without o.dgate it builds the module's own binary.
func newRunner(ctx context.Context, o *options) (*Runner, error) {
	ports, err := newPortPool(o.ports)
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "regress")
	if err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	// Servers log resolved paths; the normalisation must know the same ones.
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("resolve work folder: %w", err)
	}
	r := &Runner{
		root: root, ports: ports, timeout: o.timeout,
		update: o.update, keep: o.keep, verbose: o.verbose,
	}
	if err := r.setBinary(o); err != nil {
		os.RemoveAll(root)
		return nil, err
	}
	r.defaults = sync.OnceValues(r.writeDefaults)
	return r, nil
}

func (r *Runner) setBinary(o *options) (err error) {
	if r.dgate = o.dgate; r.dgate == "" {
		if r.dgate = os.Getenv("DGATE"); r.dgate == "" {
			if r.dgate, err = rig.Build(r.root); err != nil {
				return err
			}
		}
	}
	if r.dgate, err = filepath.Abs(r.dgate); err != nil {
		return fmt.Errorf("find binary: %w", err)
	}
	if _, err := os.Stat(r.dgate); err != nil {
		return fmt.Errorf("find binary: %w", err)
	}
	if o.support != "" {
		if r.support, err = filepath.Abs(o.support); err != nil {
			return fmt.Errorf("find support files: %w", err)
		}
	}
	return nil
}

// Close removes the work folders, unless they are to be kept.
func (r *Runner) Close() error {
	if r.keep {
		return nil
	}
	return os.RemoveAll(r.root)
}

// writeDefaults lets the binary write its built-in support files.
func (r *Runner) writeDefaults() (string, error) {
	dir := filepath.Join(r.root, "defaults")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fmt.Errorf("make folder for support files: %w", err)
	}
	cmd := exec.Command(r.dgate, "--write-defaults:"+dir)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	if _, stat := os.Stat(filepath.Join(dir, "dgatesop.lst")); stat != nil {
		return "", fmt.Errorf("the binary writes no support files, give -support: %w\n%s", errors.Join(err, stat), text)
	}
	return dir, nil
}

// Run runs one case file.
func (r *Runner) Run(ctx context.Context, path string) Result {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	start := time.Now()
	t := &caseT{verbose: r.verbose}
	dir, err := os.MkdirTemp(r.root, caseName(path)+"-")
	if err != nil {
		return Result{Name: caseName(path), Log: err.Error()}
	}
	var s *stage
	deadline, _ := ctx.Deadline()
	t.Run(caseName(path), func(testscript.T) {
		testscript.RunT(t, testscript.Params{
			Files:       []string{path},
			WorkdirRoot: dir,
			Setup: func(env *testscript.Env) error {
				s = newStage(ctx, r, env)
				env.Defer(s.close)
				return s.prepare(env)
			},
			Cmds:          scriptCommands(func() *stage { return s }),
			UpdateScripts: r.update,
			Deadline:      deadline,
		})
	})
	res := Result{
		Name: caseName(path), OK: !t.failed, Skipped: t.skipped,
		Elapsed: time.Since(start), Log: t.log.String(), WorkDir: dir,
	}
	if s != nil {
		if crashed := s.crashed(); res.OK && len(crashed) > 0 {
			res.OK = false
			res.Log += "the server ended by itself: " + strings.Join(crashed, ", ") + "\n"
		}
		if !res.OK {
			res.Log += s.logTails()
		}
	}
	if !r.keep {
		os.RemoveAll(dir)
	}
	return res
}

func exeName(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// tools are the programs a run needs.
var tools = []string{
	"storescu", "findscu", "movescu", "getscu", "echoscu", "storescp",
	"dcmdump", "dump2dcm", "dcmodify", "dcmdjpeg", "dcmdjpls", "sqlite3",
}

// missingTools returns those of the needed programs that are not installed.
func missingTools() []string {
	var missing []string
	for _, t := range tools {
		if _, err := exec.LookPath(t); err != nil {
			missing = append(missing, t)
		}
	}
	return missing
}
