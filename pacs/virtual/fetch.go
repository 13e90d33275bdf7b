package virtual

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// fetchBatch is the number of SOP instances in one request to a virtual server.
const fetchBatch = 64

// firstFetch is the message ID of the first request to a virtual server. Objects
// of a move with it pass the converters like any other.
const firstFetch = 4

// FetchMatching enters what virtual servers hold of a selection in the index
// and fetches the objects that are not here.
func (s *Servers) FetchMatching(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, identifier *dicom.Dataset) error {
	c, err := s.Collect(ctx, cfg, caller, identifier)
	if err != nil || c == nil {
		return err
	}
	c.Fetch(ctx)
	_, err = c.ForgetMissing(ctx)
	return err
}

// Collection is a selection of which virtual servers hold a part.
type Collection struct {
	s          *Servers
	cfg        *dicomini.Config
	caller     rules.Caller
	identifier *dicom.Dataset
	servers    []server
	Missing    map[int][]db.ObjectRef // by number of the virtual server

	Fetched chan struct{} // closed when everything has been asked for; nil: nothing runs
}

// Collect enters what virtual servers hold of a selection in the index
// and finds what of it is not here. It is nil without virtual servers.
func (s *Servers) Collect(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, identifier *dicom.Dataset) (*Collection, error) {
	c := &Collection{s: s, cfg: cfg, caller: caller, identifier: identifier, servers: virtualServers(cfg, identifier), Missing: map[int][]db.ObjectRef{}}
	if len(c.servers) == 0 {
		return nil, nil
	}
	refs, err := s.Index.LocateQuietly(ctx, identifier)
	if err != nil {
		return nil, fmt.Errorf("find objects: %w", err)
	}
	known := make(map[string]bool, len(refs))
	for _, ref := range refs {
		known[ref.SOPInstanceUID] = true
	}
	for _, v := range c.servers {
		if err := s.enterUnknown(ctx, cfg, caller, v, identifier, known); err != nil {
			oplog.VirtualNoConnection(s.Console, v.ae)
			s.Console.Event("*** virtual server did not answer", "ae", v.ae, "error", err)
		}
	}
	if refs, err = s.Index.LocateQuietly(ctx, identifier); err != nil {
		return nil, fmt.Errorf("find objects: %w", err)
	}
	for _, v := range c.servers {
		if list := s.missingAt(cfg, v, refs); len(list) > 0 {
			c.Missing[v.n] = list
		}
	}
	return c, nil
}

// Fetch asks for everything that is missing and returns when it is here, or will
// not come.
func (c *Collection) Fetch(ctx context.Context) {
	for _, v := range c.servers {
		if list := c.Missing[v.n]; len(list) > 0 {
			c.fetchFrom(ctx, v, list)
		}
	}
}

// ForgetMissing removes the rows of objects that a virtual server did not send
// and tells which they are.
func (c *Collection) ForgetMissing(ctx context.Context) ([]db.ObjectRef, error) {
	if len(c.Missing) == 0 {
		return nil, nil
	}
	refs, err := c.s.Index.LocateQuietly(ctx, c.identifier)
	if err != nil {
		return nil, err
	}
	var gone []db.ObjectRef
	for _, v := range c.servers {
		gone = append(gone, c.s.missingAt(c.cfg, v, refs)...)
	}
	if len(gone) == 0 {
		return nil, nil
	}
	oplog.CollectFailed(c.s.Console)
	for _, ref := range gone {
		oplog.CollectMissed(c.s.Console, ref.Device, ref.File)
	}
	return gone, c.s.Index.Delete(ctx, gone...)
}

// Uncache removes what was fetched only to be passed on (CacheVirtualData = 0).
func (c *Collection) Uncache(ctx context.Context) {
	var passed []db.ObjectRef
	for _, list := range c.Missing {
		for _, ref := range list {
			loc, found, err := c.s.Index.Lookup(ctx, ref.SOPInstanceUID, ref.PatientID)
			if err == nil && found {
				ref.Location = loc
				passed = append(passed, ref)
			}
		}
	}
	if err := c.s.remove.Objects(ctx, c.cfg, nil, passed); err != nil {
		c.s.Console.Event("*** objects of virtual servers stay", "error", err)
	}
}

func (v server) device() string { return fmt.Sprintf("MAG0.%d", v.n) }

// enterVirtual asks for all columns of the images of a selection and enters
// those that are unknown, on the device of the virtual server.
func (s *Servers) enterVirtual(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, v server, identifier *dicom.Dataset) error {
	return s.enterUnknown(ctx, cfg, caller, v, identifier, map[string]bool{})
}

// enterUnknown is enterVirtual with the SOP instances that need not be looked up.
func (s *Servers) enterUnknown(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, v server, identifier *dicom.Dataset, known map[string]bool) error {
	query := identifier.Clone()
	query.SetString(dicom.QueryRetrieveLevel, levelNames[db.ImageLevel])
	for _, t := range s.Schema.Tables()[:4] {
		for _, c := range t.Columns {
			tag := dicom.NewTag(c.Group, c.Element)
			if !query.Has(tag) {
				query.Put(dicom.Element{Tag: tag, VR: dicom.CurrentDictionary().VR(tag)})
			}
		}
	}
	answers, err := s.askVirtual(ctx, cfg, caller, v, db.ImageLevel, query)
	if err != nil {
		return err
	}
	var items []db.Item
	for _, a := range answers {
		sop, patient := a.String(dicom.SOPInstanceUID), a.String(dicom.PatientID)
		if sop == "" || known[sop] {
			continue
		}
		if _, found, err := s.Index.Lookup(ctx, sop, patient); err != nil || found {
			continue
		}
		known[sop] = true
		a.Delete(dicom.QueryRetrieveLevel)
		a.Delete(dicom.ModalitiesInStudy)
		name, err := s.ObjectName(rules.Request{Object: a, Caller: s.Self(cfg)})
		if err != nil {
			return err
		}
		items = append(items, db.Item{Object: a, Location: db.Location{File: name, Device: v.device()}})
	}
	if len(items) == 0 {
		return nil
	}
	if err := s.Index.AddAll(ctx, items); err != nil {
		return fmt.Errorf("enter objects of %s: %w", v.ae, err)
	}
	for _, it := range items {
		if it.Err != nil {
			s.Console.Event("*** object of a virtual server not entered", "ae", v.ae, "sop", it.Object.String(dicom.SOPInstanceUID), "error", it.Err)
			continue
		}
		oplog.VirtualAdded(s.Console, v.ae, it.Location.File)
	}
	return nil
}

// missingAt are the objects that are entered for a virtual server and not here.
func (s *Servers) missingAt(cfg *dicomini.Config, v server, refs []db.ObjectRef) []db.ObjectRef {
	var missing []db.ObjectRef
	dev := storage.NewDevices(cfg.Storage)
	for _, ref := range refs {
		if ref.Device != v.device() {
			continue
		}
		if _, _, ok := dev.Locate(ref.Device, ref.File); !ok {
			missing = append(missing, ref)
		}
	}
	return missing
}

// fetchFrom asks the virtual server on one association to send objects here, by
// series.
func (c *Collection) fetchFrom(ctx context.Context, v server, missing []db.ObjectRef) {
	s := c.s
	oplog.CollectMissing(s.Console, len(missing), v.ae)
	peer, err := s.peers.Resolve(v.ae)
	if err != nil {
		s.Console.Event("*** virtual server is unknown", "ae", v.ae, "error", err)
		return
	}
	if peer.Web != "" {
		c.fetchWeb(ctx, v, peer.Web, missing)
		return
	}
	peer.Compression = "un"
	a, err := s.peers.Dial(ctx, c.cfg, peer, []string{dimse.StudyRootMove})
	if err != nil {
		oplog.CollectNoConnection(s.Console, v.ae, peer.Host, peer.Port)
		return
	}
	defer s.peers.HangUp(a, c.cfg)
	f := &fetching{c: c, v: v, a: a}
	for _, series := range bySeries(missing) {
		n := len(series)
		whole := v.perSeries > 0 && n > v.perSeries
		for len(series) > 0 {
			k := len(series)
			if !whole {
				k = min(k, fetchBatch)
			}
			if !f.moveObjects(ctx, series[:k], whole) {
				return
			}
			series = series[k:]
		}
	}
}

// bySeries parts objects by their series.
func bySeries(missing []db.ObjectRef) (list [][]db.ObjectRef) {
	missing = slices.Clone(missing)
	slices.SortStableFunc(missing, func(a, b db.ObjectRef) int {
		return cmp.Or(cmp.Compare(a.PatientID, b.PatientID), cmp.Compare(a.StudyInstanceUID, b.StudyInstanceUID), cmp.Compare(a.SeriesInstanceUID, b.SeriesInstanceUID))
	})
	for len(missing) > 0 {
		n := 1
		for n < len(missing) && missing[n].SeriesInstanceUID == missing[0].SeriesInstanceUID && missing[n].PatientID == missing[0].PatientID {
			n++
		}
		list, missing = append(list, missing[:n]), missing[n:]
	}
	return list
}

// fetching is the association on which a virtual server is asked to send.
type fetching struct {
	c        *Collection
	v        server
	a        *dimse.Association
	requests uint16
	grabbed  int
}

// moveObjects asks for some objects of a series, or for all of it; false when the
// association is of no more use.
func (f *fetching) moveObjects(ctx context.Context, refs []db.ObjectRef, whole bool) bool {
	s, v := f.c.s, f.v
	keys, patient := f.keys(refs, whole)
	s.Rules.Hook(ctx, f.c.cfg, scripting.VirtualServerQuery, 0, site.RequestBy(f.c.caller, keys))
	response, err := f.a.Move(ctx, dimse.Query{
		SOPClassUID: dimse.StudyRootMove, Identifier: keys, Destination: s.Live.Current().MyACRNema, MessageID: firstFetch + f.requests,
	}, func(*dimse.Command) { f.grabbed++ })
	f.requests++
	var refused *dimse.StatusError
	switch {
	case errors.As(err, &refused):
		oplog.CollectRefused(s.Console, uint16(refused.Status), v.ae)
	case err != nil:
		oplog.CollectLost(s.Console, v.ae)
	case response.Command.Status.IsWarning():
		status := uint16(response.Command.Status)
		oplog.CollectRefused(s.Console, status, v.ae)
	default:
		oplog.Collected(s.Console, f.grabbed, patient, v.ae)
	}
	if err != nil {
		s.Console.Event("*** virtual server did not send", "ae", v.ae, "error", err)
		return f.a.Err() == nil && ctx.Err() == nil
	}
	return true
}

// keys is the identifier of a request, and the patient ID as logged: it is named
// where the requester named one.
func (f *fetching) keys(refs []db.ObjectRef, whole bool) (keys *dicom.Dataset, patient string) {
	keys = dicom.NewDataset(6)
	keys.SetString(dicom.QueryRetrieveLevel, "SERIES")
	if f.c.identifier.Has(dicom.PatientID) {
		patient = refs[0].PatientID
	}
	keys.SetString(dicom.PatientID, patient)
	if f.v.fixKodak {
		fixPatientID(keys, 7, func(id string) string { return "0" + id })
	}
	keys.SetString(dicom.StudyInstanceUID, refs[0].StudyInstanceUID)
	keys.SetString(dicom.SeriesInstanceUID, refs[0].SeriesInstanceUID)
	if whole {
		return keys, patient
	}
	var uids []string
	for _, r := range refs {
		uids = append(uids, r.SOPInstanceUID)
	}
	keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
	keys.SetString(dicom.SOPInstanceUID, strings.Join(uids, `\`))
	return keys, patient
}
