package dicomweb

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"conquest/dicom"
)

// rowSource takes rows from a search a few at a time.
type rowSource struct {
	next func() (Row, error, bool)
	stop func()
}

func newRowSource(seq iter.Seq2[Row, error]) *rowSource {
	next, stop := iter.Pull2(seq)
	return &rowSource{next, stop}
}

func (s *rowSource) close() { s.stop() }

// take are up to n rows; ended tells that there are no others.
func (s *rowSource) take(n int) (rows []Row, ended bool, err error) {
	for len(rows) < n {
		row, err, ok := s.next()
		switch {
		case !ok:
			return rows, true, nil
		case err != nil:
			s.stop()
			return nil, true, err
		}
		rows = append(rows, row)
	}
	return rows, false, nil
}

// finish makes answers of rows: counts, addresses, and what only objects know.
// Rows that do not match are left out.
func (x *searching) finish(ctx context.Context, rows []Row, verify bool) ([]*dicom.Dataset, error) {
	samples, err := x.samples(ctx, rows)
	if err != nil {
		return nil, err
	}
	var kept []Row
	var sets []*dicom.Dataset
	for _, row := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		object := samples[x.uid(row)]
		d := x.inUTF8(row, object)
		if (verify || len(x.q.filters) > 0) && !x.matches(d, object) {
			continue
		}
		kept, sets = append(kept, row), append(sets, d)
	}
	below, err := x.counts(ctx, kept)
	if err != nil {
		return nil, err
	}
	for i, d := range sets {
		x.addCounts(d, below)
		x.complete(d, samples[x.uid(kept[i])])
	}
	return sets, nil
}

func (x *searching) uid(row Row) string { return row.String(uidTag(x.q.Level)) }

// counts are what lies below the rows, by the UIDs of rows, and below their studies.
type counts struct {
	below, study map[string]Related
}

// counts asks for what is below all rows at once.
func (x *searching) counts(ctx context.Context, rows []Row) (c counts, err error) {
	switch level := x.q.Level; {
	case len(rows) == 0 || level == Instances && x.q.parent >= Studies:
		return c, nil
	case level <= Series:
		c.below, err = x.related(ctx, level, rows)
	}
	if err == nil && x.q.Level >= Series && x.q.parent < Studies {
		c.study, err = x.related(ctx, Studies, rows)
	}
	return c, err
}

func (x *searching) related(ctx context.Context, level Level, rows []Row) (map[string]Related, error) {
	known := make(map[string]bool, len(rows))
	uids := make([]string, 0, len(rows))
	for _, row := range rows {
		if uid := row.String(uidTag(level)); uid != "" && !known[uid] {
			known[uid] = true
			uids = append(uids, uid)
		}
	}
	m, err := x.h.archive.Related(ctx, level, uids)
	if err != nil {
		return nil, fmt.Errorf("count what is below: %w", err)
	}
	return m, nil
}

// samples are the objects that rows are completed from; the beginning of each.
func (x *searching) samples(ctx context.Context, rows []Row) (map[string]*dicom.Dataset, error) {
	if rows = x.needing(rows); len(rows) == 0 {
		return nil, nil
	}
	found := map[string]Instance{}
	if x.q.Level == Instances {
		for _, row := range rows {
			found[x.uid(row)] = row.Instance
		}
	} else {
		uids := make([]string, 0, len(rows))
		for _, row := range rows {
			uids = append(uids, x.uid(row))
		}
		var err error
		if found, err = x.h.archive.Samples(ctx, x.q.Level, uids); err != nil {
			return nil, fmt.Errorf("find objects of rows: %w", err)
		}
	}
	out := make(map[string]*dicom.Dataset, len(found))
	for uid, i := range found {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		d, err := x.sample(ctx, i)
		if err != nil {
			x.h.opt.Log.Warn("*** object of a search can not be read", "instance", i.UID, "error", err)
			continue
		}
		out[uid] = d
	}
	return out, nil
}

// sample is as much of an object as the search wants.
func (x *searching) sample(ctx context.Context, i Instance) (*dicom.Dataset, error) {
	head, err := x.h.head(ctx, i)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(x.q.fields, func(t dicom.Tag) bool { return t >= headEnd }) {
		return head.Dataset, nil
	}
	o, release, err := x.h.open(ctx, i)
	if err != nil {
		return nil, err
	}
	defer release()
	whole := o.Dataset.Clone()
	whole.DeleteFunc(func(e *dicom.Element) bool { return e.Bulk != nil || e.Fragments != nil })
	return whole, nil
}

// needing are the rows of which something is in objects only.
func (x *searching) needing(rows []Row) []Row {
	if x.q.Level >= Series || len(x.q.filters) > 0 {
		return rows
	}
	var list []Row
	for _, row := range rows {
		if x.needs(row) {
			list = append(list, row)
		}
	}
	return list
}

func (x *searching) needs(row Row) bool {
	for e := range row.All() {
		if !plain(e.Value) {
			return true
		}
	}
	return slices.ContainsFunc(x.q.asked, func(t dicom.Tag) bool { return !row.Has(t) })
}

// plain tells whether text is the same in all character sets.
func plain(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == 0x1b {
			return false
		}
	}
	return true
}

// inUTF8 is a row with its text in UTF-8. Text beyond ASCII is read by the
// character set of the object, when it is as the object has it.
func (x *searching) inUTF8(row Row, object *dicom.Dataset) *dicom.Dataset {
	d := dicom.NewDataset(row.Len() + 16)
	wide := false
	for e := range row.All() {
		c := *e
		if e.VR.IsText() && !plain(e.Value) {
			wide = true
			c = dicom.NewText(e.Tag, e.VR, decoded(e, object))
		}
		d.Put(c)
	}
	if wide {
		d.SetString(dicom.SpecificCharacterSet, "ISO_IR 192")
	}
	return d
}

func decoded(e *dicom.Element, object *dicom.Dataset) string {
	value := bytes.TrimRight(e.Value, " \x00")
	if object != nil {
		if own := object.Get(e.Tag); own != nil && bytes.HasPrefix(own.Value, value) {
			return dicom.DecodeText(object, value)
		}
	}
	switch {
	case utf8.Valid(value):
		return string(value)
	case object != nil:
		return dicom.DecodeText(object, value)
	}
	runes := make([]rune, len(value)) // Latin-1, as the index takes unknown text
	for i, c := range value {
		runes[i] = rune(c)
	}
	return string(runes)
}

// addCounts puts counts into a row.
func (x *searching) addCounts(d *dicom.Dataset, c counts) {
	uid := d.String(uidTag(x.q.Level))
	switch x.q.Level {
	case Patients:
		d.SetString(tagPatientStudies, fmt.Sprint(c.below[uid].Studies))
	case Studies:
		addStudyCounts(d, c.below[uid])
	case Series:
		d.SetString(tagSeriesInstances, fmt.Sprint(c.below[uid].Instances))
	}
	if c.study != nil {
		addStudyCounts(d, c.study[d.String(dicom.StudyInstanceUID)])
	}
}

func addStudyCounts(d *dicom.Dataset, r Related) {
	d.SetString(tagStudySeries, fmt.Sprint(r.Series))
	d.SetString(tagStudyInstances, fmt.Sprint(r.Instances))
	d.Put(dicom.NewText(dicom.ModalitiesInStudy, dicom.CS, strings.Join(r.Modalities, `\`)))
}

// matches tells whether a row has what all keys ask for.
func (x *searching) matches(d, object *dicom.Dataset) bool {
	for _, k := range x.q.Keys {
		if !k.matches(d, x.q.Fuzzy) {
			return false
		}
	}
	for _, k := range x.q.filters {
		if object == nil || !k.matches(object, x.q.Fuzzy) {
			return false
		}
	}
	return true
}

// complete adds what an answer has beside the index's columns.
func (x *searching) complete(d, object *dicom.Dataset) {
	image := object == nil || object.Has(dicom.Rows)
	for _, t := range x.q.fields {
		e := d.Get(t)
		optional := x.q.Level == Instances && slices.Contains(imageAttributes, t) && !slices.Contains(x.q.asked, t)
		switch {
		case optional && !image:
			d.Delete(t)
		case e != nil && (!e.IsEmpty() || object == nil || !object.Has(t)):
		case optional && (object == nil || !object.Has(t)):
		default:
			fromObject(d, object, t)
		}
	}
	x.identify(d, object)
}

// fromObject takes an attribute from the object, in UTF-8; it is empty when the
// object has none.
func fromObject(d, object *dicom.Dataset, t dicom.Tag) {
	var e *dicom.Element
	if object != nil {
		e = object.Get(t)
	}
	if e == nil {
		d.Put(dicom.Element{Tag: t, VR: vrOf(t)})
		return
	}
	one := dicom.NewDataset(2)
	if cs := object.Get(dicom.SpecificCharacterSet); cs != nil {
		one.Put(*cs)
	}
	one.Put(*e)
	one, wide := toUTF8(one)
	d.Put(*one.Get(t))
	if wide {
		d.SetString(dicom.SpecificCharacterSet, "ISO_IR 192")
	}
}

// toUTF8 is a small data set with its text in UTF-8.
func toUTF8(d *dicom.Dataset) (out *dicom.Dataset, wide bool) {
	for _, e := range d.Walk() {
		wide = wide || e.VR.IsText() && !plain(e.Value)
	}
	if !wide {
		return d, false
	}
	text, err := dicom.AppendJSON(nil, d, dicom.JSONOptions{})
	if err != nil {
		return d, false
	}
	out, err = dicom.ParseJSON(text, dicom.ParseJSONOptions{})
	if err != nil {
		return d, false
	}
	return out, true
}

// identify adds address and availability.
func (x *searching) identify(d, object *dicom.Dataset) {
	ref := Ref{Study: d.String(dicom.StudyInstanceUID)}
	if x.q.Level >= Series {
		ref.Series = d.String(dicom.SeriesInstanceUID)
	}
	if x.q.Level == Instances {
		ref.Instance = d.String(dicom.SOPInstanceUID)
		if object != nil {
			d.Put(dicom.NewText(tagAvailableSyntax, dicom.UI, object.TransferSyntax().UID))
		}
	}
	if x.q.Level != Patients {
		d.Put(dicom.NewText(tagRetrieveURL, dicom.UR, urlOf(x.base, ref)))
		if !d.Has(tagInstanceAvailability) {
			d.Put(dicom.NewText(tagInstanceAvailability, dicom.CS, "ONLINE"))
		}
	}
	if x.h.opt.AETitle != "" {
		d.Put(dicom.NewText(dicom.RetrieveAETitle, dicom.AE, x.h.opt.AETitle))
	}
	if object != nil && object.Has(tagTimezoneOffset) {
		d.Put(*object.Get(tagTimezoneOffset))
	}
}
