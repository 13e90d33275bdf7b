package dicomweb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/pixel"
)

// maxFrames bounds the frames of one request.
const maxFrames = 10000

// serveFrames answers with frames (PS3.18 section 10.4.1.1.3).
func (h *handler) serveFrames(w *answer, r *http.Request) error {
	list, err := h.archive.Instances(r.Context(), refOf(r))
	if err != nil {
		return err
	}
	o, release, err := h.open(r.Context(), list[0])
	if err != nil {
		return err
	}
	defer release()
	im, err := o.frames()
	if err != nil {
		return noFrames(err)
	}
	numbers, err := frameNumbers(r.PathValue("frames"), im.Frames)
	if err != nil {
		return err
	}
	state, err := h.stateOf(r.Context(), list[:1])
	if err != nil {
		return err
	}
	offers := frameOffers(o.Dataset, len(numbers) == 1)
	best := choose(frameRanges(acceptOf(r), o.Dataset), offers)
	if len(best) == 0 {
		return notAcceptable(offers)
	}
	location := urlOf(h.base(r), list[0].Ref()) + "/frames/"
	failure := error(nil)
	for _, m := range best {
		err := h.sendFrames(w, r, o, im, numbers, m, state, location)
		if err == nil || w.begun || !cannot(err) {
			return err
		}
		failure = err
	}
	return refuse(http.StatusNotAcceptable, "the frames can not be brought into a type asked for: %v", failure)
}

func noFrames(err error) error {
	if errors.Is(err, pixel.ErrNoPixelData) {
		return refuse(http.StatusNotFound, "the object has no pixel data")
	}
	if errors.Is(err, pixel.ErrUnsupported) {
		return refuse(http.StatusNotAcceptable, "the pixel data are of a kind that can not be read here")
	}
	return fmt.Errorf("read pixel data: %w", err)
}

// frameNumbers reads the list of an address; the first frame is 1.
func frameNumbers(text string, frames int) ([]int, error) {
	parts := strings.Split(text, ",")
	if len(parts) > maxFrames {
		return nil, refuse(http.StatusBadRequest, "more than %d frames", maxFrames)
	}
	list := make([]int, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil || n == 0 {
			return nil, refuse(http.StatusBadRequest, "%.40q is no frame: they count from 1", p)
		}
		if int(n) > frames {
			return nil, refuse(http.StatusNotFound, "there are %d frames", frames)
		}
		list[i] = int(n)
	}
	return list, nil
}

// frameOffers are the types that frames of an object may go out as.
func frameOffers(d *dicom.Dataset, single bool) []media {
	stored := webSyntax(d)
	var list []media
	for _, multipart := range []bool{true, false} {
		if !multipart && !single {
			break
		}
		for _, s := range syntaxes(d) {
			list = append(list, media{kind: kindOfFrames(s), multipart: multipart, syntax: s, stored: s == stored})
		}
	}
	return list
}

// frameRanges are ranges with the transfer syntaxes that those without one mean:
// plain bytes for octet-stream, else what is stored before what can be made.
func frameRanges(ranges []mediaRange, d *dicom.Dataset) []mediaRange {
	out := make([]mediaRange, 0, len(ranges))
	stored := webSyntax(d)
	for _, m := range ranges {
		want := m.kind
		if want == "multipart/related" && m.part != "" {
			want = m.part
		}
		switch {
		case m.syntax != "":
		case want == kindBytes && canDecode(stored):
			m.syntax = dicom.ExplicitLittleEndian
		case want == kindOfFrames(stored) || want == "image/*":
			m.syntax = stored
			if kindOfFrames(stored) == kindBytes && want == "image/*" {
				m.syntax = ""
			}
		}
		out = append(out, m)
	}
	return out
}

func (h *handler) sendFrames(w *answer, r *http.Request, o *object, im *pixel.Image, numbers []int, m media, state, location string) error {
	get, err := h.frameReader(r.Context(), o, im, m.syntax)
	if err != nil {
		return err
	}
	first, err := get(numbers[0] - 1)
	if err != nil {
		return err
	}
	if h.unchanged(w, r, `"`+state+base36(r.PathValue("frames")+m.name()+strconv.FormatBool(m.multipart))+`"`) {
		return nil
	}
	if !m.multipart {
		w.Header().Set("Content-Type", m.name())
		w.Header().Set("Content-Location", location+strconv.Itoa(numbers[0]))
		w.Header().Set("Content-Length", strconv.Itoa(len(first)))
		_, err := w.Write(first)
		return err
	}
	p := newParts(w, m.kind)
	if len(numbers) == 1 {
		p.begin(p.size([]string{m.name()}, []string{location + strconv.Itoa(numbers[0])}, []int64{int64(len(first))}))
	}
	for i, n := range numbers {
		body := first
		if i > 0 {
			if err := r.Context().Err(); err != nil {
				return err
			}
			if body, err = get(n - 1); err != nil {
				return err
			}
		}
		if err := p.write(m.name(), location+strconv.Itoa(n), body); err != nil {
			return err
		}
	}
	return p.end()
}

// frameReader gives frames, counted from 0, in a transfer syntax: as they are
// stored, plain, or coded anew.
func (s *Service) frameReader(ctx context.Context, o *object, im *pixel.Image, syntax string) (func(i int) ([]byte, error), error) {
	stored := o.TransferSyntax()
	switch {
	case syntax == webSyntax(o.Dataset) && o.NKI() == nil || !stored.Encapsulated && o.NKI() == nil && syntax == dicom.ExplicitLittleEndian:
		return im.Encoded, nil
	case syntax == dicom.ExplicitLittleEndian:
		return s.working(ctx, im.Plain), nil
	}
	return s.working(ctx, func(i int) ([]byte, error) {
		return im.EncodeFrame(i, syntax, pixel.Options{Workers: 1})
	}), nil
}

// working runs f with a worker.
func (s *Service) working(ctx context.Context, f func(int) ([]byte, error)) func(int) ([]byte, error) {
	return func(i int) ([]byte, error) {
		done, err := s.work(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		return f(i)
	}
}
