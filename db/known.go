package db

import "slices"

// knownLimit bounds each of the two generations of [known].
const knownLimit = 5000

// known remembers rows of patients, studies and series as they were last
// written, so that the many objects of one series do not write them again. Only
// the writer uses it.
type known struct {
	young, old map[string]*knownRow
}

// knownRow is what the last object said of a row.
type knownRow struct {
	values     []string
	access     int64
	modalities string // studies: StudyModal as it is stored
}

func (k *known) reset() { k.young, k.old = nil, nil }

func (k *known) get(id string) *knownRow {
	if r := k.young[id]; r != nil {
		return r
	}
	r := k.old[id]
	if r != nil {
		k.put(id, r)
	}
	return r
}

func (k *known) put(id string, r *knownRow) {
	if len(k.young) >= knownLimit {
		k.old, k.young = k.young, nil
	}
	if k.young == nil {
		k.young = make(map[string]*knownRow)
	}
	k.young[id] = r
}

// same tells whether writing rec again would change nothing.
func (r *knownRow) same(rec *record, access int64) bool {
	return r != nil && r.access == access && slices.Equal(r.values, rec.values) &&
		(rec.modality == "" || hasModality(r.modalities, rec.modality))
}

func (k *known) forget(ids ...string) {
	for _, id := range ids {
		delete(k.young, id)
		delete(k.old, id)
	}
}
