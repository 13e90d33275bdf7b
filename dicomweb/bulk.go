package dicomweb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"conquest/dicom"
)

const tagEncapsulatedDocument dicom.Tag = 0x00420011

// Attributes that tell the media type of an encapsulated document.
const (
	tagDocumentType   dicom.Tag = 0x00420012
	tagDocumentLength dicom.Tag = 0x00420015
)

// bulkValue is a value to be sent: size bytes.
type bulkValue struct {
	kind string // media type
	size int64
	data io.ReadSeeker
}

// serveBulk answers with the value of one element (PS3.18 section 10.4.1.1.4).
func (h *handler) serveBulk(w *answer, r *http.Request) error {
	path, err := dicom.ParseBulkName(r.PathValue("path"))
	if err != nil {
		return refuse(http.StatusNotFound, "there is no such bulk data")
	}
	list, err := h.archive.Instances(r.Context(), refOf(r))
	if err != nil {
		return err
	}
	o, release, err := h.open(r.Context(), list[0])
	if err != nil {
		return err
	}
	defer release()
	if len(path) == 1 && path[0].Tag == dicom.PixelData {
		return h.servePixels(w, r, o, list[0])
	}
	v, err := bulkAt(o.Dataset, path)
	if err != nil {
		return err
	}
	state, err := h.stateOf(r.Context(), list[:1])
	if err != nil {
		return err
	}
	offers := []media{{kind: kindBytes, multipart: true, syntax: dicom.ExplicitLittleEndian}, {kind: kindBytes, syntax: dicom.ExplicitLittleEndian}}
	if v.kind != kindBytes {
		offers = append(offers, media{kind: v.kind}, media{kind: v.kind, multipart: true})
	}
	m, err := bestOffer(r, offers)
	if err != nil {
		return err
	}
	if h.unchanged(w, r, `"`+state+base36(path.BulkName()+m.name()+strconv.FormatBool(m.multipart))+`"`) {
		return nil
	}
	location := urlOf(h.base(r), list[0].Ref()) + "/bulkdata/" + path.BulkName()
	if m.multipart {
		p := newParts(w, m.kind)
		p.begin(p.size([]string{m.name()}, []string{location}, []int64{v.size}))
		if err := p.next(m.name(), location, v.size); err != nil {
			return err
		}
		if _, err := io.Copy(w, v.data); err != nil {
			return err
		}
		return p.end()
	}
	w.Header().Set("Content-Type", m.name())
	w.Header().Set("Content-Location", location)
	http.ServeContent(w, r, "", time.Time{}, v.data)
	return nil
}

// bulkAt finds a value in little endian.
func bulkAt(d *dicom.Dataset, path dicom.Path) (*bulkValue, error) {
	e := d.GetPath(path)
	if e == nil || e.Items != nil || e.IsEmpty() || e.Fragments != nil {
		return nil, refuse(http.StatusNotFound, "there is no such bulk data")
	}
	known := e.Known()
	v := &bulkValue{kind: kindBytes, size: known.Length()}
	b := known.Bulk
	if b != nil && (!b.BigEndian || b.WordSize <= 1) {
		v.data = io.NewSectionReader(b.Source, b.Offset, b.Length)
	} else {
		data, err := known.Bytes()
		if err != nil {
			return nil, fmt.Errorf("read bulk data: %w", err)
		}
		v.data = bytes.NewReader(data)
	}
	if e.Tag == tagEncapsulatedDocument {
		v.document(d, b)
	}
	return v, nil
}

// document gives a document its media type and its length without padding.
func (v *bulkValue) document(d *dicom.Dataset, b *dicom.Bulk) {
	if kind := strings.ToLower(strings.TrimSpace(d.String(tagDocumentType))); strings.Count(kind, "/") == 1 && !strings.ContainsAny(kind, " ;,\"\\") {
		v.kind = kind
	}
	if n, ok := d.Int(tagDocumentLength); ok && int64(n) == v.size-1 {
		v.size--
		if b != nil {
			v.data = io.NewSectionReader(b.Source, b.Offset, v.size)
		} else if data, err := io.ReadAll(v.data); err == nil {
			v.data = bytes.NewReader(data[:v.size])
		}
	}
}

// servePixels answers with pixel data: plain, or frame by frame as stored.
func (h *handler) servePixels(w *answer, r *http.Request, o *object, i Instance) error {
	im, err := o.frames()
	if err != nil {
		return noFrames(err)
	}
	stored := webSyntax(o.Dataset)
	plain := !o.TransferSyntax().Encapsulated && o.NKI() == nil
	var offers []media
	if canDecode(stored) {
		offers = append(offers, media{kind: kindBytes, multipart: true, syntax: dicom.ExplicitLittleEndian, stored: plain})
		if plain {
			offers = append(offers, media{kind: kindBytes, syntax: dicom.ExplicitLittleEndian, stored: true})
		}
	}
	if !plain {
		offers = append(offers, media{kind: kindOfFrames(stored), multipart: true, syntax: stored, stored: true})
	}
	best := choose(frameRanges(acceptOf(r), o.Dataset), offers)
	if len(best) == 0 {
		return notAcceptable(offers)
	}
	state, err := h.stateOf(r.Context(), []Instance{i})
	if err != nil {
		return err
	}
	m := best[0]
	if h.unchanged(w, r, `"`+state+base36(r.URL.Path+m.name()+strconv.FormatBool(m.multipart))+`"`) {
		return nil
	}
	location := urlOf(h.base(r), i.Ref()) + "/bulkdata/" + dicom.Path{{Tag: dicom.PixelData, Item: dicom.NoItem}}.BulkName()
	if plain {
		return h.sendPlain(w, r, o, im.NativeSize(), m, location)
	}
	get, err := h.frameReader(r.Context(), o, im, m.syntax)
	if err != nil {
		return err
	}
	return sendAllFrames(r.Context(), w, im.Frames, get, m, location)
}

// sendPlain sends plain pixel data from the file.
func (h *handler) sendPlain(w *answer, r *http.Request, o *object, size int64, m media, location string) error {
	e := o.Get(dicom.PixelData)
	v, err := bulkAt(o.Dataset, pathTo(dicom.PixelData))
	if err != nil {
		return err
	}
	size = min(size, v.size)
	if e.Bulk != nil && (!e.Bulk.BigEndian || e.Bulk.WordSize <= 1) {
		v.data = io.NewSectionReader(e.Bulk.Source, e.Bulk.Offset, size)
	}
	if !m.multipart {
		w.Header().Set("Content-Type", m.name())
		w.Header().Set("Content-Location", location)
		http.ServeContent(w, r, "", time.Time{}, v.data)
		return nil
	}
	p := newParts(w, m.kind)
	p.begin(p.size([]string{m.name()}, []string{location}, []int64{size}))
	if err := p.next(m.name(), location, size); err != nil {
		return err
	}
	if _, err := io.CopyN(w, v.data, size); err != nil {
		return err
	}
	return p.end()
}

// sendAllFrames sends the frames of compressed pixel data: plain ones behind each
// other in one part, compressed ones as a part each (PS3.18 section 8.7.3.3).
func sendAllFrames(ctx context.Context, w *answer, frames int, get func(int) ([]byte, error), m media, location string) error {
	p := newParts(w, m.kind)
	for i := range frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := get(i)
		if err != nil {
			return err
		}
		if m.kind == kindBytes && i > 0 {
			_, err = w.Write(data)
		} else if m.kind == kindBytes {
			if err = p.next(m.name(), location, int64(len(data))*int64(frames)); err == nil {
				_, err = w.Write(data)
			}
		} else {
			err = p.write(m.name(), location, data)
		}
		if err != nil {
			return err
		}
	}
	return p.end()
}

// servePixelData answers with the pixel data of all objects (PS3.18 section
// 10.4.1.1.7).
func (h *handler) servePixelData(w *answer, r *http.Request) error {
	return h.serveValues(w, r, func(p dicom.Path, e *dicom.Element) bool { return len(p) == 1 && p[0].Tag == dicom.PixelData })
}

// serveAllBulk answers with all bulk data of all objects.
func (h *handler) serveAllBulk(w *answer, r *http.Request) error {
	return h.serveValues(w, r, func(_ dicom.Path, e *dicom.Element) bool { return dicom.IsBulk(e) })
}

func (h *handler) serveValues(w *answer, r *http.Request, wanted func(dicom.Path, *dicom.Element) bool) error {
	m, err := bestOffer(r, []media{{kind: kindBytes, multipart: true, syntax: dicom.ExplicitLittleEndian}})
	if err != nil {
		return err
	}
	list, err := h.archive.Instances(r.Context(), refOf(r))
	if err != nil {
		return err
	}
	p := newParts(w, m.kind)
	for _, i := range list {
		if err := h.sendValues(r.Context(), p, i, wanted, h.base(r)); err != nil {
			return err
		}
	}
	if p.n == 0 {
		return refuse(http.StatusNotFound, "there are no such bulk data")
	}
	return p.end()
}

func (h *handler) sendValues(ctx context.Context, p *parts, i Instance, wanted func(dicom.Path, *dicom.Element) bool, base string) error {
	o, release, err := h.open(ctx, i)
	if err != nil {
		return err
	}
	defer release()
	location := urlOf(base, i.Ref()) + "/bulkdata/"
	name := media{kind: kindBytes, syntax: dicom.ExplicitLittleEndian}.name()
	for path, e := range o.Walk() {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch {
		case !wanted(path, e):
		case e.Fragments != nil:
			if err := h.sendFramesOf(ctx, p, o, location); err != nil {
				return err
			}
		default:
			v, err := bulkAt(o.Dataset, path)
			if err != nil {
				continue
			}
			if err := p.next(name, location+path.BulkName(), v.size); err != nil {
				return err
			}
			if _, err := io.Copy(p.w, v.data); err != nil {
				return err
			}
		}
	}
	return nil
}

// sendFramesOf sends compressed frames, plain where that can be done.
func (h *handler) sendFramesOf(ctx context.Context, p *parts, o *object, location string) error {
	im, err := o.frames()
	if err != nil {
		return err
	}
	syntax := webSyntax(o.Dataset)
	if canDecode(syntax) {
		syntax = dicom.ExplicitLittleEndian
	}
	get, err := h.frameReader(ctx, o, im, syntax)
	if err != nil {
		return err
	}
	name := media{kind: kindOfFrames(syntax), syntax: syntax}.name()
	for i := range im.Frames {
		data, err := get(i)
		if err != nil {
			return err
		}
		if err := p.write(name, location+pathTo(dicom.PixelData).BulkName(), data); err != nil {
			return err
		}
	}
	return nil
}
