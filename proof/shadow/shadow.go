// Package shadow runs this server beside the original: it takes the port of a site,
// hands each association to the original, and plays the same to a server of ours in a
// copy of the site. What both do is compared; the caller gets the original's answers,
// byte for byte. [Run] does it until its context ends.
//
// Whatever happens to the copy, the original's traffic goes on: bytes are handed on
// before anything else looks at them, and what can not keep up is left behind.
package shadow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/group"
	"conquest/proof/compare"
	"conquest/proof/known"
	"conquest/proof/play"
	"conquest/proof/record"
	"conquest/proof/replay"
	"conquest/proof/report"
	"conquest/proof/scratch"
)

// Options of a shadow.
type Options struct {
	Site     dicomini.Location
	Program  string // of our server
	Original string // host:port where the original listens now
	Listen   string // port to take; "" is TCPPort of the site
	Folder   string // of the shadow; reports go there
	// Relays is the first of the ports at which forwards of the original are taken, one
	// for each entry of acrnema.map; 0: forwards of the original are not seen.
	Relays int
	// Page is the address of the live page, "" for none.
	Page string
	// Keep bounds the recorded traffic, in bytes.
	Keep int64
	// Tell says what an administrator should know.
	Tell func(format string, a ...any)
	// Ready is called when the port is taken; may be nil.
	Ready func()
}

// Shadow is one run.
type Shadow struct {
	Options
	began    time.Time
	config   *dicomini.Config
	site     *scratch.Site
	sink     *scratch.Sink
	before   *compare.Site // the site as it was at the beginning
	traffic  *record.Recorder
	follower *follower
	live     *report.Report // of answers

	mu       sync.Mutex // guards below
	server   *scratch.Server
	counts   map[string]int
	patients map[string]bool
	sops     map[string]bool
	waits    []time.Duration // of a sample of pieces
	seen     int
	took     [2][]time.Duration // answers of a sample of requests: of the original, of ours
	requests int
	troubles map[string]int
}

// Run takes the port and works until ctx ends, then writes the last report and
// returns it.
func Run(ctx context.Context, opt Options) (*report.Report, error) {
	s := &Shadow{Options: opt, began: time.Now(), counts: map[string]int{}, patients: map[string]bool{}, sops: map[string]bool{}, troubles: map[string]int{}}
	if s.Tell == nil {
		s.Tell = func(string, ...any) {}
	}
	if err := s.prepare(ctx); err != nil {
		s.close()
		return nil, err
	}
	defer s.close()
	l, err := net.Listen("tcp", ":"+s.Listen)
	if err != nil {
		return nil, fmt.Errorf("take the port of the site: %w", err)
	}
	playing, stop := context.WithCancel(context.Background())
	defer stop()
	var work group.Group
	work.Go("follower", func() { s.follower.run(playing) })
	work.Go("server of the shadow", func() { s.keepRunning(playing) })
	work.Go("reports", func() { s.reports(ctx) })
	if err := s.serveRelays(playing, &work); err != nil {
		l.Close()
		stop()
		work.Wait()
		return nil, err
	}
	if err := s.servePage(ctx, &work); err != nil {
		s.Tell("no live page: %v", err)
	}
	if s.Ready != nil {
		s.Ready()
	}
	p := &proxy{to: s.Original, tap: s.tap(false), waited: s.waited, failed: func(err error) { s.trouble("original", err) }}
	err = p.serve(ctx, l)
	s.settle()
	stop()
	s.mu.Lock()
	server := s.server
	s.server = nil
	s.mu.Unlock()
	if server != nil {
		if drained := server.Drain(context.Background(), drainLimit); drained != nil {
			s.trouble("server of the shadow", drained)
		}
	}
	work.Wait()
	return s.write(true), err
}

// Limits of the end.
const (
	settleLimit = 2 * time.Minute
	quiet       = 3 * time.Second // nothing comes any more
	// sinkPatience is how much later the original may forward than the copy.
	sinkPatience = 20 * time.Second
	drainLimit   = 2 * time.Minute
	reportEvery  = time.Minute
)

// settle waits until all that came is played, and the original forwards no more.
func (s *Shadow) settle() {
	least := time.Duration(0)
	if s.Relays != 0 {
		least = quiet
	}
	for end := time.Now().Add(settleLimit); time.Now().Before(end) && !s.follower.idle(least); {
		time.Sleep(50 * time.Millisecond)
	}
}

func (s *Shadow) prepare(ctx context.Context) (err error) {
	live, err := dicomini.Open(s.Site, dicomini.Options{})
	if err != nil {
		return err
	}
	s.config = live.Current()
	if s.Listen == "" {
		s.Listen = s.config.TCPPort
	}
	if _, port, err := net.SplitHostPort(s.Original); err != nil {
		return fmt.Errorf("--original needs HOST:PORT: %w", err)
	} else if port == s.Listen && isHere(s.Original) {
		return fmt.Errorf("the original is to listen on another port than %s: start it with -pPORT", s.Listen)
	}
	if s.Folder, err = filepath.Abs(s.Folder); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(s.Folder, "copy")); err == nil {
		return fmt.Errorf("%s holds the shadow of an earlier run: name another folder, or remove it", s.Folder)
	}
	if s.sink, err = scratch.NewSink(); err != nil {
		return err
	}
	if s.Relays != 0 {
		s.sink.Patience = sinkPatience
	}
	s.before, err = compare.Open(ctx, s.Site.Path)
	if err != nil {
		return fmt.Errorf("read the site: %w", err)
	}
	if s.site, err = scratch.Make(ctx, s.Site, filepath.Join(s.Folder, "copy"), scratch.Options{Sink: s.sink.Address}); err != nil {
		return err
	}
	s.live = report.New("", "", "")
	s.follower = newFollower(s)
	s.traffic, err = record.New(record.Options{
		Folder: filepath.Join(s.Folder, "traffic"), Size: max(s.Keep, 1<<30), Age: 365 * 24 * time.Hour, Free: 1 << 30, Pixels: true,
		Progress: s.follower.progress, Tell: func(what string, pairs ...any) { s.Tell("%s %v", what, pairs) },
	})
	if err != nil {
		return err
	}
	s.server, err = s.site.Start(ctx, s.Program)
	return err
}

func isHere(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *Shadow) close() {
	if s.server != nil {
		s.server.Kill()
	}
	if s.sink != nil {
		s.sink.Close()
	}
	if s.before != nil {
		s.before.Close()
	}
	if s.traffic != nil {
		s.traffic.Close()
	}
}

// tap makes listeners for connections.
func (s *Shadow) tap(outgoing bool) func(net.Addr) dimse.Tap {
	return func(peer net.Addr) dimse.Tap { return s.traffic.Tap(peer, outgoing) }
}

// keepRunning starts the server of the shadow again when it has ended.
func (s *Shadow) keepRunning(ctx context.Context) {
	for {
		s.mu.Lock()
		server := s.server
		s.mu.Unlock()
		if server == nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-server.Ended():
		}
		if ctx.Err() != nil {
			return
		}
		s.trouble("server of the shadow", errors.New("it ended; see "+s.site.Dir))
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
		again, err := s.site.Start(ctx, s.Program)
		if err != nil {
			s.trouble("server of the shadow", err)
			continue
		}
		s.mu.Lock()
		s.server = again
		s.mu.Unlock()
	}
}

// serveRelays takes the forwards of the original, hands them on to the true
// destinations, and writes the acrnema.map that leads them here.
func (s *Shadow) serveRelays(ctx context.Context, work *group.Group) error {
	if s.Relays == 0 {
		return nil
	}
	aes, _, err := s.config.ReadAEMap()
	if err != nil {
		return err
	}
	var lines []byte
	port := s.Relays
	for _, e := range aes.Entries() {
		if e.Wildcard() {
			lines = fmt.Appendf(lines, "%s %s %s %s\n", e.Name, e.Host, e.Port, e.Compression)
			continue
		}
		l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
		if err != nil {
			return fmt.Errorf("relay for %s: %w", e.Name, err)
		}
		p := &proxy{to: net.JoinHostPort(e.Host, e.Port), tap: s.relayTap, waited: func(time.Duration) {}, failed: func(err error) { s.trouble("destination "+e.Name, err) }}
		work.Go("relay", func() {
			if err := p.serve(ctx, l); err != nil {
				s.trouble("relay", err)
			}
		})
		lines = fmt.Appendf(lines, "%s 127.0.0.1 %d %s\n", e.Name, port, e.Compression)
		port++
	}
	path := filepath.Join(s.Folder, "acrnema.map")
	s.Tell("forwards of the original are seen when it uses %s", path)
	if err := os.WriteFile(path+".new", lines, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// relayTap listens to what the original sends: of our tap's two sides its bytes are
// those of who opened the association.
func (s *Shadow) relayTap(peer net.Addr) dimse.Tap {
	t := s.traffic.Tap(peer, true)
	if t == nil {
		return nil
	}
	return turned{t}
}

// turned is a tap on the side of the one who is called.
type turned struct{ dimse.Tap }

func (t turned) Received(b []byte) { t.Tap.Sent(b) }
func (t turned) Sent(b []byte)     { t.Tap.Received(b) }

// relayed learns what a destination takes.
func (s *Shadow) relayed(a *record.Association) {
	ac, ok := a.Answer.(*dimse.AssociateAC)
	if !ok || a.Proposal == nil {
		return
	}
	for i, c := range ac.Contexts {
		if c.Result == 0 && i < len(a.Proposal.Contexts) {
			s.sink.Takes(a.Proposal.Called.String(), a.Proposal.Contexts[i].AbstractSyntax, c.TransferSyntax)
		}
	}
}

func (s *Shadow) add(d report.Difference) {
	d.Documented = known.Heading(d)
	s.live.Add(d)
}

func (s *Shadow) count(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[what]++
}

// trouble counts what went wrong with the shadow.
func (s *Shadow) trouble(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := what + ": " + err.Error()
	if s.troubles[text] == 0 && len(s.troubles) < 100 {
		s.Tell("%s", text)
	}
	if len(s.troubles) < 100 || s.troubles[text] > 0 {
		s.troubles[text]++
	}
}

// touch remembers an object that came.
func (s *Shadow) touch(ds *dicom.Dataset) {
	if ds == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.patients[ds.String(dicom.PatientID)] = true
	s.sops[ds.String(dicom.SOPInstanceUID)] = true
}

// samples is how many times are kept for the report.
const samples = 20000

func (s *Shadow) waited(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	s.waits = sample(s.waits, d, s.seen)
}

// sample keeps the last times.
func sample(list []time.Duration, d time.Duration, n int) []time.Duration {
	if len(list) < samples {
		return append(list, d)
	}
	list[n%samples] = d
	return list
}

// latency notes how long an answer took.
func (s *Shadow) latency(a *record.Association, i int, r *play.Result) {
	rsp := replay.Response(a, i)
	if rsp == nil || r.Final == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.took[0] = sample(s.took[0], rsp.At-a.Messages[i].Done, s.requests)
	s.took[1] = sample(s.took[1], r.Took, s.requests)
}

// percentile is the time that p of 100 keep below.
func percentile(list []time.Duration, p int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return list[min(len(list)-1, len(list)*p/100)]
}

// facts writes what was counted into a report.
func (s *Shadow) facts(r *report.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Fact("since", "%s, for %s", s.began.Format(time.DateTime), time.Since(s.began).Round(time.Second))
	for _, what := range slices.Sorted(maps.Keys(s.counts)) {
		r.Fact(what, "%d", s.counts[what])
	}
	r.Fact("patients seen", "%d", len(s.patients))
	r.Fact("time a piece of a message was held", "median %s, 99 of 100 below %s, most %s", percentile(s.waits, 50), percentile(s.waits, 99), percentile(s.waits, 100))
	for i, who := range []string{"the original", "this server"} {
		r.Fact("time to the answer of "+who, "median %s, 99 of 100 below %s", percentile(s.took[i], 50).Round(10*time.Microsecond), percentile(s.took[i], 99).Round(10*time.Microsecond))
	}
	for _, text := range slices.Sorted(maps.Keys(s.troubles)) {
		r.Add(report.Difference{Kind: "trouble", What: "of the shadow", Example: report.Example{Object: fmt.Sprintf("%d times", s.troubles[text]), B: text}})
	}
}
