package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"conquest/access"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/rules"
	"conquest/scripting"
)

// moveModels and getModels name the models of C-MOVE and C-GET as the log does.
var (
	moveModels = map[string]string{
		dimse.PatientRootMove: "PatientRoot", dimse.PatientRootMoveNKI: "PatientRootNKI",
		dimse.StudyRootMove: "StudyRoot", dimse.StudyRootMoveNKI: "StudyRootNKI",
		dimse.PatientStudyOnlyMove: "PatientStudyOnly", dimse.PatientStudyOnlyMoveNKI: "PatientStudyOnlyNKI",
	}
	getModels = map[string]string{
		dimse.PatientRootGet: "PatientRoot", dimse.StudyRootGet: "StudyRoot", dimse.PatientStudyOnlyGet: "PatientStudyOnly",
	}
)

// Statuses of retrievals (docs/original/network.md 2.4).
const (
	statusNoDestination      dimse.Status = 0xc001
	statusEmptyDestination   dimse.Status = 0xc002
	statusUnknownDestination dimse.Status = 0xc003
	statusNothingFound       dimse.Status = 0xc004
	statusNoAssociation      dimse.Status = 0xc005
	statusRetrieveRefused    dimse.Status = 0xc013
)

// retrieval is one C-MOVE or C-GET under way.
type retrieval struct {
	s       *Server
	cfg     *dicomini.Config
	ses     *session
	m       *dimse.Message
	command *dicom.Dataset
	name    string // model
	dest    string // AE that gets the objects
	said    string // the destination of a C-MOVE as messages name it
	wishes  retrieveWishes

	identifier *dicom.Dataset
	refs       []db.ObjectRef
	gone       []db.ObjectRef // that a virtual server did not send
	total      int            // refs and gone
	virtual    *virtualCollection

	sent, failed, warned int
	failedUIDs           []string
	noRoom               bool // an object was refused for want of room
}

// prepareRetrieval reads the identifier and lets RetrieveConverter0 see it. A
// status other than success ends the request.
func (ses *session) prepareRetrieval(ctx context.Context, m *dimse.Message, command *dicom.Dataset, name, dest string) (*retrieval, dimse.Status, error) {
	s := ses.s
	r := &retrieval{s: s, cfg: s.live.Current(), ses: ses, m: m, command: command, name: name, dest: dest}
	identifier, err := m.Data.Dataset(dicom.ParseOptions{})
	if err != nil {
		s.con.Operator("***%v", err)
		ses.clientError(m)
		return nil, 0, fmt.Errorf("read identifier of retrieval: %w", err)
	}
	q := ses.request(identifier, command)
	q.Destination = dest
	if s.rules.Hook(ctx, r.cfg, scripting.Retrieve, 0, q).Action == rules.Destroy {
		s.con.Debug("Retrieve: operation blocked by script")
		return nil, statusRetrieveRefused, nil
	}
	r.wishes = wishesOf(command, identifier)
	if r.wishes.script != "" && !r.mayScript() {
		s.con.Event("*** script of a retrieval refused: add the host to CommandIPs in dicom.ini to allow it", "host", ses.Address(), "calling", ses.a.Calling())
		return nil, statusRetrieveRefused, nil
	}
	identifier.Delete(tagSplit)
	r.identifier = identifier
	return r, dimse.Success, nil
}

// mayScript tells whether the requester may have a script run: it can do whatever
// a server command can. The server itself asks so for delayed forwards.
func (r *retrieval) mayScript() bool {
	ip := net.ParseIP(r.ses.Address())
	return ip != nil && ip.IsLoopback() || r.ses.Administrator()
}

// search finds the objects to send; false when there are none. Those of virtual
// servers come first, or, with OverlapVirtualGet, while others are sent.
func (r *retrieval) search(ctx context.Context) bool {
	r.s.net.prefetcher.Moved(r.identifier)
	r.s.con.Debug("%s :: SearchOn", r.handler())
	virtual, err := r.s.virtualCollection(ctx, r.cfg, r.ses, r.identifier)
	if err != nil {
		r.s.con.Event("*** virtual servers did not answer", "error", err)
	}
	r.virtual = virtual
	if virtual != nil && len(virtual.missing) > 0 {
		if r.cfg.OverlapVirtualGet > 0 {
			virtual.fetched = make(chan struct{})
			go func() {
				defer close(virtual.fetched)
				virtual.fetch(ctx)
			}()
		} else {
			virtual.fetch(ctx)
			if r.gone, err = virtual.forgetMissing(ctx); err != nil {
				r.s.con.Event("*** rows of missing objects stay", "error", err)
			}
		}
	}
	if r.refs, err = r.s.db.LocateToSend(ctx, r.identifier); err != nil {
		r.s.con.Event("*** search for retrieval failed", "calling", r.ses.a.Calling(), "error", err)
		return false
	}
	r.announce()
	r.total = len(r.refs) + len(r.gone)
	for _, ref := range r.gone {
		r.failed++
		r.failedUIDs = append(r.failedUIDs, ref.SOPInstanceUID)
	}
	return r.total > 0
}

// announce logs how many objects were found, and how many of them are wanted.
func (r *retrieval) announce() {
	n := len(r.refs) + len(r.gone)
	if n == 0 {
		r.s.con.Debug("Retrieve: move search failed")
		return
	}
	images := "Images"
	if strings.HasPrefix(r.name, "PatientRoot") {
		images = "images"
	}
	r.s.con.Operator("Number of %s to send: %d", images, n)
	if r.limit() {
		r.s.con.Operator("Reduced to: %d", len(r.refs)+len(r.gone))
	}
}

// handler is the part of the original that retrieves at this root, as its debug
// messages name it.
func (r *retrieval) handler() string {
	kind := "Retrieve"
	if r.said == "" {
		kind = "Get"
	}
	return "My" + strings.TrimSuffix(r.name, "NKI") + kind + "Generic"
}

// settle ends what was begun for virtual servers.
func (r *retrieval) settle(ctx context.Context) {
	if r.virtual == nil {
		return
	}
	if r.virtual.fetched != nil {
		<-r.virtual.fetched
		if _, err := r.virtual.forgetMissing(ctx); err != nil {
			r.s.con.Event("*** rows of missing objects stay", "error", err)
		}
	}
	if !r.cfg.CacheVirtualData {
		r.virtual.uncache(ctx)
	}
}

// refuseRetrieval answers a retrieval that sends nothing: all counters are zero.
func (ses *session) refuseRetrieval(m *dimse.Message, status dimse.Status, comment string) error {
	return ses.a.Reply(m, dimse.Command{Status: status, ErrorComment: comment, Progress: &dimse.Progress{}}, nil)
}

// maxSaidDestination is how much of a destination as sent, blanks included, the
// original's messages have.
const maxSaidDestination = 15

// serveMove handles a C-MOVE request.
func (ses *session) serveMove(ctx context.Context, m *dimse.Message, command *dicom.Dataset, name string) error {
	s := ses.s
	defer func() {
		s.con.User("C-Move ", ses.a.Calling())
		s.con.Operator("C-Move (%s)", name)
	}()
	destElement := command.Get(dimse.TagMoveDestination)
	if destElement == nil {
		s.con.Debug("Retrieve: move destination missing")
		return ses.refuseRetrieval(m, statusNoDestination, "no move destination")
	}
	shown, _, _ := bytes.Cut(destElement.Value, []byte{0})
	s.con.Operator("\tC-Move Destination: \"%s\"", shown)
	dest := destElement.String()
	said := strings.TrimRight(string(destElement.Value[:min(len(destElement.Value), maxSaidDestination)]), "\x00")
	if dest == "" {
		s.con.Debug("Retrieve: move destination empty")
		return ses.refuseRetrieval(m, statusEmptyDestination, "empty move destination")
	}
	if m.Data == nil {
		return ses.unknownCommand(m)
	}
	r, status, err := ses.prepareRetrieval(ctx, m, command, name, dest)
	if err != nil {
		return err
	}
	if status != dimse.Success {
		return ses.refuseRetrieval(m, status, "")
	}
	r.said = said
	peer, ok := s.aes.Lookup(dest)
	if !ok {
		s.con.Debug("Retrieve: move destination not allowed or known\n: %s", said)
		return ses.refuseRetrieval(m, statusUnknownDestination, "destination is not in acrnema.map")
	}
	if peer.FromTitle {
		if peer.Host, err = access.MoveHost(ctx, r.cfg, peer.Host); err != nil {
			s.con.Event("*** C-MOVE refused: add the host to MoveHosts in dicom.ini to allow it", "calling", ses.a.Calling(), "peer", ses.Address(), "destination", dest, "error", err)
			return ses.refuseRetrieval(m, dimse.MoveDestinationUnknown, "destination host is not allowed")
		}
	}
	s.con.Debug("(QualifyOn) (mapped) IP:%s, PORT:%s", peer.Host, peer.Port)
	if !r.search(ctx) {
		return ses.refuseRetrieval(m, statusNothingFound, "nothing matches")
	}
	defer r.settle(context.WithoutCancel(ctx))
	if len(r.refs) == 0 {
		return r.finish(false, false)
	}
	out, err := r.dial(ctx, peer)
	if err != nil {
		s.con.Operator("Host '%s' did not accept the connection", r.host())
		return ses.refuseRetrieval(m, statusNoAssociation, comment(err))
	}
	err = r.run(ctx, func(ctx context.Context, o *outgoing) (*dimse.Response, error) { return r.sendTo(ctx, out, o) })
	if relErr := s.hangUp(out, r.cfg); relErr != nil {
		s.con.Debug("release of %s: %v", dest, relErr)
	}
	return err
}

// serveGet handles a C-GET request: objects go back on the same association.
func (ses *session) serveGet(ctx context.Context, m *dimse.Message, command *dicom.Dataset, name string) error {
	s := ses.s
	defer func() {
		s.con.User("C-Get ", ses.a.Calling())
		s.con.Operator("C-Get (%s)", name)
	}()
	if m.Data == nil {
		return ses.unknownCommand(m)
	}
	r, status, err := ses.prepareRetrieval(ctx, m, command, name, ses.a.Calling())
	if err != nil {
		return err
	}
	if status != dimse.Success {
		return ses.refuseRetrieval(m, status, "")
	}
	if !r.search(ctx) {
		return ses.refuseRetrieval(m, statusNothingFound, "nothing matches")
	}
	defer r.settle(context.WithoutCancel(ctx))
	return r.run(ctx, func(ctx context.Context, o *outgoing) (*dimse.Response, error) { return r.sendTo(ctx, ses.a, o) })
}

// dial opens the association to a move destination, one context per SOP class.
func (r *retrieval) dial(ctx context.Context, peer dicomini.AE) (*dimse.Association, error) {
	called := r.dest
	if r.cfg.SendUpperCaseAE {
		called = strings.ToUpper(called)
	}
	port, compression := calledSuffix(r.ses.a.Called(), peer.Port, peer.Compression)
	var classes []string
	seen := map[string]bool{}
	for _, ref := range r.refs {
		if ref.SOPClassUID != "" && !seen[ref.SOPClassUID] {
			seen[ref.SOPClassUID] = true
			classes = append(classes, ref.SOPClassUID)
		}
	}
	calling := r.cfg.MyACRNema
	if r.wishes.originator != "" {
		calling = r.wishes.originator
	}
	return r.s.dial(ctx, r.cfg, destination{
		host: peer.Host, port: port, calling: calling, called: called, compression: negotiable(r.wishes.recompress, compression),
	}, classes)
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

// run sends all objects in order, an answer after each, and the last answer.
func (r *retrieval) run(ctx context.Context, send func(context.Context, *outgoing) (*dimse.Response, error)) error {
	ahead, stop := r.readAhead(ctx)
	defer stop()
	for o := range ahead {
		if ctx.Err() != nil {
			r.s.con.Operator("Recieved cancel request")
			return r.finish(true, false)
		}
		lost, err := r.one(ctx, o, send)
		o.close()
		if err != nil {
			return err
		}
		if lost || r.failed > 0 && r.cfg.Int(r.cfg.Main(), "RetrieveStopOnError", 0) != 0 {
			return r.finish(false, lost)
		}
	}
	return r.finish(ctx.Err() != nil, false)
}

// one sends an object, counts it and tells the requester. lost means that the
// destination is gone.
func (r *retrieval) one(ctx context.Context, o *outgoing, send func(context.Context, *outgoing) (*dimse.Response, error)) (lost bool, err error) {
	sendErr := o.err
	r.s.con.Debug("%s :: RetrieveOn", r.handler())
	var response *dimse.Response
	if sendErr == nil {
		r.s.con.Debug("RetrieveOn: givenout < %04d", o.number)
		response, sendErr = send(ctx, o)
	}
	var status *dimse.StatusError
	switch {
	case sendErr == nil && response != nil && response.Command.Status.IsWarning():
		r.warned++
		r.s.counters.sent.Add(1)
	case sendErr == nil:
		r.sent++
		r.s.counters.sent.Add(1)
	default:
		r.failed++
		r.failedUIDs = append(r.failedUIDs, o.ref.SOPInstanceUID)
		r.s.con.Event("*** object not sent", "ae", r.dest, "sop", o.ref.SOPInstanceUID, "error", sendErr)
		r.noRoom = r.noRoom || errors.As(sendErr, &status) && temporary(status.Status)
		lost = errors.Is(sendErr, errPeerGone) && !errors.As(sendErr, &status)
	}
	if lost {
		r.s.con.Debug("Retrieve: remote connection dropped after %d images, %d not sent", r.sent, r.remaining())
		return true, nil
	}
	return false, r.ses.a.Reply(r.m, dimse.Command{Status: dimse.Pending, Progress: r.progress()}, nil)
}

func (r *retrieval) remaining() int { return r.total - r.sent - r.failed - r.warned }

// progress are the counters as they go over the wire, in 16 bits.
func (r *retrieval) progress() *dimse.Progress {
	limit := func(n int) uint16 { return uint16(min(max(n, 0), 0xffff)) }
	return &dimse.Progress{
		Remaining: limit(r.remaining()), Completed: limit(r.sent), Failed: limit(r.failed), Warning: limit(r.warned),
	}
}

// finish sends the last answer: success, a warning when some objects failed, a
// failure when all did, or cancel (PS3.4 C.4.2.1.5), which the original says also
// when the destination is gone.
// Objects that were not reached after the connection was lost count as failed.
func (r *retrieval) finish(cancelled, gone bool) error {
	c := dimse.Command{Status: dimse.Success}
	if !cancelled {
		for _, ref := range r.refs[len(r.refs)-r.remaining():] {
			r.failed++
			r.failedUIDs = append(r.failedUIDs, ref.SOPInstanceUID)
		}
	}
	c.Progress = r.progress()
	switch {
	case cancelled:
		c.Status = dimse.StatusCancel
	case gone:
		c.Status, c.ErrorComment = dimse.StatusCancel, "association to the destination was lost"
	case r.failed > 0 && r.sent+r.warned == 0:
		c.Status = dimse.OutOfResourcesSubOperations
	case r.failed > 0 || r.warned > 0:
		c.Status = dimse.WarningSubOperationsFailed
	}
	if r.noRoom && c.ErrorComment == "" {
		c.ErrorComment = commentNoRoom
	}
	if len(r.failedUIDs) == 0 {
		return r.ses.a.Reply(r.m, c, nil)
	}
	list := dicom.NewDataset(1)
	list.Put(dicom.NewText(failedSOPInstanceUIDList, dicom.UI, strings.Join(r.failedUIDs, `\`)))
	return r.ses.a.Reply(r.m, c, dimse.NewData(list))
}

// host is the receiver as the log names it.
func (r *retrieval) host() string {
	if r.m.Command.Field == dimse.CGetRQ {
		return "C-GET client"
	}
	return r.said
}

// errPeerGone marks a failure that ends the association to a peer.
var errPeerGone = errors.New("association is lost")

// commentNoRoom tells the requester that the destination may take objects later
// that it refused now.
const commentNoRoom = "destination is out of resources"

const failedSOPInstanceUIDList dicom.Tag = 0x00080058

// sendTo sends one prepared object as sub-operation.
func (r *retrieval) sendTo(ctx context.Context, a *dimse.Association, o *outgoing) (*dimse.Response, error) {
	class := o.ds.String(dicom.SOPClassUID)
	if class == "" {
		class = o.ref.SOPClassUID
	}
	pc, err := r.s.fit(a, class, o.ds, r.wishes.recompress)
	if err != nil {
		r.s.con.Operator("Host '%s' will not accept image", r.host())
	}
	r.s.con.Operator("Sending file : %s", o.path)
	if err != nil {
		return nil, err
	}
	r.s.con.Debug("Image Loaded from Read Ahead Thread, returning TRUE")
	response, err := a.Store(ctx, dimse.StoreRequest{
		SOPClassUID: class, SOPInstanceUID: o.ds.String(dicom.SOPInstanceUID),
		Data: dimse.NewData(o.ds), Context: pc,
		MoveOriginator: r.ses.a.Calling(), MoveOriginatorMessageID: r.m.Command.MessageID,
	})
	if err != nil && a.Err() != nil {
		err = fmt.Errorf("%w: %w", errPeerGone, err)
	}
	return response, err
}
