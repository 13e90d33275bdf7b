//go:build linux

package commands

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/regress/rig"
)

var fileFlag = flag.String("file", "", "replay this file of records instead of those of testdata")

var recordFlag = flag.String("record", "", "write what is observed to this file, in the format of the records")

// TestProbes replays all records.
func TestProbes(t *testing.T) {
	for _, tool := range []string{"storescu", "storescp", "dcmdump", "7za"} {
		if _, err := exec.LookPath(tool); err != nil {
			rig.Missing(t, err)
		}
	}
	known := readKnown(t, "differences.txt")
	base := newBase(t)
	files := []string{filepath.Join("testdata", "probes.jsonl"), filepath.Join("testdata", "variations.jsonl")}
	if *fileFlag != "" {
		files = []string{*fileFlag}
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			replayFile(t, base, file, known)
		})
	}
}

// tally counts how the records went.
type tally struct {
	sync.Mutex
	agree, listed, failed, volatile, skipped int
}

func (n *tally) skip(r *record) {
	n.Lock()
	defer n.Unlock()
	if r.Volatile {
		n.volatile++
	} else {
		n.skipped++
	}
}

func replayFile(t *testing.T, base *site, file string, known map[string]known) {
	groups := readGroups(t, file)
	var n tally
	t.Cleanup(func() {
		t.Logf("%s: %d records agree, %d differ as listed, %d differ; not replayed: %d volatile, %d that need files of the original",
			file, n.agree, n.listed, n.failed, n.volatile, n.skipped)
	})
	// The longest groups first, so that none is left alone at the end.
	slices.SortStableFunc(groups, func(a, b *group) int { return len(b.records) - len(a.records) })
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			replayGroup(t, base.copyOf(t), g, known, &n)
		})
	}
}

func replayGroup(t *testing.T, s *site, g *group, known map[string]known, n *tally) {
	defer s.stop()
	if g.receiver() {
		defer s.receive(t)()
	}
	for _, r := range g.records {
		if k := known[r.name()]; !r.runnable() || k.how == "support" && *supportFlag == "" {
			n.skip(r)
			continue
		}
		k, listed := known[r.name()]
		like, patience := asRecorded, 2*time.Second
		if listed && k.how != "order" {
			patience = 300 * time.Millisecond
		} else if listed {
			like = inAnyOrder
		}
		o := s.replay(t, r, like, patience)
		if *recordFlag != "" {
			keep(t, r, o)
			continue
		}
		n.judge(t, r, o, k, listed)
	}
}

// judge compares an observation with its record.
func (n *tally) judge(t *testing.T, r *record, o observation, k known, listed bool) {
	diff := differences(r, o, asRecorded)
	n.Lock()
	defer n.Unlock()
	switch {
	case len(diff) == 0 && listed && k.how != "maybe":
		t.Errorf("%s agrees, but is listed under %q", r.name(), k.heading)
		n.failed++
	case len(diff) == 0:
		n.agree++
	case !listed:
		t.Errorf("%s: %s\n%s", r.name(), r.Command, strings.Join(diff, "\n"))
		n.failed++
	case k.how != "order":
		n.listed++
	default:
		if diff := differences(r, o, inAnyOrder); len(diff) > 0 {
			t.Errorf("%s differs in more than the order of lines: %s\n%s", r.name(), r.Command, strings.Join(diff, "\n"))
			n.failed++
			return
		}
		n.listed++
	}
}

// name is what a record is listed by: its number in probes.jsonl, or v and its
// number among the variations.
func (r *record) name() string {
	if r.Number > 0 {
		return fmt.Sprintf("v%d", r.Number)
	}
	return fmt.Sprintf("%d", r.index)
}

// receive lets a storage SCP listen as DCMTK; the returned function ends it.
func (s *site) receive(t *testing.T) func() {
	t.Helper()
	dir := filepath.Join(s.root, "received")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("storescp", "--fork", "-aet", "DCMTK", "-od", dir, fmt.Sprint(s.port+5))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 250 {
		if listening(s.port + 5) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

// known is a record that is deliberately answered otherwise.
type known struct {
	heading string // of its entry in docs/differences.md
	// how it differs: "order", in the order of lines only; "support", because of
	// the support files, so that it is not replayed without those of the original;
	// "maybe", not each time; else in anything.
	how string
}

// readKnown reads a list of differences in testdata: headings of
// docs/differences.md, each followed by the records that it explains.
func readKnown(t *testing.T, file string) map[string]known {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "differences.md"))
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]known{}
	heading := ""
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "#":
			heading = strings.TrimSpace(strings.TrimPrefix(line, "#"))
			if !strings.Contains(string(page), "### "+heading+"\n") {
				t.Errorf("docs/differences.md has no entry %q", heading)
			}
		default:
			k := known{heading: heading}
			if len(f) > 1 {
				k.how = f[1]
			}
			list[f[0]] = k
		}
	}
	return list
}

var kept sync.Mutex

// keep appends what was observed to the file of -record.
func keep(t *testing.T, r *record, o observation) {
	t.Helper()
	kept.Lock()
	defer kept.Unlock()
	c := *r
	c.Stdout, c.Stderr, c.Exit, c.ServerLog, c.Effect = o.stdout, o.stderr, o.exit, o.log, o.effect
	line, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(*recordFlag, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintf(f, "%s\n", line)
}
