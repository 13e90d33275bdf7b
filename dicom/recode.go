package dicom

import (
	"strings"
)

// Recode brings all text of d, at all levels, into the repertoire that terms tell
// as the values of (0008,0005), and puts those there; none is the default
// repertoire. File-backed text stays as it is. Of characters that it lacks, which
// become question marks, the first is told by [ErrCharset]; d is changed
// nevertheless.
func (d *Dataset) Recode(terms ...string) error {
	r := recoder{to: ParseCharset(terms...)}
	r.dataset(d, Charset{})
	if value := strings.Join(terms, `\`); value != "" {
		d.Put(NewText(SpecificCharacterSet, CS, value))
	} else {
		d.Delete(SpecificCharacterSet)
	}
	return r.err
}

type recoder struct {
	to  Charset
	err error
}

func (r *recoder) dataset(d *Dataset, from Charset) {
	if d.Has(SpecificCharacterSet) {
		from = d.Charset()
		d.Delete(SpecificCharacterSet)
	}
	for i := range d.elems {
		e := &d.elems[i]
		for _, it := range e.Items {
			r.dataset(it, from)
		}
		if e.VR.isConverted() && e.Bulk == nil && !isASCII(e.Value) {
			b, err := r.to.Encode(from.Decode([]byte(e.String())))
			if r.err == nil {
				r.err = err
			}
			*e = NewText(e.Tag, e.VR, string(b))
		}
	}
}
