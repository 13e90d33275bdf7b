package server

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pixel"
	"conquest/rules"
	"conquest/scripting"
)

// transcode recompresses ds in place to a compression code.
func (s *Server) transcode(ds *dicom.Dataset, code string) error {
	return s.transcodeFor(context.Background(), ds, code, rules.Request{})
}

// transcodeFor is transcode on behalf of a request, whose caller and command
// CompressionConverters get.
func (s *Server) transcodeFor(ctx context.Context, ds *dicom.Dataset, code string, q rules.Request) error {
	c, err := pixel.ParseCode(code)
	if err != nil {
		return err
	}
	if c.AsIs() {
		return nil
	}
	cfg := s.live.Current()
	before, start := formOf(ds), time.Now()
	defer func() {
		s.counters.times.compress.since(start)
		s.counters.pixels.recompressed(before, formOf(ds))
	}()
	return pixel.Transcode(ds, code, pixel.Options{
		Quality: cfg.LossyQuality,
		Warn:    func(format string, a ...any) { s.con.Operator(format, a...) },
		Script: func(n int, ds *dicom.Dataset) error {
			q.Object = ds
			s.rules.Hook(ctx, cfg, scripting.Compression, n, q)
			return nil
		},
	})
}

// recompress applies a mode on arrival; when it fails the object is kept as it
// then is.
func (s *Server) recompress(ctx context.Context, ds *dicom.Dataset, mode string, in *arrival) {
	if strings.EqualFold(mode, "un") && !ds.TransferSyntax().Encapsulated && pixel.Plain(ds) {
		return
	}
	if err := s.transcodeFor(ctx, ds, mode, s.request(in)); err != nil {
		s.con.Event("*** object not recompressed, kept as it came", "mode", mode, "sop", ds.String(dicom.SOPInstanceUID), "calling", in.caller.Calling(), "error", err)
	}
}

// plainForFile undoes the private NKI compression before an object is written to
// a file that is not .v2, unless AllowNKIAsDICOM is set.
func (s *Server) plainForFile(cfg *dicomini.Config, ds *dicom.Dataset, path string) {
	if cfg.AllowNKIAsDICOM || ds.NKI() == nil || ds.Has(dicom.PixelData) || strings.EqualFold(filepath.Ext(path), ".v2") {
		return
	}
	s.con.Operator("SaveToDisk: *** warning: cannot write NKI compressed in dcm format, decompressing: %s", path)
	if err := s.transcode(ds, "un"); err != nil {
		s.con.Event("*** NKI compression not undone, written as it is", "file", path, "error", err)
	}
}

// reduce makes an image of more than maxRows rows or columns smaller; when a
// frame is asked for, it is taken out of the image first. Smaller images and
// those of several frames stay as they are (docs/original/compression.md 7).
func (s *Server) reduce(ds *dicom.Dataset, maxRows, frame int, hasFrame bool) error {
	rows, _ := ds.Int(dicom.Rows)
	columns, _ := ds.Int(dicom.Columns)
	if rows <= maxRows && columns <= maxRows {
		return nil
	}
	if hasFrame {
		if _, err := pixel.ExtractFrame(ds, frame); err != nil {
			s.con.Debug("frame %d not extracted: %v", frame, err)
		}
	}
	changed, err := pixel.Downsize(ds, maxRows)
	if err != nil {
		return fmt.Errorf("down-size to %d: %w", maxRows, err)
	}
	if changed {
		s.counters.pixels.downsized.Add(1)
	}
	return nil
}
