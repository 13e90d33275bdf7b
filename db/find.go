package db

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/oplog"
)

// Model is a query information model.
type Model int

// The models.
const (
	PatientRoot Model = iota
	StudyRoot
	PatientStudyOnly
	ModalityWorklist
)

// Level is a query level.
type Level int

// The levels, as [LevelOf] finds them.
const (
	PatientLevel Level = iota
	StudyLevel
	SeriesLevel
	ImageLevel
	WorklistLevel
)

var levelNames = [...]string{"PATIENT", "STUDY", "SERIES", "IMAGE"}

// maxLevelText is what is kept of the level of a request.
const maxLevelText = 10

// Errors of queries, inside a *[StatusError].
var (
	ErrLevel  = errors.New("query level is unknown to the information model")
	ErrNoKeys = errors.New("no key of the query is in the database")
	ErrOrder  = errors.New("sort order is not valid")
)

// LevelOf takes the level from (0008,0052) of an identifier, which the model
// must know, else a *[StatusError].
func LevelOf(m Model, identifier *dicom.Dataset) (Level, error) {
	if m == ModalityWorklist {
		return WorklistLevel, nil
	}
	text := string(identifier.Value(dicom.QueryRetrieveLevel))
	for l, name := range levelNames {
		if !strings.HasPrefix(text, name) {
			continue
		}
		level := Level(l)
		if m == StudyRoot && level == PatientLevel || m == PatientStudyOnly && level > StudyLevel {
			break
		}
		return level, nil
	}
	return 0, refuse(fmt.Errorf("%w: %q", ErrLevel, text))
}

func refuse(err error) error { return &StatusError{Status: StatusUnableToProcess, Err: err} }

// FindOptions changes how a query is answered.
type FindOptions struct {
	// NoComputed leaves computed fields out of the answers, for a server that
	// counts the answers of other servers too.
	NoComputed bool
	// HidePaths drops (9999,0800) and (9999,0801), which ask for file and
	// device.
	HidePaths bool
	// Before is how many answers earlier queries of the same search gave: the
	// log counts on.
	Before int
}

// Private keys of queries.
const (
	tagObjectFile dicom.Tag = 0x99990800
	tagDeviceName dicom.Tag = 0x99990801
	tagServerMask dicom.Tag = 0x99990802
	tagScript     dicom.Tag = 0x99990900
	tagCountOnly  dicom.Tag = 0x99999999
	tagSortOrder  dicom.Tag = 0x99990c00
	tagLimit      dicom.Tag = 0x99990c01
	tagOffset     dicom.Tag = 0x99990c02
)

// Find answers a C-FIND identifier (docs/original/network.md 2.3): answers come while
// rows are read, in the order of the original. An error that belongs to the
// query is returned at once as *[StatusError]; an error while reading ends the
// sequence. The sequence is ranged over once; until then, or until ctx ends, it
// holds a connection. The identifier is not changed.
func (d *DB) Find(ctx context.Context, m Model, identifier *dicom.Dataset, opt FindOptions) (iter.Seq2[*dicom.Dataset, error], error) {
	level, err := LevelOf(m, identifier)
	if err != nil {
		return nil, err
	}
	if err := d.gate(ctx); err != nil {
		return nil, refuse(err)
	}
	if level == WorklistLevel {
		return d.findWorklist(ctx, identifier)
	}
	oplog.QueryOn(d.log, [...]string{"Patient", "Study", "Series", "Image"}[level])
	set := d.settings()
	q := d.newQuery(level, set)
	q.noPaths, q.noComputed = opt.HidePaths, opt.NoComputed
	q.keys(identifier)
	sel, err := q.selection()
	if err != nil {
		return nil, refuse(err)
	}
	d.logSelection(sel)
	if identifier.Has(tagCountOnly) {
		return nothing, nil
	}
	r, err := d.query(ctx, sel)
	if err != nil {
		return nil, refuse(err)
	}
	return func(yield func(*dicom.Dataset, error) bool) {
		defer r.Close()
		n := 0
		for r.Next() {
			n++
			a, err := q.answer(ctx, r.Values())
			if !yield(a, err) || err != nil {
				return
			}
		}
		if err := r.Err(); err != nil {
			yield(nil, err)
			return
		}
		oplog.Records(d.log, opt.Before+n)
	}, nil
}

// nothing are the answers to an identifier with (9999,9999), by which the
// original counts for itself: none.
func nothing(yield func(*dicom.Dataset, error) bool) {}

// query is an identifier on its way to a selection.
type query struct {
	d     *DB
	set   *Settings
	level Level
	order []*table // where tags are looked for, the first wins
	exact bool     // keys are values of rows, not to be read as patterns

	noPaths, noComputed bool

	columns  map[*table][]key
	answers  []key // in the order of the columns of the selection
	sorted   []answerColumn
	paths    bool // ObjectFile and DeviceName follow
	ae       bool
	computed []dicom.Tag
	byName   bool
	sort     string
	limit    int
	offset   int
	err      error
	text     dicom.Element // (0008,0052) of the answers
	charset  *dicom.Charset
	speaker  *speaker // nil: answers are bytes of the index
}

// answerColumn is a column of the answers, which are made in order of tag.
type answerColumn struct {
	*column
	vr    dicom.VR
	index int // in a row
}

// key is a key of the identifier that is in the database.
type key struct {
	c *column
	s string
}

func (d *DB) newQuery(level Level, set *Settings) *query {
	l := d.lay
	q := &query{d: d, set: set, level: level, columns: make(map[*table][]key, 4), limit: -1}
	q.order = [][]*table{{l.patient}, {l.study, l.patient}, {l.study, l.patient, l.series}, {l.study, l.patient, l.series, l.image}}[level]
	return q
}

// own is the table of the level.
func (q *query) own() *table {
	l := q.d.lay
	return [...]*table{l.patient, l.study, l.series, l.image}[q.level]
}

// tables in the order of columns and conditions.
func (q *query) tables() []*table {
	l := q.d.lay
	return [][]*table{{l.patient}, {l.patient, l.study}, {l.series, l.patient, l.study}, {l.image, l.series, l.patient, l.study}}[q.level]
}

// keys takes the keys of the identifier.
func (q *query) keys(identifier *dicom.Dataset) {
	q.charset = q.d.keyCharset(identifier)
	q.speaker = q.d.speaks(identifier, q.set.QueriesReturnISO_IR)
	v, _, _ := bytes.Cut(identifier.Value(dicom.QueryRetrieveLevel), []byte{0})
	q.text = dicom.Element{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: v[:min(len(v), maxLevelText)]}
	for e := range identifier.All() {
		if !q.control(e) {
			q.key(e)
		}
	}
}

// control takes elements that are no keys.
func (q *query) control(e *dicom.Element) bool {
	switch e.Tag {
	case dicom.TransferSyntaxUID, dicom.QueryRetrieveLevel, tagServerMask, tagScript:
	case dicom.RetrieveAETitle:
		q.ae = true
	case tagObjectFile, tagDeviceName:
		if q.level != ImageLevel || q.noPaths {
			return q.level == ImageLevel
		}
		q.paths = true
	case tagSortOrder:
		q.sort = e.String()
	case tagLimit:
		q.limit = q.number(e)
	case tagOffset:
		q.offset = q.number(e)
	default:
		if q.set.ComputedFields && slices.Contains(computedTags[q.level], e.Tag) {
			q.computed = append(q.computed, e.Tag)
			return true
		}
		return e.Tag.IsGroupLength()
	}
	return true
}

// number reads limit and offset, which must be digits.
func (q *query) number(e *dicom.Element) int {
	n, err := strconv.ParseUint(strings.TrimSpace(e.String()), 10, 31)
	if err != nil {
		q.err = fmt.Errorf("%w: %q", ErrOrder, e.String())
	}
	return int(n)
}

func (q *query) key(e *dicom.Element) {
	if e.IsSequence() {
		q.d.logDropped(e.Tag)
		return
	}
	for _, t := range q.order {
		c := t.find(e.Tag)
		if c == nil {
			continue
		}
		q.byName = q.byName || e.Tag == dicom.PatientName
		q.columns[t] = append(q.columns[t], key{c, keyText(e, c, q.charset)})
		return
	}
	q.d.logDropped(e.Tag)
}

func (d *DB) logDropped(t dicom.Tag) {
	oplog.NotInDatabase(d.log, t.Group(), t.Element())
}

// selection makes the query of the database.
func (q *query) selection() (*selection, error) {
	sel := &selection{distinct: true, limit: -1}
	for _, t := range q.tables() {
		for _, k := range q.columns[t] {
			sel.columns = append(sel.columns, colref{t.name, k.c.name})
			q.answers = append(q.answers, k)
			if q.exact && k.s != "" {
				sel.where = append(sel.where, equals(t.name, k.c.name, k.s))
			} else {
				sel.where = match(sel.where, t, k.c, k.s)
			}
		}
	}
	if len(sel.columns) == 0 {
		return q.withoutKeys(sel)
	}
	q.join(sel)
	if q.paths {
		t := q.d.lay.image.name
		sel.columns = append(sel.columns, colref{t, "ObjectFile"}, colref{t, "DeviceName"})
	}
	if err := q.sorting(sel); err != nil {
		return nil, err
	}
	if len(sel.order) == 0 && len(sel.from) == 1 && rangeOnly(sel.where) {
		sel.habit = []string{sel.from[0] + ".rowid"}
	}
	return sel, nil
}

// withoutKeys is the selection of an identifier that asks for no column: the dBASE
// driver of the original gives an answer without keys for each row, but for
// patients; SQL knows no such query.
func (q *query) withoutKeys(sel *selection) (*selection, error) {
	if q.d.Kind() != DBase || q.level == PatientLevel {
		return nil, ErrNoKeys
	}
	sel.distinct, sel.from = false, []string{q.own().name}
	return sel, nil
}

// rangeOnly tells that rows are found by a range, for which we have an index (see
// searchIndexes). The original, which has none, finds them as they were entered.
func rangeOnly(where []condition) bool {
	ranged := false
	for _, c := range where {
		switch c.op {
		case opAtLeast, opAtMost:
			ranged = true
		case opEqual, opFoldEq, opIn:
			return false
		}
	}
	return ranged
}

// join adds the tables up to the highest one that is asked, with the links.
func (q *query) join(sel *selection) {
	l := q.d.lay
	levels := []*table{l.patient, l.study, l.series, l.image}
	top := int(q.level)
	for i := range top {
		if len(q.columns[levels[i]]) > 0 {
			top = i
			break
		}
	}
	for i := int(q.level); i >= top; i-- {
		sel.from = append(sel.from, levels[i].name)
	}
	for i := top; i < int(q.level); i++ {
		child := levels[i+1]
		sel.where = append(sel.where, condition{
			col: colref{child.name, child.link().name}, op: opJoin,
			other: colref{levels[i].name, child.link().name},
		})
	}
}

// answer makes the data set of one row.
func (q *query) answer(ctx context.Context, row []string) (*dicom.Dataset, error) {
	a := q.row(row)
	if len(q.computed) > 0 && !q.noComputed {
		if err := q.compute(ctx, a, row); err != nil {
			return nil, err
		}
	}
	if q.paths {
		n := len(q.answers)
		a.Put(dicom.NewText(tagObjectFile, dicom.LO, row[n]))
		a.Put(dicom.NewText(tagDeviceName, dicom.LO, row[n+1]))
	}
	if q.text.Value != nil {
		a.Put(q.text)
	}
	if q.speaker != nil {
		q.speaker.say(a)
	} else if n := q.set.QueriesReturnISO_IR; n != 0 && !a.Has(dicom.SpecificCharacterSet) {
		a.Put(isoIR(n))
	}
	if q.ae {
		a.Put(q.d.retrieveAE(q.set))
	}
	return a, nil
}

// row makes the elements of one row; their values share one piece of memory.
func (q *query) row(row []string) *dicom.Dataset {
	if q.sorted == nil {
		dict := dicom.CurrentDictionary()
		for i, k := range q.answers {
			q.sorted = append(q.sorted, answerColumn{k.c, dict.VR(k.c.tag), i})
		}
		slices.SortFunc(q.sorted, func(a, b answerColumn) int { return cmp.Compare(a.tag, b.tag) })
	}
	size := 0
	for _, s := range row {
		size += len(s) + 1
	}
	buf := make([]byte, 0, size)
	a := dicom.NewDataset(len(row) + 4)
	for i := range q.sorted {
		c := &q.sorted[i]
		s := row[c.index]
		if bytes := q.speaker == nil; bytes && q.set.UTF8FromDB || c.isNumber() {
			a.Put(c.element(s, bytes && q.set.UTF8FromDB))
			continue
		}
		e := dicom.Element{Tag: c.tag, VR: c.vr}
		if s != "" {
			start := len(buf)
			if buf = append(buf, s...); len(s)%2 == 1 {
				buf = append(buf, c.pad())
			}
			e.Value = buf[start:len(buf):len(buf)]
		}
		a.Put(e)
	}
	return a
}

func isoIR(n int) dicom.Element {
	return dicom.NewText(dicom.SpecificCharacterSet, dicom.CS, "ISO_IR "+strconv.Itoa(n))
}

// retrieveAE is the own title, 16 bytes with blanks.
func (d *DB) retrieveAE(set *Settings) dicom.Element {
	return dicom.NewText(dicom.RetrieveAETitle, dicom.AE, fmt.Sprintf("%-16.16s", set.AETitle))
}
