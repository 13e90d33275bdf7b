package server

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// virtualServer is a peer that is asked together with the own index
// (VirtualServerForN; spec/network.md 4.6).
type virtualServer struct {
	n           int
	ae          string
	perSeries   int
	fixKodak    bool
	nonVirtual  bool
	imageType   bool // IMAGETYPEFIX: answers are checked for the asked ImageType
	cacheSeries bool
	cacheStudy  bool
}

// Mask bits of (9999,0802).
const (
	maskAll  = 0xffff
	maskNone = 0x8000
)

// virtualServers are those of the configuration that the mask of an identifier
// leaves.
func virtualServers(cfg *dicomini.Config, identifier *dicom.Dataset) []virtualServer {
	mask, ok := number(identifier, tagVirtualMask)
	if !ok || mask == 0 {
		mask = maskAll &^ maskNone
	}
	if mask&maskNone != 0 {
		return nil
	}
	var list []virtualServer
	for n, text := range cfg.ServerFor {
		if text == "" || mask&(1<<n) == 0 {
			continue
		}
		ae, options, _ := strings.Cut(text, ",")
		v := virtualServer{n: n, ae: strings.TrimSpace(ae), perSeries: cfg.PerSeries[n]}
		for o := range strings.SplitSeq(strings.ToUpper(options), ",") {
			switch o = strings.TrimSpace(o); {
			case o == "FIXKODAK":
				v.fixKodak = true
			case o == "NONVIRTUAL":
				v.nonVirtual = true
			case strings.HasPrefix(o, "IMAGETYPEFIX"):
				v.imageType = true
			case o == "CACHESTUDIES":
				v.cacheStudy = true
			case strings.HasPrefix(o, "CACHE"):
				v.cacheSeries = true
			}
		}
		list = append(list, v)
	}
	return list
}

func (s *Server) hasVirtualServers(cfg *dicomini.Config, identifier *dicom.Dataset) bool {
	return len(virtualServers(cfg, identifier)) > 0
}

// findMerged answers an identifier from the own index and from virtual servers:
// sorted by the key of the level, each key once when several sources answered.
func (s *Server) findMerged(ctx context.Context, cfg *dicomini.Config, ses *session, qm queryModel, identifier *dicom.Dataset) (iter.Seq2[*dicom.Dataset, error], error) {
	level, err := db.LevelOf(qm.model, identifier)
	if err != nil {
		return nil, err
	}
	local, err := s.db.Find(ctx, qm.model, identifier, db.FindOptions{HidePaths: !s.mayAdminister(cfg, ses)})
	if err != nil {
		return nil, err
	}
	sources := 0
	var all []*dicom.Dataset
	for _, v := range virtualServers(cfg, identifier) {
		answers, err := s.askVirtual(ctx, cfg, ses, v, level, identifier)
		if err != nil {
			s.con.Operator("*** Virtual query - failed to connect for C-FIND to %s", v.ae)
			s.con.Event("*** virtual server did not answer", "ae", v.ae, "error", err)
			continue
		}
		if len(answers) > 0 {
			sources++
		}
		all = append(all, answers...)
	}
	n := len(all)
	for answer, err := range local {
		if err != nil {
			return nil, err
		}
		all = append(all, answer)
	}
	if len(all) > n {
		sources++
	}
	if sources > 1 {
		before := len(all)
		all = mergeAnswers(all, levelKeys[level])
		s.con.Debug("Virtualquery: removed %d duplicates out of %d entries", before-len(all), before)
	}
	return func(yield func(*dicom.Dataset, error) bool) {
		for _, a := range all {
			if !yield(a, nil) {
				return
			}
		}
	}, nil
}

var levelKeys = map[db.Level]dicom.Tag{
	db.PatientLevel: dicom.PatientID, db.StudyLevel: dicom.StudyInstanceUID,
	db.SeriesLevel: dicom.SeriesInstanceUID, db.ImageLevel: dicom.SOPInstanceUID,
	db.WorklistLevel: dicom.AccessionNumber,
}

var levelNames = map[db.Level]string{
	db.PatientLevel: "PATIENT", db.StudyLevel: "STUDY", db.SeriesLevel: "SERIES", db.ImageLevel: "IMAGE",
}

// mergeAnswers sorts by key, shorter values first, and keeps the last of equal
// ones: the own answers come last.
func mergeAnswers(all []*dicom.Dataset, key dicom.Tag) []*dicom.Dataset {
	slices.SortStableFunc(all, func(a, b *dicom.Dataset) int {
		x, y := a.Value(key), b.Value(key)
		if c := cmp.Compare(len(x), len(y)); c != 0 {
			return c
		}
		return bytes.Compare(bytes.ToLower(x), bytes.ToLower(y))
	})
	kept := all[:0]
	for i, a := range all {
		if i+1 < len(all) && a.String(key) != "" && strings.EqualFold(a.String(key), all[i+1].String(key)) {
			continue
		}
		kept = append(kept, a)
	}
	return kept
}

// askVirtual asks one virtual server and cleans its answers: they hold just the
// keys that were asked and that the own index would answer.
func (s *Server) askVirtual(ctx context.Context, cfg *dicomini.Config, ses *session, v virtualServer, level db.Level, identifier *dicom.Dataset) ([]*dicom.Dataset, error) {
	peer, err := s.peerAddress(v.ae)
	if err != nil {
		return nil, err
	}
	query := identifier.Clone()
	query.Delete(tagVirtualMask)
	if v.nonVirtual {
		query.SetUint16(tagVirtualMask, maskNone)
	}
	if v.fixKodak {
		if id := query.String(dicom.PatientID); len(id) == 7 && !strings.HasPrefix(id, "0") {
			query.SetString(dicom.PatientID, "0"+id)
		}
	}
	s.rules.Hook(ctx, cfg, scripting.VirtualServerQuery, 0, ses.requestOr(query))
	answers, err := s.cachedFind(ctx, v, peer, levelNames[level], query)
	if err != nil {
		return nil, err
	}
	kept := answers[:0]
	for _, a := range answers {
		if v.imageType && !hasImageType(a, identifier.String(imageTypeTag)) {
			continue
		}
		if id := a.String(dicom.PatientID); v.fixKodak && len(id) == 8 && id[0] == '0' {
			a.SetString(dicom.PatientID, id[1:])
		}
		s.cleanAnswer(a, identifier, level)
		s.rules.Hook(ctx, cfg, scripting.VirtualServerQueryResult, 0, ses.requestOr(a))
		kept = append(kept, a)
	}
	return kept, nil
}

func hasImageType(a *dicom.Dataset, asked string) bool {
	return asked == "" || strings.Contains(a.String(imageTypeTag), strings.Trim(asked, "*"))
}

// computedKeys are the counting elements of each level.
var computedKeys = map[db.Level][]dicom.Tag{
	db.PatientLevel: {0x00201200, 0x00201202, 0x00201204},
	db.StudyLevel:   {0x00201206, 0x00201208},
	db.SeriesLevel:  {0x00201209},
}

// cleanAnswer removes what was not asked and adds what is missing.
func (s *Server) cleanAnswer(a, asked *dicom.Dataset, level db.Level) {
	a.DeleteFunc(func(e *dicom.Element) bool {
		return e.Tag != dicom.QueryRetrieveLevel && (!asked.Has(e.Tag) || !s.answers(level, e.Tag))
	})
	for e := range asked.All() {
		if !a.Has(e.Tag) && s.answers(level, e.Tag) {
			a.Put(dicom.Element{Tag: e.Tag, VR: e.VR})
		}
	}
}

// answers tells whether the own index has the element at a level.
func (s *Server) answers(level db.Level, t dicom.Tag) bool {
	if slices.Contains(computedKeys[level], t) {
		return s.live.Current().EnableComputedFields
	}
	tables := s.schema.Tables() // patient, study, series, image, worklist
	if level == db.PatientLevel {
		return columnOf(tables[0], t) != ""
	}
	for i := 0; i <= int(level); i++ {
		if columnOf(tables[i], t) != "" {
			return true
		}
	}
	return false
}

// requestOr is the request of a session, or of the server itself when there is
// none.
func (ses *session) requestOr(object *dicom.Dataset) (q rules.Request) {
	if ses != nil {
		return ses.request(object, nil)
	}
	q.Object = object
	q.Vars = &scripting.Vars{}
	return q
}

// fetchBatch is the number of SOP instances in one request to a virtual server.
const fetchBatch = 64

// collectVirtual enters what virtual servers hold of a selection in the index
// and fetches the objects that are not here.
func (s *Server) collectVirtual(ctx context.Context, cfg *dicomini.Config, ses *session, identifier *dicom.Dataset) error {
	for _, v := range virtualServers(cfg, identifier) {
		if err := s.enterVirtual(ctx, cfg, ses, v, identifier); err != nil {
			s.con.Operator("*** Virtual query - failed to connect for C-FIND to %s", v.ae)
			s.con.Event("*** virtual server did not answer", "ae", v.ae, "error", err)
		}
	}
	refs, err := s.db.Locate(ctx, identifier)
	if err != nil {
		return fmt.Errorf("find objects: %w", err)
	}
	for _, v := range virtualServers(cfg, identifier) {
		if missing := s.missingAt(cfg, v, refs); len(missing) > 0 {
			s.fetchVirtual(ctx, cfg, v, missing)
		}
	}
	return s.forgetMissing(ctx, cfg, identifier)
}

func (v virtualServer) device() string { return fmt.Sprintf("MAG0.%d", v.n) }

// enterVirtual asks for all columns of the images of a selection and enters
// those that are unknown, on the device of the virtual server.
func (s *Server) enterVirtual(ctx context.Context, cfg *dicomini.Config, ses *session, v virtualServer, identifier *dicom.Dataset) error {
	query := identifier.Clone()
	for _, t := range s.schema.Tables()[:4] {
		for _, c := range t.Columns {
			tag := dicom.NewTag(c.Group, c.Element)
			if !query.Has(tag) && tag != dicom.ModalitiesInStudy {
				query.Put(dicom.Element{Tag: tag, VR: dicom.CurrentDictionary().VR(tag)})
			}
		}
	}
	answers, err := s.askVirtual(ctx, cfg, ses, v, db.ImageLevel, query)
	if err != nil {
		return err
	}
	for _, a := range answers {
		sop, patient := a.String(dicom.SOPInstanceUID), a.String(dicom.PatientID)
		if sop == "" {
			continue
		}
		if _, found, err := s.db.Lookup(ctx, sop, patient); err != nil || found {
			continue
		}
		a.Delete(dicom.QueryRetrieveLevel)
		name, err := s.namer.Name(a, s.nameContext(&arrival{ds: a, calling: cfg.MyACRNema, called: cfg.MyACRNema, vars: &scripting.Vars{}}))
		if err != nil {
			return err
		}
		if _, err := s.db.Add(ctx, a, db.Location{File: name, Device: v.device()}); err != nil {
			s.con.Event("*** object of a virtual server not entered", "ae", v.ae, "sop", sop, "error", err)
		}
	}
	return nil
}

// missingAt are the objects that are entered for a virtual server and not here.
func (s *Server) missingAt(cfg *dicomini.Config, v virtualServer, refs []db.ObjectRef) []db.ObjectRef {
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

// fetchVirtual asks the virtual server to send objects here, by series; they
// enter without converters.
func (s *Server) fetchVirtual(ctx context.Context, cfg *dicomini.Config, v virtualServer, missing []db.ObjectRef) {
	s.con.Operator("Virtual server - collecting %d missing objects from %s", len(missing), v.ae)
	peer, err := s.peerAddress(v.ae)
	if err != nil {
		s.con.Event("*** virtual server is unknown", "ae", v.ae, "error", err)
		return
	}
	slices.SortStableFunc(missing, func(a, b db.ObjectRef) int { return cmp.Compare(a.SeriesInstanceUID, b.SeriesInstanceUID) })
	for len(missing) > 0 {
		n := 1
		for n < len(missing) && missing[n].SeriesInstanceUID == missing[0].SeriesInstanceUID {
			n++
		}
		series := missing[:n]
		missing = missing[n:]
		whole := v.perSeries > 0 && n > v.perSeries
		for len(series) > 0 {
			k := len(series)
			if !whole {
				k = min(k, fetchBatch)
			}
			s.fetchBatch(ctx, cfg, v, peer, series[:k], whole)
			series = series[k:]
		}
	}
}

func (s *Server) fetchBatch(ctx context.Context, cfg *dicomini.Config, v virtualServer, peer destination, refs []db.ObjectRef, whole bool) {
	keys := dicom.NewDataset(6)
	keys.SetString(dicom.QueryRetrieveLevel, "SERIES")
	keys.SetString(dicom.PatientID, refs[0].PatientID)
	keys.SetString(dicom.StudyInstanceUID, refs[0].StudyInstanceUID)
	keys.SetString(dicom.SeriesInstanceUID, refs[0].SeriesInstanceUID)
	if !whole {
		var uids []string
		for _, r := range refs {
			uids = append(uids, r.SOPInstanceUID)
		}
		keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
		keys.SetString(dicom.SOPInstanceUID, strings.Join(uids, `\`))
	}
	_, err := s.askMove(ctx, cfg, moveOrder{
		host: peer.host, port: peer.port, called: v.ae, dest: cfg.MyACRNema,
		keys: keys, messageID: originatorNoConverters, root: dimse.StudyRootMove,
	})
	if err != nil {
		s.con.Operator("*** Virtual server - failed to connect %s (%s %s) for C-MOVE", v.ae, peer.host, peer.port)
		s.con.Event("*** virtual server did not send", "ae", v.ae, "error", err)
		return
	}
	s.con.Operator("Virtual server - Grabbed %d images for %s from %s", len(refs), refs[0].PatientID, v.ae)
}

// forgetMissing removes the rows of objects that a virtual server did not send.
func (s *Server) forgetMissing(ctx context.Context, cfg *dicomini.Config, identifier *dicom.Dataset) error {
	servers := virtualServers(cfg, identifier)
	if len(servers) == 0 {
		return nil
	}
	refs, err := s.db.Locate(ctx, identifier)
	if err != nil {
		return err
	}
	var gone []db.ObjectRef
	for _, v := range servers {
		gone = append(gone, s.missingAt(cfg, v, refs)...)
	}
	if len(gone) == 0 {
		return nil
	}
	s.con.Operator("*** Failed to retrieve some files:")
	for _, ref := range gone {
		s.con.Operator("*** %s", ref.File)
	}
	return s.db.Delete(ctx, gone...)
}
