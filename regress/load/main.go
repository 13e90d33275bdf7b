package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// options are the settings of a run, from the command line.
type options struct {
	addr, ae string
	pid      int
	dgate    string
	original string
	support  string
	peers    string
	ini      stringList
	rows     *regexp.Regexp
	rounds   int
	scale    float64
	images   int
	dir      string
	eager    bool
	soak     time.Duration
	rate     float64
}

// stringList is a flag that can be given several times.
type stringList []string

func (l *stringList) String() string     { return strings.Join(*l, "; ") }
func (l *stringList) Set(s string) error { *l = append(*l, s); return nil }

func main() {
	o, err := parseOptions(os.Args[1:])
	if err == nil {
		err = run(o)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func parseOptions(args []string) (*options, error) {
	var o options
	var match string
	fs := flag.NewFlagSet("load", flag.ContinueOnError)
	fs.StringVar(&o.addr, "addr", "", "host:port of a running server to measure")
	fs.StringVar(&o.ae, "aec", "CONQUESTSRV1", "its AE title")
	fs.IntVar(&o.pid, "pid", 0, "its process, for CPU time and memory")
	fs.StringVar(&o.dgate, "dgate", "", "dgate binary with built-in support files to start")
	fs.StringVar(&o.original, "original", "", "release binary to start, needs -support")
	fs.StringVar(&o.support, "support", "", "support files of the release")
	fs.StringVar(&o.peers, "peers", "", "further servers: storescp, dcmqrscp, orthanc, files (plain files); dgate:V and original:V with V one of lines (ten legacy lines), lua (twenty Lua lines), j2, js, jk (IncomingCompression)")
	fs.Var(&o.ini, "ini", "further line of dicom.ini, KEY=VALUE (repeatable)")
	fs.StringVar(&match, "rows", "", "only rows whose name matches this regular expression")
	fs.IntVar(&o.rounds, "rounds", 3, "rounds; the table shows medians")
	fs.Float64Var(&o.scale, "scale", 1, "factor on the number of objects of each row")
	fs.IntVar(&o.images, "images", 2000, "objects in the index of the query rows")
	fs.StringVar(&o.dir, "dir", "", "folder for the servers' folders (default: temporary)")
	fs.BoolVar(&o.eager, "quickack", false, "acknowledge at once, as some clients do (Linux)")
	fs.DurationVar(&o.soak, "soak", 0, "mixed work on -dgate at a steady rate for so long; fails when it grows")
	fs.Float64Var(&o.rate, "rate", 60, "acts per second of -soak")
	fs.Usage = func() {
		fmt.Fprintln(fs.Output(), "usage: load [flags]")
		fs.PrintDefaults()
		fmt.Fprintln(fs.Output(), "rows:")
		for _, r := range rows() {
			fmt.Fprintf(fs.Output(), "  %-18s %s, %s\n", r.name, r.about, r.unit)
		}
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	re, err := regexp.Compile(match)
	if err != nil {
		return nil, fmt.Errorf("read -rows: %w", err)
	}
	o.rows = re
	return &o, nil
}

func run(o *options) error {
	if o.soak > 0 {
		return soak(o, os.Stdout)
	}
	dest, err := newAcceptor()
	if err != nil {
		return err
	}
	defer dest.close()
	peers, err := startPeers(o, dest.port())
	defer func() {
		for _, p := range peers {
			p.stop()
		}
	}()
	if err != nil {
		return err
	}
	b := &bench{dest: dest, templates: map[string]*template{}, images: o.images}
	t := &table{peers: peers}
	for _, r := range rows() {
		if o.rows.MatchString(r.name) {
			b.measureRow(o, t, r)
		}
	}
	t.print(os.Stdout)
	return nil
}

func startPeers(o *options, destPort int) ([]*peer, error) {
	var peers []*peer
	if o.addr != "" {
		peers = append(peers, &peer{name: "server", addr: o.addr, ae: o.ae, pid: o.pid, eager: o.eager})
	}
	var names []string
	if o.dgate != "" {
		names = append(names, "dgate")
	}
	if o.original != "" {
		names = append(names, "original")
	}
	names = append(names, strings.FieldsFunc(o.peers, func(r rune) bool { return r == ',' })...)
	for _, name := range names {
		p, err := startPeer(o, name, destPort)
		if p != nil {
			peers = append(peers, p)
		}
		if err != nil {
			return peers, err
		}
	}
	if len(peers) == 0 {
		return nil, errors.New("no server given: -addr, -dgate, -original or -peers")
	}
	return peers, nil
}

// measureRow lets all servers do the row's work in turn, for each round.
func (b *bench) measureRow(o *options, t *table, r row) {
	n := max(int(float64(r.count)*o.scale), 1)
	cells := make([]cell, len(t.peers))
	for round := range o.rounds {
		for i, p := range t.peers {
			if cells[i].err != nil {
				continue
			}
			resetPeak(p.pid)
			before := readUsage(p.pid)
			m, err := r.run(b, p, n)
			if err != nil {
				cells[i].err = err
				if !errors.Is(err, errNotThis) {
					fmt.Printf("%-18s %-9s failed: %v\n", r.name, p.name, err)
				}
				continue
			}
			after := readUsage(p.pid)
			m.cpu, m.peak = after.cpu-before.cpu, after.peak
			cells[i].measures = append(cells[i].measures, m)
			fmt.Printf("%-18s %-9s round %d: %s\n", r.name, p.name, round+1, m.describe())
		}
	}
	t.rows = append(t.rows, tableRow{r, cells})
}

// quantile returns the latency that a part f of the acts did not exceed.
func (m *measure) quantile(f float64) time.Duration {
	if len(m.lat) == 0 {
		return 0
	}
	lat := slices.Sorted(slices.Values(m.lat))
	return lat[min(int(f*float64(len(lat))), len(lat)-1)].Round(time.Microsecond)
}

// describe returns the figures of one measure in a line.
func (m *measure) describe() string {
	text := fmt.Sprintf("%.1f /s", m.rate())
	if m.bytes > 0 {
		text += fmt.Sprintf(", %.1f MB/s", float64(m.bytes)/1e6/m.elapsed.Seconds())
	}
	text += fmt.Sprintf(", p50 %v, p99 %v", m.quantile(.5), m.quantile(.99))
	if m.peak > 0 {
		text += fmt.Sprintf(", CPU %v each, peak %d MB", (m.cpu / time.Duration(max(m.n, 1))).Round(time.Microsecond), m.peak>>20)
	}
	return text
}
