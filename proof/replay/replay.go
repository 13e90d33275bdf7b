// Package replay plays recorded associations again - through a changed
// configuration in a copy of a site, or to any other server - and tells which
// outcomes differ, object by object and rule by rule (dgate --replay).
package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"conquest/dicomini"
	"conquest/dimse"
	"conquest/proof/play"
	"conquest/proof/report"
	"conquest/proof/scratch"
)

// Options of a replay.
type Options struct {
	Folder   string            // of the recordings
	Site     dicomini.Location // whose configuration is tried; not with Address
	Program  string            // of the server
	Address  string            // of another server, instead of a copy of the site
	Called   string            // AE title of that server
	Progress func(done, of int)
}

// drainLimit is how long the queues of a copy may take to become empty.
const drainLimit = 5 * time.Minute

// ErrNothing tells that there are no recorded associations.
var ErrNothing = errors.New("there are no recorded associations")

// Run plays recordings and compares what becomes of them with what became of them
// then.
func Run(ctx context.Context, opt Options) (*report.Report, error) {
	then, err := Collect(opt.Folder, "")
	if err != nil {
		return nil, err
	}
	if len(then.Incoming) == 0 {
		return nil, fmt.Errorf("%w in %s", ErrNothing, opt.Folder)
	}
	r := &run{Options: opt, then: then, objects: map[string]bool{}, differ: map[string]bool{}, byRule: map[string]map[string]bool{}, left: map[string]int{}}
	if opt.Address != "" {
		r.out = report.New("Recorded associations, played to another server", "as recorded: "+opt.Folder, opt.Address+" "+opt.Called)
		r.playAll(ctx, opt.Address, opt.Called)
		return r.finish(), ctx.Err()
	}
	r.out = report.New("Recorded associations, played through the present configuration", "as recorded: "+opt.Folder, opt.Site.Path)
	return r.inCopy(ctx)
}

// run is one replay.
type run struct {
	Options
	then   *Outcomes
	out    *report.Report
	now    *Outcomes
	left   map[string]int // requests that were not played, by reason
	played []played

	objects map[string]bool            // of the recording
	differ  map[string]bool            // objects that come out otherwise
	byRule  map[string]map[string]bool // the same by rule
	failed  int
	// meanwhile counts forwards of objects that were deleted, where time decides.
	meanwhile int
}

// played is a request with both answers.
type played struct {
	field   dimse.CommandField
	request string
	sop     string
	a, b    Answered
}

// inCopy plays to a server in a copy of the site.
func (r *run) inCopy(ctx context.Context) (*report.Report, error) {
	dir, err := os.MkdirTemp("", "dgate-replay")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	sink, err := scratch.NewSink()
	if err != nil {
		return nil, err
	}
	defer sink.Close()
	var forget []string
	for sop, list := range r.then.Objects {
		forget = append(forget, sop)
		for _, o := range list {
			forget = append(forget, o.SOP)
			taught(sink, o.Forwards)
		}
	}
	for _, list := range r.then.Strays {
		taught(sink, list)
	}
	slices.Sort(forget)
	site, err := scratch.Make(ctx, r.Site, dir, scratch.Options{Sink: sink.Address, Forget: slices.Compact(forget)})
	if err != nil {
		return nil, err
	}
	server, err := site.Start(ctx, r.Program)
	if err != nil {
		return nil, err
	}
	r.playAll(ctx, site.Address(), "")
	if err := ctx.Err(); err != nil {
		server.Kill()
		return nil, err
	}
	if err := server.Drain(ctx, drainLimit); err != nil {
		return nil, err
	}
	if r.now, err = Collect(site.Record, dir); err != nil {
		return nil, err
	}
	r.compareObjects()
	r.compareOther(r.Site.BaseDir)
	return r.finish(), nil
}

// taught lets the sink take what the true destination took.
func taught(s *scratch.Sink, list []Forward) {
	for _, f := range list {
		s.Takes(f.To, f.m.Command.AffectedSOPClassUID, f.Syntax)
	}
}

// playAll plays all associations, one after the other.
func (r *run) playAll(ctx context.Context, address, called string) {
	for i, a := range r.then.Incoming {
		if ctx.Err() != nil {
			return
		}
		if r.Progress != nil {
			r.Progress(i, len(r.then.Incoming))
		}
		if s, ok := play.FromRecording(a); ok {
			r.association(ctx, address, called, s)
		}
	}
}

func (r *run) association(ctx context.Context, address, called string, s *play.Recorded) {
	for _, why := range s.Left {
		r.left[why]++
	}
	p := play.Association(ctx, address, s, play.Options{Called: called})
	whose := filepath.Base(s.Path) + " of " + s.Association.Proposal.Calling.String()
	if x, y := AnswerOf(s.Answer), AnswerOf(p.Answer); x != y {
		r.out.Add(report.Difference{Kind: "association", What: "answer to the request", Example: report.Example{Object: whose, A: x, B: y}})
	}
	if p.Err != nil && s.End == "release" {
		r.out.Add(report.Difference{Kind: "association", What: "end", Example: report.Example{Object: whose, A: s.End, B: p.Err.Error()}})
	}
	for k, i := range s.Index {
		m := &s.Messages[i]
		if m.Command.Field == dimse.CStoreRQ {
			r.objects[m.Command.AffectedSOPInstanceUID] = true
		}
		if k >= len(p.Results) {
			r.failed++
			continue
		}
		x := played{field: m.Command.Field, a: OfRecorded(s.Association, i), b: OfPlayed(&p.Results[k])}
		if m.Command.Field == dimse.CStoreRQ {
			x.sop = m.Command.AffectedSOPInstanceUID
			x.request = RequestText(m.Command, nil)
		} else {
			ds, _ := s.Dataset(m) // a request that can not be read is named by its kind
			x.request = RequestText(m.Command, ds)
		}
		r.played = append(r.played, x)
	}
}

// AnswerOf is the answer to a request for an association, as text.
func AnswerOf(p dimse.PDU) string {
	switch p := p.(type) {
	case *dimse.AssociateAC:
		var list []string
		for _, c := range p.Contexts {
			if c.Result == 0 {
				list = append(list, fmt.Sprintf("%d %s", c.ID, c.TransferSyntax))
			}
		}
		return "accepted: " + strings.Join(list, ", ")
	case *dimse.AssociateRJ:
		return fmt.Sprintf("refused: result %d, source %d, reason %d", p.Result, p.Source, p.Reason)
	case *dimse.Abort:
		return "aborted"
	}
	return "none"
}

// add adds a difference of an object.
func (r *run) add(sop string, d report.Difference) {
	r.out.Add(d)
	if sop == "" {
		return
	}
	r.differ[sop] = true
	rule, _, _ := strings.Cut(cmp.Or(d.Rule, "no rule"), ", ")
	if r.byRule[rule] == nil {
		r.byRule[rule] = map[string]bool{}
	}
	r.byRule[rule][sop] = true
}

// compareObjects compares what became of each object, in the order of arrival.
func (r *run) compareObjects() {
	for sop := range r.objects {
		then, now := r.then.Objects[sop], r.now.Objects[sop]
		for i := range max(len(then), len(now)) {
			a, b := &Object{}, &Object{}
			if i < len(then) {
				a = then[i]
			}
			if i < len(now) {
				b = now[i]
			}
			for _, d := range ObjectDifferences(a, b) {
				if Meanwhile(&d, r.then.Deleted[sop], r.now.Deleted[sop]) {
					r.meanwhile++
					continue
				}
				if d.Object == "" {
					d.Object = sop
				}
				r.add(sop, d)
			}
		}
	}
}

// compareOther compares what is not of one object that came.
func (r *run) compareOther(base string) {
	for sop := range union(r.then.Strays, r.now.Strays) {
		for _, d := range Forwards(sop, r.then.Strays[sop], r.now.Strays[sop]) {
			r.out.Add(d)
		}
	}
	counts(r.out, "deleted", "object", r.then.Deleted, r.now.Deleted)
	counts(r.out, "program", "started by a script", named(r.then.Programs, base), r.now.Programs)
	counts(r.out, "file", "written by a script", named(r.then.Files, base), r.now.Files)
}

// named has the folder of the site named as that of a copy.
func named(list map[string]int, base string) map[string]int {
	out := map[string]int{}
	abs, err := filepath.Abs(base)
	if err != nil {
		return list
	}
	for text, n := range list {
		out[without(text, abs)] += n
	}
	return out
}

func union[V any](a, b map[string]V) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

func counts(out *report.Report, kind, what string, a, b map[string]int) {
	for k := range union(a, b) {
		if a[k] != b[k] {
			out.Add(report.Difference{Kind: kind, What: what, Example: report.Example{Object: k, A: fmt.Sprintf("%d times", a[k]), B: fmt.Sprintf("%d times", b[k])}})
		}
	}
}

// finish compares the answers and writes the facts.
func (r *run) finish() *report.Report {
	for _, p := range r.played {
		rule := ""
		if list, now := r.then.Objects[p.sop], r.nowOf(p.sop); len(list) == 1 && len(now) == 1 {
			rule = ChangedRules(list[0], now[0])
		}
		CompareAnswers(func(d report.Difference) { r.add(p.sop, d) }, p.field, p.request, rule, p.a, p.b)
	}
	r.out.Fact("associations played", "%d", len(r.then.Incoming))
	r.out.Fact("requests played", "%d", len(r.played))
	if len(r.objects) > 0 {
		r.out.Fact("objects that come out otherwise", "%d of %d", len(r.differ), len(r.objects))
	}
	for _, rule := range slices.Sorted(maps.Keys(r.byRule)) {
		r.out.Fact("of these by "+rule, "%d", len(r.byRule[rule]))
	}
	if r.meanwhile > 0 {
		r.out.Fact("sent by one only, deleted by both", "%d", r.meanwhile)
	}
	if r.failed > 0 {
		r.out.Fact("requests that could not be sent", "%d", r.failed)
	}
	for _, why := range slices.Sorted(maps.Keys(r.left)) {
		r.out.Fact("not played: "+why, "%d", r.left[why])
	}
	return r.out
}

func (r *run) nowOf(sop string) []*Object {
	if r.now == nil {
		return nil
	}
	return r.now.Objects[sop]
}
