package dicomweb

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"conquest/dicom"
)

// serveMetadata answers with all attributes but bulk data (PS3.18 section
// 10.4.1.1.2).
func (h *handler) serveMetadata(w *answer, r *http.Request) error {
	kind, err := bestOffer(r, modelOffers)
	if err != nil {
		return err
	}
	list, err := h.archive.Instances(r.Context(), refOf(r))
	if err != nil {
		return err
	}
	base := h.base(r)
	state, err := h.stateOf(r.Context(), list)
	if err != nil {
		return err
	}
	if h.unchanged(w, r, `W/"`+state+base36(kind.kind)+`"`) {
		return nil
	}
	if kind.kind == kindJSON && r.PathValue("instance") == "" && h.cache.on() {
		return h.cachedMetadata(w, r, list, base)
	}
	out := newModelWriter(w, kind, askedJSON(r))
	for _, i := range list {
		if err := r.Context().Err(); err != nil {
			return err
		}
		err := h.withMetadata(r.Context(), i, base, func(d *dicom.Dataset, opt dicom.JSONOptions) error {
			out.opt = opt
			return out.write(d, urlOf(base, i.Ref())+"/metadata")
		})
		if err != nil {
			return err
		}
	}
	return out.end()
}

// base36 is a short mark of a text, for tags.
func base36(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:3])
}

// unchanged sets the tag of an answer, and tells with 304 that the caller has it.
func (s *Service) unchanged(w *answer, r *http.Request, tag string) bool {
	head := w.Header()
	head.Set("ETag", tag)
	head.Set("Cache-Control", "private, max-age=0, must-revalidate")
	bare := strings.TrimPrefix(tag, "W/")
	for have := range strings.SplitSeq(strings.Join(r.Header.Values("If-None-Match"), ","), ",") {
		have = strings.TrimPrefix(strings.TrimSpace(have), "W/")
		if have == bare || have == "*" {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

// stateOf is a hash of what files the objects have now.
func (s *Service) stateOf(ctx context.Context, list []Instance) (string, error) {
	sum := sha256.New()
	for _, i := range list {
		if err := s.addState(ctx, sum, i); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]), nil
}

func (s *Service) addState(ctx context.Context, sum hash.Hash, i Instance) error {
	size, changed, err := s.archive.Stat(ctx, i)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(size))
	binary.LittleEndian.PutUint64(b[8:], uint64(changed.UnixNano()))
	io.WriteString(sum, i.UID)
	sum.Write(b[:])
	return nil
}

// withMetadata parses an object and hands it over with its addresses of bulk data.
func (s *Service) withMetadata(ctx context.Context, i Instance, base string, use func(*dicom.Dataset, dicom.JSONOptions) error) error {
	f, err := s.archive.Open(ctx, i)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open object %s: %w", i.UID, err)
	}
	memory := s.opt.Memory.Part("object", 0)
	defer memory.Close()
	d, err := dicom.ReadPart10(f, info.Size(), dicom.ParseOptions{BulkThreshold: stayInFile, Budget: memory})
	if err != nil {
		return fmt.Errorf("read object %s: %w", i.UID, err)
	}
	if d.NKI() != nil && !d.Has(dicom.PixelData) {
		d.DeleteNKI()
		d.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Bulk: &dicom.Bulk{Source: f, Length: info.Size()}})
	}
	d.Put(dicom.NewText(tagAvailableSyntax, dicom.UI, d.TransferSyntax().UID))
	prefix := urlOf(base, i.Ref()) + "/bulkdata/"
	return use(d, dicom.JSONOptions{BulkURI: func(p dicom.Path, e *dicom.Element) string {
		if !dicom.IsBulk(e) {
			return ""
		}
		return prefix + p.BulkName()
	}})
}

// bySeries parts objects at the borders of series.
func bySeries(list []Instance) [][]Instance {
	var out [][]Instance
	for start := 0; start < len(list); {
		end := start + 1
		for end < len(list) && list[end].Series == list[start].Series {
			end++
		}
		out = append(out, list[start:end])
		start = end
	}
	return out
}

// cachedMetadata answers from the packed texts of the series.
func (h *handler) cachedMetadata(w *answer, r *http.Request, list []Instance, base string) error {
	head := w.Header()
	head.Set("Content-Type", kindJSON)
	if askedJSON(r) {
		head.Set("Content-Type", "application/json")
	}
	head.Add("Vary", "Accept-Encoding")
	var out joiner = &plainJoiner{w: w}
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		head.Set("Content-Encoding", "gzip")
		out = newGzipJoiner(w)
	}
	between := "["
	for _, part := range bySeries(list) {
		p, release, err := h.packedSeries(r.Context(), part, base)
		if err != nil {
			return err
		}
		err = errors.Join(out.text(between), out.packed(p))
		release()
		if err != nil {
			return err
		}
		between = ","
	}
	return errors.Join(out.text("]"), out.end())
}

// takesGzip reads Accept-Encoding (RFC 9110 section 12.5.3).
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, q, _ := strings.Cut(strings.ToLower(part), ";")
		if name = strings.TrimSpace(name); name == "gzip" || name == "*" {
			return !slices.Contains([]string{"q=0", "q=0.0", "q=0.00", "q=0.000"}, strings.ReplaceAll(q, " ", ""))
		}
	}
	return false
}

// packedSeries opens the packed metadata of a series, which are made when they
// are not there or not of what is stored now. release ends their use.
func (h *handler) packedSeries(ctx context.Context, list []Instance, base string) (p *packed, release func(), err error) {
	state, err := h.stateOf(ctx, list)
	if err != nil {
		return nil, nil, err
	}
	name := cacheName("meta", base+"\n"+list[0].Study+"\n"+list[0].Series)
	if f := h.cache.open(name); f != nil {
		if p, err := readPacked(f); err == nil && p.tag == state {
			return p, func() { f.Close() }, nil
		}
		f.Close()
	}
	c, err := h.cache.create(name)
	if err != nil {
		return nil, nil, fmt.Errorf("keep metadata: %w", err)
	}
	err = h.packSeries(ctx, c, list, base, state)
	if err == nil {
		p, err = readPacked(c)
	}
	if err != nil {
		c.discard()
		return nil, nil, err
	}
	return p, func() {
		if err := c.keep(); err != nil {
			h.opt.Log.Warn("*** metadata are not cached", "error", err)
		}
	}, nil
}

// packSeries writes the metadata of objects, parted by commas, with a head.
func (h *handler) packSeries(ctx context.Context, f io.WriteSeeker, list []Instance, base, state string) error {
	p := packed{tag: state}
	if _, err := f.Write(p.head()); err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, modelPiece)
	z := newPacker(out)
	var buf []byte
	for n, i := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		buf = buf[:0]
		if n > 0 {
			buf = append(buf, ',')
		}
		err := h.withMetadata(ctx, i, base, func(d *dicom.Dataset, opt dicom.JSONOptions) (err error) {
			buf, err = dicom.AppendJSON(buf, d, opt)
			return err
		})
		if err == nil {
			_, err = z.Write(buf)
		}
		if err != nil {
			return err
		}
	}
	if err := errors.Join(z.end(), out.Flush()); err != nil {
		return err
	}
	p.length, p.crc = z.length, z.crc.Sum32()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := f.Write(p.head()); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}
