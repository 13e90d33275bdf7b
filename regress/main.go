package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// options are the settings of a run, from the command line.
type options struct {
	dgate   string
	support string
	verbose bool
	jobs    int
	match   *regexp.Regexp
	timeout time.Duration
	ports   string
	update  bool
	keep    bool
	paths   []string
}

func main() {
	// The [short] condition of scripts asks package testing, which wants its
	// flags declared.
	testing.Init()
	flag.CommandLine.Parse(nil)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := runMain(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "regress:", err)
		}
		code = 2
	}
	stop()
	os.Exit(code)
}

func parseOptions(args []string) (*options, error) {
	var o options
	var match string
	fs := flag.NewFlagSet("regress", flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprintln(fs.Output(), "usage: regress [flags] DIR|CASE.txtar ...")
		fs.PrintDefaults()
	}
	fs.StringVar(&o.dgate, "dgate", os.Getenv("DGATE"), "binary under test (default $DGATE, else the module's own, built first)")
	fs.StringVar(&o.support, "support", os.Getenv("DGATE_SUPPORT"), "folder with dgate.dic, dicom.sql and dgatesop.lst (default: the binary's built-in ones)")
	fs.BoolVar(&o.verbose, "v", false, "print the whole log of every case")
	fs.IntVar(&o.jobs, "j", 2, "cases at the same time")
	fs.StringVar(&match, "run", "", "only cases whose name matches this regular expression")
	fs.DurationVar(&o.timeout, "timeout", 30*time.Second, "time limit of a case")
	fs.StringVar(&o.ports, "ports", defaultPorts, "TCP ports to use, LO-HI")
	fs.BoolVar(&o.update, "update", false, "record: rewrite the compared files of the cases (reference binary only)")
	fs.BoolVar(&o.keep, "keep", false, "keep and print the work folders")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() == 0 {
		fs.Usage()
		return nil, errors.New("no case given")
	}
	re, err := regexp.Compile(match)
	if err != nil {
		return nil, fmt.Errorf("read -run: %w", err)
	}
	o.match, o.paths = re, fs.Args()
	return &o, nil
}

// runMain runs the cases and returns the exit status.
func runMain(ctx context.Context, args []string, out io.Writer) (int, error) {
	o, err := parseOptions(args)
	if err != nil {
		return 2, err
	}
	cases, err := listCases(o.paths, o.match)
	if err != nil {
		return 2, err
	}
	if missing := missingTools(); len(missing) > 0 {
		return 2, fmt.Errorf("missing on the PATH: %s", strings.Join(missing, ", "))
	}
	r, err := newRunner(ctx, o)
	if err != nil {
		return 2, err
	}
	defer r.Close()

	var mu sync.Mutex
	var failed []string
	passed := 0
	forEach(cases, o.jobs, func(path string) {
		res := r.Run(ctx, path)
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(out, res.Line())
		if !res.OK || o.verbose {
			fmt.Fprintln(out, indent(res.Log))
		}
		if o.keep {
			fmt.Fprintf(out, "     work folder %s\n", res.WorkDir)
		}
		if res.OK {
			passed++
		} else {
			failed = append(failed, res.Name)
		}
	})
	if len(failed) > 0 {
		slices.Sort(failed)
		fmt.Fprintf(out, "failed: %s\n", strings.Join(failed, " "))
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, len(failed))
	if len(failed) > 0 {
		return 1, nil
	}
	return 0, nil
}

// forEach calls f for every path, at most n at a time.
func forEach(paths []string, n int, f func(string)) {
	work := make(chan string)
	var wg sync.WaitGroup
	for range max(n, 1) {
		wg.Go(func() {
			for p := range work {
				f(p)
			}
		})
	}
	for _, p := range paths {
		work <- p
	}
	close(work)
	wg.Wait()
}

// listCases returns the case files named by paths (folders or files) whose name
// matches, sorted within each folder.
func listCases(paths []string, match *regexp.Regexp) ([]string, error) {
	var cases []string
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("find case: %w", err)
		}
		found := []string{p}
		if st.IsDir() {
			if found, err = filepath.Glob(filepath.Join(p, "*.txtar")); err != nil {
				return nil, fmt.Errorf("list cases of %s: %w", p, err)
			}
		}
		for _, f := range found {
			if match.MatchString(caseName(f)) {
				cases = append(cases, f)
			}
		}
	}
	if len(cases) == 0 {
		return nil, errors.New("no case matches")
	}
	return cases, nil
}

func caseName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), ".txtar")
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}
