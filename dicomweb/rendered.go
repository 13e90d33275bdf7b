package dicomweb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"conquest/dicom"
)

// serveRendered answers with pictures, or documents, of objects (PS3.18 section
// 10.4.1.1.5).
func (h *handler) serveRendered(w *answer, r *http.Request) error {
	v, err := renderingOf(r)
	if err != nil {
		return err
	}
	list, err := h.archive.Instances(r.Context(), refOf(r))
	if err != nil {
		return err
	}
	if r.PathValue("instance") == "" {
		return h.renderMany(w, r, list, v)
	}
	o, release, err := h.open(r.Context(), list[0])
	if err != nil {
		return err
	}
	defer release()
	state, err := h.stateOf(r.Context(), list[:1])
	if err != nil {
		return err
	}
	if text := r.PathValue("frames"); text != "" {
		im, err := o.frames()
		if err != nil {
			return noFrames(err)
		}
		numbers, err := frameNumbers(text, im.Frames)
		if err != nil {
			return err
		}
		if len(numbers) > 1 {
			return h.renderFrames(w, r, o, list[0], numbers, v)
		}
		return h.renderOne(w, r, o, []int{numbers[0] - 1}, v, state)
	}
	return h.renderOne(w, r, o, nil, v, state)
}

// renderKinds are the types that an object is rendered as, the first by default.
func renderKinds(o *object) []string {
	if _, err := o.frames(); err == nil {
		return pictureKinds
	}
	switch {
	case isReport(o.Dataset):
		return []string{kindHTML, kindText}
	case o.Has(tagEncapsulatedDocument):
		if v, err := bulkAt(o.Dataset, pathTo(tagEncapsulatedDocument)); err == nil {
			return []string{v.kind}
		}
	}
	return nil
}

func mediaOf(kinds []string, multipart bool) []media {
	list := make([]media, len(kinds))
	for i, k := range kinds {
		list[i] = media{kind: k, multipart: multipart}
	}
	return list
}

// renderOne answers with frames of an object, counted from 0; none are the first
// one, or all in an animation.
func (h *handler) renderOne(w *answer, r *http.Request, o *object, frames []int, v rendering, state string) error {
	kinds := renderKinds(o)
	if kinds == nil {
		return refuse(http.StatusNotAcceptable, "this object can not be drawn or shown as a document")
	}
	m, err := bestOffer(r, mediaOf(kinds, false))
	if err != nil {
		return err
	}
	if h.unchanged(w, r, `"`+state+base36(r.URL.Path+"?"+r.URL.RawQuery+m.kind)+`"`) {
		return nil
	}
	render := func() ([]byte, error) { return h.render(r.Context(), o, frames, m.kind, v) }
	if slices.Contains(pictureKinds, m.kind) {
		look := fmt.Sprintf("%s %v %v %v %v %v %s %d", r.PathValue("instance"), frames, v.room, v.region, v.flipX, v.flipY, m.kind, v.quality)
		if v.window != nil {
			look += fmt.Sprintf(" %v", *v.window)
		}
		return h.fromCache(w, cacheName("picture", state+look), m.kind, render)
	}
	body, err := render()
	if err != nil {
		return err
	}
	return sendBody(w, m.kind, body)
}

func sendBody(w *answer, kind string, body []byte) error {
	if strings.HasPrefix(kind, "text/") {
		kind += "; charset=utf-8"
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return err
}

// render makes a picture or a document.
func (s *Service) render(ctx context.Context, o *object, frames []int, kind string, v rendering) ([]byte, error) {
	switch kind {
	case kindHTML:
		return reportHTML(o.Dataset), nil
	case kindText:
		return reportText(o.Dataset), nil
	}
	im, err := o.frames()
	if err != nil {
		v, err := bulkAt(o.Dataset, pathTo(tagEncapsulatedDocument))
		if err != nil {
			return nil, err
		}
		body := make([]byte, v.size)
		_, err = io.ReadFull(v.data, body)
		return body, err
	}
	if frames == nil {
		frames = []int{0}
		if kind == kindGIF && im.Frames > 1 {
			frames = frames[:0]
			for i := range im.Frames {
				frames = append(frames, i)
			}
		}
	}
	return s.picture(ctx, o, frames, kind, v)
}

// renderFrames answers with several frames as parts.
func (h *handler) renderFrames(w *answer, r *http.Request, o *object, i Instance, numbers []int, v rendering) error {
	m, err := bestOffer(r, mediaOf(pictureKinds, true))
	if err != nil {
		return err
	}
	p := newParts(w, m.kind)
	for _, n := range numbers {
		body, err := h.picture(r.Context(), o, []int{n - 1}, m.kind, v)
		if err != nil {
			return err
		}
		location := fmt.Sprintf("%s/frames/%d/rendered", urlOf(h.base(r), i.Ref()), n)
		if err := p.write(m.kind, location, body); err != nil {
			return err
		}
	}
	return p.end()
}

// renderMany answers with all objects of a study or series that can be rendered
// as the type asked for.
func (h *handler) renderMany(w *answer, r *http.Request, list []Instance, v rendering) error {
	kinds := slices.Concat(pictureKinds, []string{kindHTML, kindText, kindPDF})
	m, err := bestOffer(r, mediaOf(kinds, true))
	if err != nil {
		return err
	}
	p := newParts(w, m.kind)
	for _, i := range list {
		if err := h.renderPart(r.Context(), p, i, m.kind, v, h.base(r)); err != nil {
			return err
		}
	}
	if p.n == 0 {
		return refuse(http.StatusNotAcceptable, "nothing of this can be rendered as %s", m.kind)
	}
	return p.end()
}

func (h *handler) renderPart(ctx context.Context, p *parts, i Instance, kind string, v rendering, base string) error {
	o, release, err := h.open(ctx, i)
	if err != nil {
		return err
	}
	defer release()
	if !slices.Contains(renderKinds(o), kind) {
		return nil
	}
	body, err := h.render(ctx, o, nil, kind, v)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		h.opt.Log.Warn("*** object is not rendered", "instance", i.UID, "error", err)
		return nil
	}
	return p.write(kind, urlOf(base, i.Ref())+"/rendered", body)
}

// isReport tells whether an object is a structured report.
func isReport(d *dicom.Dataset) bool {
	return d.Has(tagContentSequence) && strings.HasPrefix(strings.TrimSpace(d.String(dicom.SOPClassUID)), "1.2.840.10008.5.1.4.1.1.88.")
}
