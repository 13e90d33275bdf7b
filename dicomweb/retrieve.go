package dicomweb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"conquest/budget"
	"conquest/dicom"
)

const kindZip = "application/zip"

// serveObjects answers with objects (PS3.18 section 10.4.1.1.1).
func (h *handler) serveObjects(w *answer, r *http.Request) error {
	ranges := acceptOf(r)
	list, err := h.archive.Instances(r.Context(), refOf(r))
	if err != nil {
		return err
	}
	zip := media{kind: kindZip}
	if r.PathValue("instance") != "" {
		if first := choose(ranges, append(multipartOffers(), media{kind: kindObject}, zip)); len(first) > 0 && first[0].kind == kindZip {
			return h.serveZip(w, r, list)
		}
		return h.serveObject(w, r, list[0], ranges)
	}
	first := choose(ranges, append(multipartOffers(), zip))
	switch {
	case len(first) == 0:
		return notAcceptable([]media{{kind: kindObject, multipart: true}, zip})
	case first[0].kind == kindZip:
		return h.serveZip(w, r, list)
	}
	return h.serveMany(w, r, list, ranges)
}

// offeredSyntaxes are the syntaxes that some object may go out in.
var offeredSyntaxes = func() []string {
	list := []string{dicom.ExplicitLittleEndian}
	for s := range kindOfSyntax {
		list = append(list, s)
	}
	return list
}()

// multipartOffers are the types that some object may go out as.
func multipartOffers() []media {
	list := []media{{kind: kindObject, multipart: true, syntax: dicom.ExplicitLittleEndian}, {kind: kindObject, multipart: true, stored: true}}
	for _, s := range offeredSyntaxes[1:] {
		list = append(list, media{kind: kindObject, multipart: true, syntax: s})
	}
	return list
}

// objectOffers are the types that one object may go out as.
func objectOffers(d *dicom.Dataset, multipart bool) []media {
	var list []media
	for _, s := range syntaxes(d) {
		list = append(list, media{kind: kindObject, multipart: multipart, syntax: s, stored: s == webSyntax(d)})
	}
	return list
}

// chosen are the types in which an object may go out for these ranges, the best
// first. A range without a transfer syntax means plain pixels, or as stored
// where that is a lossy form or nothing else can be made (PS3.18 section 8.7.3).
func chosen(ranges []mediaRange, d *dicom.Dataset, multipart ...bool) []media {
	var offers []media
	for _, m := range multipart {
		offers = append(offers, objectOffers(d, m)...)
	}
	return choose(defaulted(ranges, d), offers)
}

// defaulted are ranges with the transfer syntax that those without one mean.
func defaulted(ranges []mediaRange, d *dicom.Dataset) []mediaRange {
	plain := dicom.ExplicitLittleEndian
	if !canDecode(webSyntax(d)) {
		plain = webSyntax(d)
	}
	out := make([]mediaRange, len(ranges))
	for i, m := range ranges {
		if m.syntax == "" && m.kind != "*/*" {
			m.syntax = plain
		}
		out[i] = m
	}
	return out
}

// serveObject answers with one object, as a part or bare.
func (h *handler) serveObject(w *answer, r *http.Request, i Instance, ranges []mediaRange) error {
	o, release, err := h.open(r.Context(), i)
	if err != nil {
		return err
	}
	defer release()
	state, err := h.stateOf(r.Context(), []Instance{i})
	if err != nil {
		return err
	}
	list := chosen(ranges, o.Dataset, true, false)
	if len(list) == 0 {
		return notAcceptable(append(objectOffers(o.Dataset, true), objectOffers(o.Dataset, false)...))
	}
	var failure error
	for _, m := range list {
		out, err := h.outgoing(r.Context(), o, i, m.syntax)
		if err != nil {
			if r.Context().Err() != nil || !cannot(err) {
				return err
			}
			failure = err
			continue
		}
		defer out.close()
		if h.unchanged(w, r, `"`+state+base36(m.name()+strconv.FormatBool(m.multipart))+`"`) {
			return nil
		}
		if m.multipart {
			p := newParts(w, kindObject)
			location := urlOf(h.base(r), i.Ref())
			p.begin(p.size([]string{m.name()}, []string{location}, []int64{out.size}))
			if r.Method == http.MethodHead {
				return nil
			}
			if err := p.next(m.name(), location, out.size); err != nil {
				return err
			}
			if err := out.copyTo(w); err != nil {
				return err
			}
			return p.end()
		}
		return h.serveBare(w, r, i, m, out)
	}
	return refuse(http.StatusNotAcceptable, "the object can not be brought into a transfer syntax asked for: %v", failure)
}

// serveBare answers with one object as it is, of which a range may be asked for.
func (h *handler) serveBare(w *answer, r *http.Request, i Instance, m media, out *outgoing) error {
	w.Header().Set("Content-Type", m.name())
	w.Header().Set("Content-Location", urlOf(h.base(r), i.Ref()))
	if out.file != nil {
		http.ServeContent(w, r, "", time.Time{}, out.file)
		return nil
	}
	w.Header().Set("Content-Length", strconv.FormatInt(out.size, 10))
	if r.Method == http.MethodHead {
		return nil
	}
	return out.copyTo(w)
}

// serveMany answers with objects as parts. Those that can not be sent are told.
func (h *handler) serveMany(w *answer, r *http.Request, list []Instance, ranges []mediaRange) error {
	base := h.base(r)
	p := newParts(w, kindObject)
	if length, ok := h.wholeSize(r.Context(), p, list, ranges, base); ok {
		p.begin(length)
	}
	if r.Method == http.MethodHead {
		if !w.begun {
			p.begin(0)
		}
		return nil
	}
	for n, i := range list {
		if err := r.Context().Err(); err != nil {
			return err
		}
		err := h.sendPart(r.Context(), p, i, ranges, base)
		if err == nil {
			continue
		}
		if p.n > 0 && w.begun && !errors.Is(err, errNotSent) {
			return err
		}
		h.opt.Log.Warn("*** object left out of a web answer", "instance", i.UID, "error", err)
		if !w.begun {
			p.status = http.StatusPartialContent
			addWarning(w.Header(), "Object "+i.UID+" can not be sent")
		}
		if n == len(list)-1 && p.n == 0 {
			return refuse(http.StatusNotAcceptable, "no object can be sent in a form asked for")
		}
	}
	if !w.begun {
		p.begin(0)
	}
	return p.end()
}

// errNotSent tells that nothing of an object was sent yet.
var errNotSent = errors.New("not sent")

func (h *handler) sendPart(ctx context.Context, p *parts, i Instance, ranges []mediaRange, base string) error {
	out, m, err := h.partOf(ctx, i, ranges)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotSent, err)
	}
	defer out.close()
	if err := p.next(m.name(), urlOf(base, i.Ref()), out.size); err != nil {
		return err
	}
	return out.copyTo(p.w)
}

// partOf is an object in the best form that can be made. Those that go out as
// they are stored are not parsed.
func (h *handler) partOf(ctx context.Context, i Instance, ranges []mediaRange) (*outgoing, media, error) {
	x, err := h.head(ctx, i)
	if err != nil {
		return nil, media{}, err
	}
	if list := chosen(ranges, x.Dataset, true); len(list) > 0 && x.asStored() && list[0].syntax == x.TransferSyntax().UID {
		out, err := h.wholeFile(ctx, i)
		return out, list[0], err
	}
	o, release, err := h.open(ctx, i)
	if err != nil {
		return nil, media{}, err
	}
	defer release()
	failure := error(refuse(http.StatusNotAcceptable, "no type fits"))
	for _, m := range chosen(ranges, o.Dataset, true) {
		out, err := h.outgoing(ctx, o, i, m.syntax)
		if err == nil {
			return out, m, nil
		}
		failure = err
	}
	return nil, media{}, failure
}

// wholeSize is how long the answer will be when all objects go as they are stored.
func (h *handler) wholeSize(ctx context.Context, p *parts, list []Instance, ranges []mediaRange, base string) (int64, bool) {
	var types, places []string
	var sizes []int64
	for _, i := range list {
		x, err := h.head(ctx, i)
		if err != nil || !x.asStored() {
			return 0, false
		}
		list := chosen(ranges, x.Dataset, true)
		if len(list) == 0 || list[0].syntax != x.TransferSyntax().UID {
			return 0, false
		}
		types = append(types, list[0].name())
		places = append(places, urlOf(base, i.Ref()))
		sizes = append(sizes, x.file)
	}
	return p.size(types, places, sizes), true
}

// asStored tells whether the stored file is what goes out.
func (o *object) asStored() bool {
	return o.part10 && webSyntax(o.Dataset) == o.TransferSyntax().UID
}

// outgoing is an object as it goes out: its file, or a data set to be written.
type outgoing struct {
	size    int64
	file    File // at its start, nobody else reads it
	dataset *dicom.Dataset
	meta    dicom.Meta
	memory  *budget.Budget // of dataset
}

// wholeFile is an object as it is stored.
func (s *Service) wholeFile(ctx context.Context, i Instance) (*outgoing, error) {
	f, err := s.archive.Open(ctx, i)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open object %s: %w", i.UID, err)
	}
	return &outgoing{size: info.Size(), file: f}, nil
}

// outgoing brings an object into a transfer syntax.
func (s *Service) outgoing(ctx context.Context, o *object, i Instance, syntax string) (*outgoing, error) {
	if o.asStored() && syntax == o.TransferSyntax().UID {
		return s.wholeFile(ctx, i)
	}
	memory := s.opt.Memory.Part("object", 0)
	d, err := s.transcode(ctx, o.Dataset, syntax, memory)
	if err != nil {
		memory.Close()
		return nil, err
	}
	d.SetTransferSyntax(syntax)
	head := dicom.AppendMeta(nil, d, s.opt.Meta)
	return &outgoing{size: int64(len(head)) + dicom.EncodedSize(d, d.TransferSyntax()), dataset: d, meta: s.opt.Meta, memory: memory}, nil
}

func (o *outgoing) close() {
	if o.file != nil {
		o.file.Close()
	}
	o.memory.Close()
}

// copyTo sends the object. Files go from disk to network by themselves where the
// system can do that.
func (o *outgoing) copyTo(w *answer) error {
	if o.file == nil {
		return dicom.WritePart10(w, o.dataset, o.meta)
	}
	_, err := io.CopyN(w, o.file, o.size)
	return err
}
