package virtual

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/peers"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
)

// server is a peer that is asked together with the own index
// (VirtualServerForN; docs/original/network.md 4.6).
type server struct {
	n           int
	text        string // as configured
	ae          string
	perSeries   int
	fixKodak    bool
	nonVirtual  bool
	imageType   bool // IMAGETYPEFIX: answers are checked for the asked ImageType
	thirdType   bool // IMAGETYPEFIX3: of an ImageType only the third value is asked for
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
func virtualServers(cfg *dicomini.Config, identifier *dicom.Dataset) []server {
	mask, ok := site.Number(identifier, site.TagVirtualMask)
	if !ok || mask == 0 {
		mask = maskAll &^ maskNone
	}
	if mask&maskNone != 0 {
		return nil
	}
	var list []server
	for n, text := range cfg.ServerFor {
		if text == "" || mask&(1<<n) == 0 {
			continue
		}
		ae, options, _ := strings.Cut(text, ",")
		v := server{n: n, text: text, ae: strings.TrimSpace(ae), perSeries: cfg.PerSeries[n]}
		for o := range strings.SplitSeq(strings.ToUpper(options), ",") {
			switch o = strings.TrimSpace(o); {
			case o == "FIXKODAK":
				v.fixKodak = true
			case o == "NONVIRTUAL":
				v.nonVirtual = true
			case strings.HasPrefix(o, "IMAGETYPEFIX"):
				v.imageType, v.thirdType = true, o == "IMAGETYPEFIX3"
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

func (s *Servers) Any(cfg *dicomini.Config, identifier *dicom.Dataset) bool {
	return len(virtualServers(cfg, identifier)) > 0
}

// Find answers an identifier from the own index and from virtual servers:
// sorted by the key of the level, each key once when several sources answered.
func (s *Servers) Find(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, model db.Model, identifier *dicom.Dataset) (iter.Seq2[*dicom.Dataset, error], error) {
	level, err := db.LevelOf(model, identifier)
	if err != nil {
		return nil, err
	}
	sources := 0
	var all []*dicom.Dataset
	servers := virtualServers(cfg, identifier)
	for _, v := range servers {
		answers, err := s.askVirtual(ctx, cfg, caller, v, level, identifier)
		if err != nil {
			oplog.VirtualNoConnection(s.Console, v.ae)
			s.Console.Event("*** virtual server did not answer", "ae", v.ae, "error", err)
			continue
		}
		if len(answers) > 0 {
			sources++
		}
		all = append(all, answers...)
	}
	n := len(all)
	local, err := s.Index.Find(ctx, model, identifier, db.FindOptions{HidePaths: !site.Administrator(caller), NoComputed: true, Before: n})
	if err != nil {
		return nil, err
	}
	counts := s.countedFields(cfg, level, identifier)
	counting := servers
	if slices.ContainsFunc(servers, func(v server) bool { return v.nonVirtual }) && !identifier.Has(site.TagVirtualMask) {
		counting = nil // as the original, whose mask for the others is then empty
	}
	for answer, err := range local {
		if err != nil {
			return nil, err
		}
		row := answer.Clone()
		for _, f := range counts {
			count, err := s.countMerged(ctx, cfg, caller, counting, row, f)
			if err != nil {
				return nil, err
			}
			answer.Put(dicom.NewText(f.tag, dicom.IS, strconv.Itoa(count)))
		}
		all = append(all, answer)
	}
	if len(all) > n {
		sources++
	}
	if sources > 1 {
		before := len(all)
		all = Merge(all, level)
		oplog.VirtualDuplicates(s.Console, before-len(all), before)
	}
	return func(yield func(*dicom.Dataset, error) bool) {
		for _, a := range all {
			if !yield(a, nil) {
				return
			}
		}
	}, nil
}

// askVirtual asks one virtual server and cleans its answers: they hold just the
// keys that were asked and that the own index would answer.
func (s *Servers) askVirtual(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, v server, level db.Level, identifier *dicom.Dataset) ([]*dicom.Dataset, error) {
	peer, err := s.peers.Resolve(v.ae)
	if err != nil {
		return nil, err
	}
	ask := func(level db.Level, query *dicom.Dataset) ([]*dicom.Dataset, error) {
		return s.askOnce(ctx, cfg, caller, v, peer, level, query)
	}
	if v.cached(level, identifier) {
		return s.cachedFind(v, identifier, ask)
	}
	return ask(level, identifier)
}

// askOnce is askVirtual without the cache of answers.
func (s *Servers) askOnce(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, v server, peer peers.Destination, level db.Level, identifier *dicom.Dataset) ([]*dicom.Dataset, error) {
	query := identifier.Clone()
	query.Delete(site.TagVirtualMask)
	if v.nonVirtual {
		query.SetUint16(site.TagVirtualMask, maskNone)
	}
	if v.fixKodak {
		if !cfg.FixKodak {
			oplog.VirtualFixKodak(s.Console, v.ae)
		}
		if anyWildDate(query) {
			oplog.VirtualDateWildcard(s.Console, v.ae)
			return nil, nil
		}
		fixPatientID(query, 7, func(id string) string { return "0" + id })
	}
	if kinds := strings.Split(query.String(imageTypeTag), `\`); v.thirdType && level == db.ImageLevel && len(kinds) > 2 {
		query.SetString(imageTypeTag, kinds[2])
	}
	query.SetString(dicom.QueryRetrieveLevel, levelNames[level])
	asked := query.Clone()
	s.Rules.Hook(ctx, cfg, scripting.VirtualServerQuery, 0, site.RequestBy(caller, query))
	answers, err := s.peers.Find(ctx, peer, levelNames[level], query)
	if err != nil {
		return nil, err
	}
	if len(answers) > 0 {
		oplog.VirtualAnswering(s.Console, v.ae)
	}
	kept := answers[:0]
	for _, a := range answers {
		if v.imageType && !(holdsValue(a, asked, imageTypeTag) && holdsValue(a, asked, tagEchoNumbers)) {
			continue
		}
		if v.fixKodak {
			fixPatientID(a, 8, func(id string) string { return strings.TrimPrefix(id, "0") })
		}
		s.cleanAnswer(a, identifier, level)
		s.Rules.Hook(ctx, cfg, scripting.VirtualServerQueryResult, 0, site.RequestBy(caller, a))
		kept = append(kept, a)
	}
	if n := len(answers) - len(kept); n > 0 {
		oplog.VirtualTypeFix(s.Console, n)
	}
	return kept, nil
}

// Elements that IMAGETYPEFIX looks at.
const (
	imageTypeTag   dicom.Tag = 0x00080008
	tagEchoNumbers dicom.Tag = 0x00180086
)

// fixPatientID changes patient IDs of a length, that of a list too.
func fixPatientID(d *dicom.Dataset, length int, fix func(string) string) {
	if id := d.String(dicom.PatientID); len(id) == length {
		d.SetString(dicom.PatientID, fix(id))
	}
}

// anyWildDate tells whether a date is asked for by a leading wildcard.
func anyWildDate(query *dicom.Dataset) bool {
	for _, t := range []dicom.Tag{dicom.PatientBirthDate, dicom.StudyDate, 0x00080021, 0x00080022, 0x00080023} {
		if strings.HasPrefix(query.String(t), "*") {
			return true
		}
	}
	return false
}

// holdsValue tells whether an answer holds the asked value or values of an
// element, one after the other; without a value asked or answered it does.
func holdsValue(answer, asked *dicom.Dataset, t dicom.Tag) bool {
	want, have := asked.String(t), answer.String(t)
	return want == "" || have == "" || strings.Contains(`\`+have+`\`, `\`+want+`\`)
}

// cleanAnswer removes what was not asked and adds what is missing.
func (s *Servers) cleanAnswer(a, asked *dicom.Dataset, level db.Level) {
	a.DeleteFunc(func(e *dicom.Element) bool {
		return e.Tag != dicom.QueryRetrieveLevel && (!asked.Has(e.Tag) || !s.answers(level, e.Tag))
	})
	for e := range asked.All() {
		if !a.Has(e.Tag) && s.answers(level, e.Tag) {
			a.Put(dicom.Element{Tag: e.Tag, VR: e.VR})
		}
	}
}

// answers tells whether an answer may hold the element at a level: a column of
// the own index, or a count, which is kept as the other server gives it.
func (s *Servers) answers(level db.Level, t dicom.Tag) bool {
	if isCount(level, t) {
		return true
	}
	tables := s.Schema.Tables() // patient, study, series, image, worklist
	if level == db.PatientLevel {
		return site.ColumnOf(tables[0], t) != ""
	}
	for i := 0; i <= int(level); i++ {
		if site.ColumnOf(tables[i], t) != "" {
			return true
		}
	}
	return false
}

var levelNames = map[db.Level]string{
	db.PatientLevel: "PATIENT", db.StudyLevel: "STUDY", db.SeriesLevel: "SERIES", db.ImageLevel: "IMAGE",
}
