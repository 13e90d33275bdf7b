package db

import (
	"context"
	"iter"

	"conquest/dicom"
	"conquest/oplog"
)

const (
	referencedStudySequence   dicom.Tag = 0x00081110
	referencedPatientSequence dicom.Tag = 0x00081120
)

// worklistNode is a key of a worklist query: a column, or a sequence of one
// item.
type worklistNode struct {
	tag   dicom.Tag
	c     *column // nil for a sequence
	index int     // of the column in a row
	item  []worklistNode
}

// worklistQuery flattens the keys of sequences with one item.
type worklistQuery struct {
	d      *DB
	set    *Settings
	sel    *selection
	ae     bool
	byName bool
	level  dicom.Element

	charset *dicom.Charset
	speaker *speaker // nil: answers are bytes of the index
}

// findWorklist answers a worklist query (docs/original/network.md 2.3).
func (d *DB) findWorklist(ctx context.Context, identifier *dicom.Dataset) (iter.Seq2[*dicom.Dataset, error], error) {
	oplog.QueryOn(d.log, "Modality WorkList")
	t := d.lay.worklist
	q := &worklistQuery{
		d: d, set: d.settings(),
		sel:   &selection{distinct: true, from: []string{t.name}, limit: -1},
		level: dicom.Element{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS},
	}
	if v := identifier.Value(dicom.QueryRetrieveLevel); v != nil {
		q.level.Value = v[:min(len(v), maxLevelText)]
	}
	q.charset = d.keyCharset(identifier)
	q.speaker = d.speaks(identifier, q.set.WorklistReturnISO_IR)
	tree := q.nodes(identifier, true)
	if len(q.sel.columns) == 0 {
		return nil, refuse(ErrNoKeys)
	}
	if c := t.find(dicom.PatientName); c != nil && q.byName {
		q.sel.order = []order{{col: colref{t.name, c.name}}}
	}
	d.logSelection(q.sel)
	r, err := d.query(ctx, q.sel)
	if err != nil {
		return nil, refuse(err)
	}
	return func(yield func(*dicom.Dataset, error) bool) {
		defer r.Close()
		n := 0
		for r.Next() {
			n++
			if !yield(q.answer(tree, r.Values()), nil) {
				return
			}
		}
		if err := r.Err(); err != nil {
			yield(nil, err)
			return
		}
		oplog.Records(d.log, n)
	}, nil
}

func (q *worklistQuery) nodes(ds *dicom.Dataset, top bool) []worklistNode {
	t := q.d.lay.worklist
	var list []worklistNode
	for e := range ds.All() {
		switch {
		case e.Tag.IsGroupLength():
			continue
		case top && (e.Tag == dicom.TransferSyntaxUID || e.Tag == dicom.QueryRetrieveLevel):
			continue
		case top && e.Tag == dicom.RetrieveAETitle:
			q.ae = true
			continue
		case e.IsSequence():
			if len(e.Items) == 1 {
				list = append(list, worklistNode{tag: e.Tag, item: q.nodes(e.Items[0], false)})
			}
			continue
		}
		c := t.find(e.Tag)
		if c == nil {
			q.d.logDropped(e.Tag)
			continue
		}
		q.byName = q.byName || top && e.Tag == dicom.PatientName
		list = append(list, worklistNode{tag: e.Tag, c: c, index: len(q.sel.columns)})
		q.sel.columns = append(q.sel.columns, colref{t.name, c.name})
		q.sel.where = match(q.sel.where, t, c, keyText(e, c, q.charset))
	}
	return list
}

func (q *worklistQuery) answer(tree []worklistNode, row []string) *dicom.Dataset {
	a := q.build(tree, row)
	for _, t := range [...]dicom.Tag{referencedStudySequence, referencedPatientSequence} {
		if !a.Has(t) {
			a.Put(dicom.Element{Tag: t, VR: dicom.SQ})
		}
	}
	a.Put(q.level)
	if q.speaker != nil {
		q.speaker.say(a)
	} else if n := q.set.WorklistReturnISO_IR; n != 0 && !a.Has(dicom.SpecificCharacterSet) {
		a.Put(isoIR(n))
	}
	if q.ae {
		a.Put(q.d.retrieveAE(q.set))
	}
	return a
}

func (q *worklistQuery) build(tree []worklistNode, row []string) *dicom.Dataset {
	a := dicom.NewDataset(len(tree) + 5)
	for i := range tree {
		n := &tree[i]
		switch {
		case n.c != nil:
			a.Put(n.c.element(row[n.index], q.speaker == nil && q.set.UTF8FromDB))
		case len(n.item) == 0:
			a.Put(dicom.Element{Tag: n.tag, VR: dicom.SQ})
		default:
			a.SetItems(n.tag, q.build(n.item, row))
		}
	}
	return a
}
