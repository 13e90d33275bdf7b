// Package forward sends objects on while they are received or exported, over
// associations that are kept open between them.
package forward

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/loopguard"
	"conquest/pacs/peers"
	"conquest/pacs/site"
	"conquest/scripting"
)

// Forwarder keeps the associations of immediate forwards, one for each converter
// statement and channel, open between objects (docs/original/network.md 4.3).
type Forwarder struct {
	*site.Site
	peers *peers.Peers
	mu    sync.Mutex // guards slots
	slots map[slotKey]*forwardSlot
	guard loopguard.Guard
}

// New makes it.
func New(s *site.Site, p *peers.Peers) *Forwarder {
	return &Forwarder{Site: s, peers: p, slots: map[slotKey]*forwardSlot{}}
}

type slotKey struct {
	export       bool
	row, channel int
}

// forwardSlot is one association to a destination, or none at the moment.
type forwardSlot struct {
	mu    sync.Mutex // held while an object is sent
	a     *dimse.Association
	cfg   *dicomini.Config // of the last use
	dest  peers.Destination
	unit  string // UID or ID that the association is for
	kinds []peers.Kind
	since time.Time // of the first collected kind
	idle  *time.Timer
}

func (f *Forwarder) slot(k slotKey) *forwardSlot {
	f.mu.Lock()
	defer f.mu.Unlock()
	sl := f.slots[k]
	if sl == nil {
		sl = &forwardSlot{}
		f.slots[k] = sl
	}
	return sl
}

// resolve finds the destination of a forward: an AE of the map, else host[:port].
func (f *Forwarder) resolve(cfg *dicomini.Config, fw *scripting.Forward) peers.Destination {
	d := peers.Destination{AE: fw.Target, Calling: cfg.MyACRNema, Called: fw.Target, Compression: fw.Compression}
	if fw.Originator != "" {
		d.Calling = fw.Originator
	}
	if fw.CalledAE != "" {
		d.Called = fw.CalledAE
	}
	if peer, ok := f.AEs.Lookup(fw.Target); ok {
		d.Host, d.Port = peer.Host, peer.Port
		if d.Compression == "" {
			d.Compression = peer.Compression
		}
		return d
	}
	host, port, ok := strings.Cut(fw.Target, ":")
	if !ok {
		port = peers.DefaultForwardPort
	}
	d.Host, d.Port = host, port
	if fw.Export {
		d.Compression = ""
	}
	return d
}

// levelUnit is what ForwardAssociationLevel ties an association to.
func levelUnit(level string, ds *dicom.Dataset) (word, unit string) {
	for _, l := range []struct {
		word string
		tag  dicom.Tag
	}{
		{"PATIENT", dicom.PatientID}, {"STUDY", dicom.StudyInstanceUID}, {"SERIES", dicom.SeriesInstanceUID},
		{"IMAGE", dicom.SOPInstanceUID}, {"SOPCLASS", dicom.SOPClassUID},
	} {
		if strings.HasPrefix(level, l.word) {
			return l.word, ds.String(l.tag)
		}
	}
	return "GLOBAL", ""
}

// send forwards one object now.
func (f *Forwarder) send(ctx context.Context, cfg *dicomini.Config, fw *scripting.Forward) error {
	if name, is := f.peers.WebServer(fw.Target); is {
		return f.sendWeb(ctx, cfg, fw, name)
	}
	sl := f.slot(slotKey{fw.Export, fw.Row, fw.Channel})
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.cfg = cfg
	dest := f.resolve(cfg, fw)
	class := fw.Object.String(dicom.SOPClassUID)
	level, unit := levelUnit(cfg.ForwardAssociationLevel, fw.Object)
	if sl.a != nil && sl.a.Err() != nil {
		f.drop(sl) // the peer ended it meanwhile
	}
	if sl.a != nil && (sl.dest != dest || sl.unit != unit) {
		f.closeBy(sl, fw, level)
	}
	kind := peers.KindOf(fw.Object)
	sl.collect(kind, time.Duration(cfg.ForwardAssociationRefreshDelay)*time.Second)
	if sl.a != nil && (sl.a.ContextFor(class) == nil && !proposed(sl.a, class) || peers.Lacks(sl.a, kind)) {
		f.closeBy(sl, fw, "SOPCLASS")
	}
	reused := sl.a != nil
	prepare := sync.OnceFunc(func() {
		if fw.Prepare != nil {
			fw.Prepare(ctx)
		}
	})
	for {
		err := f.attempt(ctx, sl, cfg, fw, dest, unit, class, prepare)
		if reused && isConnectionLoss(err) {
			reused = false
			f.drop(sl)
			continue
		}
		if err == nil {
			f.Counters.Forwarded.Add(1)
			if level == "IMAGE" {
				f.release(sl)
			} else {
				f.closeLater(sl, cfg)
			}
		}
		return err
	}
}

// attempt opens the association when needed and sends the object on it.
func (f *Forwarder) attempt(ctx context.Context, sl *forwardSlot, cfg *dicomini.Config, fw *scripting.Forward, dest peers.Destination, unit, class string, prepare func()) error {
	if sl.a == nil {
		a, err := f.peers.DialFor(ctx, cfg, dest, append(slices.Clone(sl.kinds), peers.Kind{Class: dimse.Verification}))
		if err != nil {
			return &scripting.ForwardError{Failure: scripting.NotConnected, Err: err}
		}
		sl.a, sl.dest, sl.unit = a, dest, unit
	}
	if sl.a.ContextFor(class) == nil {
		return &scripting.ForwardError{Failure: scripting.NotAccepted, Err: dimse.ErrNoContext}
	}
	prepare()
	if err := scriptClause(cfg, fw); err != nil {
		return err
	}
	pc, err := f.peers.Fit(ctx, sl.a, class, fw.Object, peers.CodeFor(dest.Compression))
	if err != nil {
		return &scripting.ForwardError{Failure: scripting.NotAccepted, Err: err}
	}
	_, err = sl.a.Store(ctx, dimse.StoreRequest{
		SOPClassUID: class, SOPInstanceUID: fw.Object.String(dicom.SOPInstanceUID),
		Data: dimse.NewData(fw.Object), Context: pc,
	})
	if err == nil {
		return nil
	}
	f.Console.Event("*** object not taken by destination", "ae", fw.Target, "sop", fw.Object.String(dicom.SOPInstanceUID), "error", err)
	var status *dimse.StatusError
	if errors.As(err, &status) {
		return &scripting.ForwardError{Failure: scripting.NotSent, Retry: cfg.RetryForwardFailed, Err: err}
	}
	f.drop(sl)
	return &scripting.ForwardError{Failure: scripting.NotSent, Retry: true, Err: fmt.Errorf("connection lost: %w", err)}
}

// isConnectionLoss tells whether sending failed for want of a connection that
// was open before: the peer may have closed it meanwhile.
func isConnectionLoss(err error) bool {
	var fe *scripting.ForwardError
	if !errors.As(err, &fe) || fe.Failure != scripting.NotSent {
		return false
	}
	var status *dimse.StatusError
	return !errors.As(err, &status) && !errors.Is(err, errScriptClause)
}

func proposed(a *dimse.Association, class string) bool {
	return slices.ContainsFunc(a.Contexts(), func(pc *dimse.PresentationContext) bool { return pc.AbstractSyntax == class })
}

// collect remembers the kind for later associations of the slot; old ones are
// forgotten after refresh.
func (sl *forwardSlot) collect(k peers.Kind, refresh time.Duration) {
	if time.Since(sl.since) > refresh {
		sl.kinds, sl.since = nil, time.Now()
	}
	if !slices.Contains(sl.kinds, k) {
		sl.kinds = append(sl.kinds, k)
	}
}

// closeBy ends the association because of what stands in reason, and says so in
// the words of the original.
func (f *Forwarder) closeBy(sl *forwardSlot, fw *scripting.Forward, reason string) {
	word := "Forward"
	if fw.Export {
		word = "forward"
	}
	oplog.AssociationClosed(f.Console, fw.Name(), word, reason)
	f.release(sl)
}

// closeLater keeps the association open for a while.
func (f *Forwarder) closeLater(sl *forwardSlot, cfg *dicomini.Config) {
	delay := time.Duration(cfg.ForwardAssociationCloseDelay) * time.Second
	if sl.idle != nil {
		sl.idle.Stop()
	}
	a := sl.a
	a.Watch()
	sl.idle = time.AfterFunc(delay, func() {
		sl.mu.Lock()
		defer sl.mu.Unlock()
		if sl.a == a {
			f.release(sl)
		}
	})
}

// release ends the association of a slot in order. The caller holds sl.mu.
func (f *Forwarder) release(sl *forwardSlot) {
	if sl.idle != nil {
		sl.idle.Stop()
	}
	if sl.a == nil {
		return
	}
	if err := f.peers.HangUp(sl.a, sl.cfg); err != nil {
		oplog.NotReleased(f.Console, sl.dest.Called, err)
	}
	sl.a = nil
}

// drop forgets an association that is broken. The caller holds sl.mu.
func (f *Forwarder) drop(sl *forwardSlot) {
	if sl.a != nil {
		sl.a.Close()
		sl.a = nil
	}
}

// CloseImports ends the associations of import converters: the last incoming
// association has ended.
func (f *Forwarder) CloseImports() { f.closeWhere(func(k slotKey) bool { return !k.export }) }

func (f *Forwarder) CloseAll() { f.closeWhere(func(slotKey) bool { return true }) }

func (f *Forwarder) closeWhere(match func(slotKey) bool) {
	f.mu.Lock()
	var list []*forwardSlot
	for k, sl := range f.slots {
		if match(k) {
			list = append(list, sl)
		}
	}
	f.mu.Unlock()
	for _, sl := range list {
		sl.mu.Lock()
		f.release(sl)
		sl.mu.Unlock()
	}
}
