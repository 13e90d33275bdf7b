package shadow

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/proof/compare"
	"conquest/proof/play"
	"conquest/proof/record"
	"conquest/proof/replay"
	"conquest/proof/report"
)

// follower plays what the original has answered to the server of the shadow, request
// by request in the order of the original's answers: so both do the same in the same
// order, whatever goes on at once.
type follower struct {
	s *Shadow

	mu     sync.Mutex // guards below
	queue  []grown
	wake   chan struct{}
	behind int
	last   time.Time // something was recorded

	open map[string]*followed // by file; of the worker alone
}

// grown tells that a recording has grown.
type grown struct {
	path  string
	ended bool
}

// followed is an association that is played while it goes on.
type followed struct {
	live    *record.Live
	session *play.Session
	looked  int // messages that were looked at
	waiting []int
	dead    bool // nothing more is played
}

func newFollower(s *Shadow) *follower {
	return &follower{s: s, wake: make(chan struct{}, 1), open: map[string]*followed{}}
}

// progress is told by the recorder.
func (f *follower) progress(path string, ended bool) {
	f.mu.Lock()
	f.last = time.Now()
	if n := len(f.queue); n == 0 || f.queue[n-1] != (grown{path, ended}) {
		f.queue = append(f.queue, grown{path, ended})
		f.behind = len(f.queue)
	}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// idle tells whether all that was recorded is played, and nothing was recorded for a
// while.
func (f *follower) idle(quiet time.Duration) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.behind == 0 && time.Since(f.last) >= quiet
}

// run plays until ctx ends.
func (f *follower) run(ctx context.Context) {
	defer func() {
		for _, a := range f.open {
			f.close(a)
		}
	}()
	for {
		f.mu.Lock()
		var g grown
		if len(f.queue) > 0 {
			g, f.queue = f.queue[0], f.queue[1:]
		} else {
			f.behind = 0
		}
		f.mu.Unlock()
		if g.path == "" {
			select {
			case <-ctx.Done():
				return
			case <-f.wake:
			}
			continue
		}
		if ctx.Err() != nil {
			return
		}
		f.follow(ctx, g)
	}
}

func (f *follower) close(a *followed) {
	if a.session != nil {
		a.session.Close()
	}
	a.live.Close()
}

// follow plays what a recording has more.
func (f *follower) follow(ctx context.Context, g grown) {
	a := f.open[g.path]
	if a == nil {
		live, err := record.Follow(g.path)
		if err != nil {
			f.s.trouble("recording", err)
			return
		}
		a = &followed{live: live}
		f.open[g.path] = a
	}
	if err := a.live.More(); err != nil {
		f.s.trouble("recording", err)
		a.dead = true
	}
	if a.live.Outgoing {
		f.s.relayed(a.live.Association)
	} else if !a.dead {
		f.play(ctx, a, g.ended)
	}
	if !g.ended {
		return
	}
	if !a.live.Outgoing {
		f.ended(a)
	}
	f.close(a)
	delete(f.open, g.path)
}

// play plays the requests that were answered since.
func (f *follower) play(ctx context.Context, a *followed, ended bool) {
	for ; a.looked < len(a.live.Messages); a.looked++ {
		m := &a.live.Messages[a.looked]
		if m.Caller && !m.Command.Field.IsResponse() && m.Command.Field != dimse.CCancelRQ {
			a.waiting = append(a.waiting, a.looked)
		}
	}
	a.waiting = slices.DeleteFunc(a.waiting, func(i int) bool {
		if replay.Response(a.live.Association, i) == nil && !ended {
			return false
		}
		f.request(ctx, a, i)
		return true
	})
}

// request plays one request and compares the answers.
func (f *follower) request(ctx context.Context, a *followed, i int) {
	m := &a.live.Messages[i]
	response := replay.Response(a.live.Association, i)
	if response == nil {
		f.s.count("requests that the original did not answer")
		return
	}
	if text := play.CommandText(m.Command); text != "" && !play.Playable(text) {
		f.s.count("server commands that are not played")
		return
	}
	if a.session == nil && !a.dead {
		f.associate(ctx, a)
	}
	if a.dead {
		f.s.count("requests of associations that the shadow does not have")
		return
	}
	if m.Command.Field == dimse.CMoveRQ || m.Command.Field == dimse.CGetRQ {
		f.s.lend(ctx, a.live.Association, m)
	}
	rq := play.Request{Context: m.Context, Syntax: m.Syntax, Command: m.Command, Set: m.Set}
	if m.HasData {
		rq.Data = func() ([]byte, error) { return a.live.Data(m) }
	}
	r, err := a.session.Do(ctx, &rq)
	if err != nil {
		a.dead = true
		f.s.trouble("request "+m.Command.Field.String(), err)
	}
	f.compare(a.live.Association, i, &r)
}

// associate opens the association at the shadow.
func (f *follower) associate(ctx context.Context, a *followed) {
	if a.live.Proposal == nil {
		a.dead = true
		return
	}
	session, err := play.Open(ctx, f.s.site.Address(), a.live.Proposal, play.Options{})
	if err != nil {
		a.dead = true
		f.s.trouble("association", err)
		return
	}
	a.session = session
	f.association(a, session.Answer)
	a.dead = !session.Accepted()
}

// association compares the answers to the request for an association.
func (f *follower) association(a *followed, answer dimse.PDU) {
	f.s.count("associations played")
	if x, y := replay.AnswerOf(a.live.Answer), replay.AnswerOf(answer); x != y {
		f.s.add(report.Difference{Kind: "association", What: "answer to the request", Example: report.Example{Object: a.live.Proposal.Calling.String(), A: x, B: y}})
	}
}

// ended plays an association that had no request, and ends the session.
func (f *follower) ended(a *followed) {
	if a.session == nil && !a.dead && a.live.Proposal != nil {
		f.associate(context.Background(), a)
	}
	if a.session != nil && !a.dead {
		if err := a.session.Release(); err != nil && a.live.End == "release" {
			f.s.trouble("release", err)
		}
	}
	if a.live.Incomplete != "" {
		f.s.count("associations that were not followed to their end")
	}
}

// compare compares the answers to one request.
func (f *follower) compare(a *record.Association, i int, r *play.Result) {
	m := &a.Messages[i]
	f.s.count("requests played")
	f.s.latency(a, i, r)
	identifier, _ := a.Dataset(m) // one that can not be read is named by its kind
	request := replay.RequestText(m.Command, identifier)
	if m.Command.Field == dimse.CStoreRQ {
		f.s.touch(identifier)
		request = fmt.Sprintf("%s / %s", text(identifier, dicom.PatientID), m.Command.AffectedSOPInstanceUID)
		f.s.count("objects stored")
	}
	replay.CompareAnswers(f.s.add, m.Command.Field, request, "", replay.OfRecorded(a, i), replay.OfPlayed(r))
	if m.Command.Field == dimse.CGetRQ {
		f.got(a, i, request, r)
	}
}

func text(ds *dicom.Dataset, t dicom.Tag) string {
	if ds == nil {
		return ""
	}
	return ds.String(t)
}

// got compares the objects that a C-GET gave.
func (f *follower) got(a *record.Association, i int, request string, r *play.Result) {
	ours := map[string]play.Store{}
	for _, s := range r.Stored {
		ours[s.SOP] = s
	}
	for k := i + 1; k < len(a.Messages); k++ {
		m := &a.Messages[k]
		if m.Caller || m.Command.Field != dimse.CStoreRQ {
			if !m.Caller && m.Command.Field == dimse.CGetRSP && !m.Command.Status.IsPending() {
				break
			}
			continue
		}
		sop := m.Command.AffectedSOPInstanceUID
		s, ok := ours[sop]
		if !ok {
			f.s.add(report.Difference{Kind: "object of a C-GET", What: "only of the original", Example: report.Example{Object: sop, A: request, B: "not sent"}})
			continue
		}
		delete(ours, sop)
		x, err := a.Dataset(m)
		if err != nil {
			continue // the recording has lost it
		}
		y, err := (&play.Response{Data: s.Data, Syntax: s.Syntax}).Dataset()
		if err != nil || x == nil || y == nil {
			continue
		}
		for _, d := range compare.DataSets(sop, x, y) {
			d.Kind += " of a C-GET"
			f.s.add(d)
		}
	}
	for sop := range ours {
		f.s.add(report.Difference{Kind: "object of a C-GET", What: "only of the shadow", Example: report.Example{Object: sop, A: "not sent", B: request}})
	}
}
