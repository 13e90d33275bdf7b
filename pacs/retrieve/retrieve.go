package retrieve

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"

	"conquest/access"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/group"
	"conquest/oplog"
	"conquest/pacs/peers"
	"conquest/pacs/site"
	"conquest/pacs/virtual"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// Request is a request to send stored objects.
type Request struct {
	Model       string         // for the log: "PatientRoot", "StudyRootNKI"
	Destination string         // AE that gets the objects
	Said        string         // the destination of a C-MOVE as messages name it; "" for a C-GET
	Identifier  *dicom.Dataset // converters may change it
	Command     *dicom.Dataset // command set, for converters
	// Wishes reads what changes the objects that are sent, when converters have seen
	// the identifier.
	Wishes    func() Wishes
	MessageID uint16
	// To takes the objects; nil: an association to Destination is opened.
	To *dimse.Association
}

// Results of a retrieval that sends nothing.
var (
	ErrRetrieveRefused    = errors.New("retrieval is refused")
	ErrUnknownDestination = errors.New("destination is not in acrnema.map")
	ErrForbiddenHost      = errors.New("destination host is not allowed")
	ErrNothingFound       = errors.New("nothing matches")
)

// NoRoom tells the requester that the destination may take objects later that it
// refused now.
const NoRoom = "destination is out of resources"

// NoAssociationError tells that the destination can not be reached.
type NoAssociationError struct{ Err error }

func (e *NoAssociationError) Error() string {
	return "no association to the destination: " + e.Err.Error()
}

func (e *NoAssociationError) Unwrap() error { return e.Err }

// Progress counts the objects of a retrieval.
type Progress struct{ Total, Sent, Failed, Warned int }

// Remaining is how many objects are still to be sent.
func (p Progress) Remaining() int { return p.Total - p.Sent - p.Failed - p.Warned }

// Result is what came of a retrieval. Objects that were not reached because the
// association was lost count as failed.
type Result struct {
	Progress
	Cancelled  bool
	Lost       bool // the association to the destination
	NoRoom     bool // an object was refused for want of room
	FailedUIDs []string
	Reason     error // of the last failure, where the destination told one in words
}

// Retrieval is a retrieval under way. [Retrieval.Close] ends it.
type Retrieval struct {
	s      *Retriever
	cfg    *dicomini.Config
	caller rules.Caller
	q      Request
	wishes Wishes
	Result

	to      *dimse.Association
	web     string // or a DICOMweb server
	dialled bool
	dial    func(context.Context) (*dimse.Association, error) // to the destination of a C-MOVE
	kinds   []peers.Kind                                      // that dial offers
	refs    []db.ObjectRef
	gone    []db.ObjectRef // that a virtual server did not send
	virtual *virtual.Collection
	ahead   group.Group // works ahead of the sending
}

// Retrieve lets RetrieveConverter0 see the request, finds the objects and opens the
// association to their destination.
func (s *Retriever) Retrieve(ctx context.Context, caller rules.Caller, q Request) (*Retrieval, error) {
	r := &Retrieval{s: s, cfg: s.Live.Current(), caller: caller, q: q, to: q.To}
	if err := r.admit(ctx); err != nil {
		return nil, err
	}
	var peer dicomini.AE
	if q.To == nil {
		r.web, _ = s.peers.WebServer(q.Destination)
	}
	if q.To == nil && r.web == "" {
		var ok bool
		if peer, ok = s.AEs.Lookup(q.Destination); !ok {
			oplog.MoveDestinationUnknown(s.Console, q.Said)
			return nil, ErrUnknownDestination
		}
		if err := r.permit(ctx, &peer); err != nil {
			return nil, err
		}
		oplog.MoveDestinationFound(s.Console, peer.Host, peer.Port)
	}
	if !r.search(ctx) {
		return nil, ErrNothingFound
	}
	if q.To != nil || r.web != "" || len(r.refs) == 0 {
		return r, nil
	}
	var err error
	r.kinds = r.look()
	r.dial = func(ctx context.Context) (*dimse.Association, error) { return r.open(ctx, peer) }
	if r.to, err = r.dial(ctx); err != nil {
		oplog.MoveNotConnected(s.Console, r.host())
		r.Close(context.WithoutCancel(ctx))
		return nil, &NoAssociationError{err}
	}
	r.dialled = true
	return r, nil
}

// admit lets RetrieveConverter0 see the request and reads what is wished.
func (r *Retrieval) admit(ctx context.Context) error {
	s := r.s
	q := rules.Request{Object: r.q.Identifier, Command: r.q.Command, Caller: r.caller, Destination: r.q.Destination}
	if s.Rules.Hook(ctx, r.cfg, scripting.Retrieve, 0, q).Action == rules.Destroy {
		oplog.MoveBlocked(s.Console)
		return ErrRetrieveRefused
	}
	r.wishes = r.q.Wishes()
	if r.wishes.Script != "" && !r.mayScript() {
		s.Console.Event("*** script of a retrieval refused: add the host to CommandIPs in dicom.ini to allow it", "host", r.caller.Address(), "calling", r.caller.Calling())
		return ErrRetrieveRefused
	}
	r.q.Identifier.Delete(site.TagSplit)
	return nil
}

// permit finds the address of a destination whose host is its title, if that may be
// sent to.
func (r *Retrieval) permit(ctx context.Context, peer *dicomini.AE) (err error) {
	if !peer.FromTitle {
		return nil
	}
	if peer.Host, err = access.MoveHost(ctx, r.cfg, peer.Host); err != nil {
		r.s.Console.Event("*** C-MOVE refused: add the host to MoveHosts in dicom.ini to allow it", "calling", r.caller.Calling(), "peer", r.caller.Address(), "destination", r.q.Destination, "error", err)
		return ErrForbiddenHost
	}
	return nil
}

// mayScript tells whether the requester may have a script run: it can do whatever
// a server command can. The server itself asks so for delayed forwards.
func (r *Retrieval) mayScript() bool {
	ip := net.ParseIP(r.caller.Address())
	return ip != nil && ip.IsLoopback() || r.caller.Administrator()
}

// host is the receiver as the log names it.
func (r *Retrieval) host() string {
	if r.q.Said == "" {
		return "C-GET client"
	}
	return r.q.Said
}

// search finds the objects to send; false when there are none. Those of virtual
// servers come first, or, with OverlapVirtualGet, while others are sent.
func (r *Retrieval) search(ctx context.Context) bool {
	r.s.find.Prefetcher.Moved(r.q.Identifier)
	oplog.RetrieveSearching(r.s.Console, r.handler())
	virtual, err := r.s.virtual.Collect(ctx, r.cfg, r.caller, r.q.Identifier)
	if err != nil {
		r.s.Console.Event("*** virtual servers did not answer", "error", err)
	}
	r.virtual = virtual
	if virtual != nil && len(virtual.Missing) > 0 {
		if r.cfg.OverlapVirtualGet > 0 {
			virtual.Fetched = make(chan struct{})
			r.ahead.Go("fetch from virtual servers", func() {
				defer close(virtual.Fetched)
				virtual.Fetch(ctx)
			})
		} else {
			virtual.Fetch(ctx)
			if r.gone, err = virtual.ForgetMissing(ctx); err != nil {
				r.s.Console.Event("*** rows of missing objects stay", "error", err)
			}
		}
	}
	if r.refs, err = r.s.Index.LocateToSend(ctx, r.q.Identifier); err != nil {
		r.s.Console.Event("*** search for retrieval failed", "calling", r.caller.Calling(), "error", err)
		return false
	}
	r.announce()
	r.Total = len(r.refs) + len(r.gone)
	for _, ref := range r.gone {
		r.fail(ref.SOPInstanceUID)
	}
	return r.Total > 0
}

// announce logs how many objects were found, and how many of them are wanted.
func (r *Retrieval) announce() {
	n := len(r.refs) + len(r.gone)
	if n == 0 {
		oplog.MoveSearchFailed(r.s.Console)
		return
	}
	images := "Images"
	if strings.HasPrefix(r.q.Model, "PatientRoot") {
		images = "images"
	}
	oplog.Sending(r.s.Console, images, n)
	if r.limit() {
		oplog.SendingReduced(r.s.Console, len(r.refs)+len(r.gone))
	}
}

// handler is the part of the original that retrieves at this root, as its debug
// messages name it.
func (r *Retrieval) handler() string {
	kind := "Retrieve"
	if r.q.Said == "" {
		kind = "Get"
	}
	return "My" + strings.TrimSuffix(r.q.Model, "NKI") + kind + "Generic"
}

// Close ends the association to the destination and what was begun for virtual
// servers.
func (r *Retrieval) Close(ctx context.Context) {
	if r.dialled {
		if err := r.s.peers.HangUp(r.to, r.cfg); err != nil {
			oplog.NotReleased(r.s.Console, r.q.Destination, err)
		}
	}
	if r.virtual == nil {
		return
	}
	if r.virtual.Fetched != nil {
		<-r.virtual.Fetched
		if _, err := r.virtual.ForgetMissing(ctx); err != nil {
			r.s.Console.Event("*** rows of missing objects stay", "error", err)
		}
	}
	if !r.cfg.CacheVirtualData {
		r.virtual.Uncache(ctx)
	}
}

// open opens the association to a move destination.
func (r *Retrieval) open(ctx context.Context, peer dicomini.AE) (*dimse.Association, error) {
	called := r.q.Destination
	if r.cfg.SendUpperCaseAE {
		called = strings.ToUpper(called)
	}
	port, compression := calledSuffix(r.caller.Called(), peer.Port, peer.Compression)
	calling := r.cfg.MyACRNema
	if r.wishes.Originator != "" {
		calling = r.wishes.Originator
	}
	return r.s.peers.DialFor(ctx, r.cfg, peers.Destination{
		Host: peer.Host, Port: port, Calling: calling, Called: called, Compression: peers.Negotiable(r.wishes.Recompress, compression),
	}, r.kinds)
}

// look finds the SOP classes of the objects, and the transfer syntax of the first of
// each: the index does not have it. Objects of further ones get an association of
// their own when they need it.
func (r *Retrieval) look() []peers.Kind {
	var kinds []peers.Kind
	seen := map[string]bool{}
	devices := storage.NewDevices(r.cfg.Storage)
	for _, ref := range r.refs {
		if ref.SOPClassUID == "" || seen[ref.SOPClassUID] {
			continue
		}
		seen[ref.SOPClassUID] = true
		kinds = append(kinds, peers.Kind{Class: ref.SOPClassUID, Syntax: syntaxAt(devices, ref.Location)})
	}
	return kinds
}

// syntaxAt is the transfer syntax of a stored file, "" when it can not be told.
func syntaxAt(devices *storage.Devices, loc db.Location) string {
	path, _, ok := devices.Locate(loc.Device, loc.File)
	if !ok {
		return ""
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.SOPClassUID})
	if err != nil {
		return ""
	}
	defer f.Close()
	return f.TransferSyntax().UID
}

// calledSuffix applies what stands behind ~ in a called AE: a compression, or p
// and a digit that is added to the port.
func calledSuffix(called, port, compression string) (string, string) {
	_, suffix, ok := strings.Cut(called, "~")
	switch {
	case !ok:
		return port, compression
	case suffix != "" && suffix[0]|0x20 == 'p':
		if len(suffix) > 1 {
			port = strconv.Itoa(dicomini.Atoi(port) + int(suffix[1]) - '0')
		}
		return port, compression
	}
	return port, suffix
}
