package dicomweb

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"strconv"
	"strings"

	"conquest/dicom"
)

// thumbnailSide is the largest side of a thumbnail without a viewport, in pixels.
const thumbnailSide = 128

var thumbnailKinds = []string{kindJPEG, kindPNG, kindGIF}

// serveThumbnail answers with a small picture (PS3.18 section 10.4.1.1.6).
func (h *handler) serveThumbnail(w *answer, r *http.Request) error {
	m, err := bestOffer(r, mediaOf(thumbnailKinds, false))
	if err != nil {
		return err
	}
	v, err := renderingOf(r)
	if err != nil {
		return err
	}
	if v.room == (image.Point{}) {
		v.room = image.Pt(thumbnailSide, thumbnailSide)
	}
	list, err := h.archive.Instances(r.Context(), refOf(r))
	if err != nil {
		return err
	}
	i, err := h.exemplar(r.Context(), list)
	if err != nil {
		return err
	}
	frame, err := thumbnailFrame(r)
	if err != nil {
		return err
	}
	state, err := h.stateOf(r.Context(), []Instance{i})
	if err != nil {
		return err
	}
	look := fmt.Sprintf("%s %d %v %v %v %s %d", i.UID, frame, v.room, v.region, v.window, m.kind, v.quality)
	if v.window != nil {
		look += fmt.Sprintf(" %v", *v.window)
	}
	if h.unchanged(w, r, `"`+state+base36(look)+`"`) {
		return nil
	}
	return h.fromCache(w, cacheName("picture", state+look), m.kind, func() ([]byte, error) {
		return h.thumbnail(r.Context(), i, frame, m.kind, v)
	})
}

// fromCache answers with a picture that was kept, or makes and keeps it.
func (s *Service) fromCache(w *answer, name, kind string, make func() ([]byte, error)) error {
	if f := s.cache.open(name); f != nil {
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
			_, err = io.CopyN(w, f, info.Size())
			return err
		}
	}
	body, err := make()
	if err != nil {
		return err
	}
	s.cache.put(name, body)
	return sendBody(w, kind, body)
}

// thumbnailFrame is the frame that the address names, from 1; 0 names none. The
// original counts from 0.
func thumbnailFrame(r *http.Request) (int, error) {
	text, first := r.PathValue("frames"), 1
	if old := r.PathValue("oldframe"); old != "" {
		text, first = old, 0
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) < first {
		return 0, refuse(http.StatusBadRequest, "%.40q is no frame", text)
	}
	return int(n) + 1 - first, nil
}

// exemplar is the object that stands for others: the middle one of the first
// series with pixels.
func (h *handler) exemplar(ctx context.Context, list []Instance) (Instance, error) {
	for _, series := range bySeries(list) {
		i := series[len(series)/2]
		x, err := h.head(ctx, i)
		if err != nil {
			if errors.Is(err, context.Canceled) {
				return i, err
			}
			continue
		}
		if x.Has(dicom.Rows) {
			return i, nil
		}
	}
	return list[len(list)/2], nil
}

// thumbnail draws an object, or a sign for one that can not be drawn.
func (h *handler) thumbnail(ctx context.Context, i Instance, frame int, kind string, v rendering) ([]byte, error) {
	o, release, err := h.open(ctx, i)
	if err != nil {
		return nil, err
	}
	defer release()
	im, err := o.frames()
	switch {
	case err != nil && frame > 0:
		return nil, noFrames(err)
	case err == nil && frame > im.Frames:
		return nil, refuse(http.StatusNotFound, "there are %d frames", im.Frames)
	case err == nil:
		if frame == 0 {
			frame = im.Frames/2 + 1
		}
		body, err := h.picture(ctx, o, []int{frame - 1}, kind, v)
		var answered *refusal
		if err == nil || ctx.Err() != nil || errors.As(err, &answered) {
			return body, err
		}
	}
	return encodePicture(icon(strings.TrimSpace(o.String(dicom.Modality)), v.room), kind, v.quality)
}
