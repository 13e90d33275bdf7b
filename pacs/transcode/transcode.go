package transcode

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/pixel"
	"conquest/rules"
	"conquest/scripting"
)

// Transcode recompresses ds in place to a compression code.
func (s *Transcoder) Transcode(ctx context.Context, ds *dicom.Dataset, code string) error {
	return s.TranscodeFor(ctx, ds, code, rules.Request{})
}

// TranscodeFor is transcode on behalf of a request, whose caller and command
// CompressionConverters get. Objects that can only be passed through stay as they are.
func (s *Transcoder) TranscodeFor(ctx context.Context, ds *dicom.Dataset, code string, q rules.Request) error {
	c, err := pixel.ParseCode(code)
	if err != nil {
		return err
	}
	if c.AsIs() || c.Family != 's' && pixel.PassedThrough(ds) {
		return nil
	}
	cfg := s.Live.Current()
	before, start := site.FormOf(ds), time.Now()
	defer func() {
		s.Counters.Times.Compress.Since(start)
		s.Counters.Pixels.Recompressed(before, site.FormOf(ds))
	}()
	limits, done := s.Limits(ctx)
	defer done()
	return pixel.Transcode(ds, code, pixel.Options{
		Quality: cfg.LossyQuality, Limits: limits,
		Warn: func(format string, a ...any) { s.Console.Operator(format, a...) },
		Script: func(n int, ds *dicom.Dataset) error {
			q.Object = ds
			s.Rules.Hook(ctx, cfg, scripting.Compression, n, q)
			return nil
		},
	})
}

// Relabel gives ds the transfer syntax that its pixel data have, see [pixel.Relabel].
func (s *Transcoder) Relabel(ds *dicom.Dataset) (changed bool, err error) { return pixel.Relabel(ds) }

// Recompress applies a mode on arrival; when it fails the object is kept as it
// then is.
func (s *Transcoder) Recompress(ctx context.Context, mode string, q rules.Request) {
	ds := q.Object
	if strings.EqualFold(mode, "un") && !ds.TransferSyntax().Encapsulated && pixel.Plain(ds) {
		return
	}
	if err := s.TranscodeFor(ctx, ds, mode, q); err != nil {
		s.Console.Event("*** object not recompressed, kept as it came", "mode", mode, "sop", ds.String(dicom.SOPInstanceUID), "calling", q.Caller.Calling(), "error", err)
	}
}

// PlainForFile undoes the private NKI compression before an object is written to
// a file that is not .v2, unless AllowNKIAsDICOM is set.
func (s *Transcoder) PlainForFile(ctx context.Context, cfg *dicomini.Config, ds *dicom.Dataset, path string) {
	if cfg.AllowNKIAsDICOM || ds.NKI() == nil || ds.Has(dicom.PixelData) || strings.EqualFold(filepath.Ext(path), ".v2") {
		return
	}
	oplog.PlainForFile(s.Console, path)
	if err := s.Transcode(ctx, ds, "un"); err != nil {
		s.Console.Event("*** NKI compression not undone, written as it is", "file", path, "error", err)
	}
}

// Reduce makes an image of more than maxRows rows or columns smaller; when a
// frame is asked for, it is taken out of the image first. Smaller images and
// those of several frames stay as they are (docs/original/compression.md 7).
func (s *Transcoder) Reduce(ctx context.Context, ds *dicom.Dataset, maxRows, frame int, hasFrame bool) error {
	rows, _ := ds.Int(dicom.Rows)
	columns, _ := ds.Int(dicom.Columns)
	if rows <= maxRows && columns <= maxRows {
		return nil
	}
	limits, done := s.Limits(ctx)
	defer done()
	if hasFrame {
		if _, err := pixel.ExtractFrame(ds, frame, limits); err != nil {
			oplog.FrameNotExtracted(s.Console, frame, err)
		}
	}
	changed, err := pixel.Downsize(ds, maxRows, limits)
	if err != nil {
		return fmt.Errorf("down-size to %d: %w", maxRows, err)
	}
	if changed {
		s.Counters.Pixels.Downsized.Add(1)
	}
	return nil
}

// TranscodeTo brings ds into a transfer syntax; a quality of 0 is that of the
// configuration.
func (s *Transcoder) TranscodeTo(ctx context.Context, ds *dicom.Dataset, uid string, quality int, damaged bool) error {
	before, start := site.FormOf(ds), time.Now()
	limits, done := s.Limits(ctx)
	defer done()
	err := pixel.TranscodeTo(ds, uid, pixel.Options{
		Quality: cmp.Or(quality, s.Live.Current().LossyQuality),
		Damaged: damaged, Limits: limits,
		Warn: s.Console.Operator,
	})
	s.Counters.Times.Compress.Since(start)
	s.Counters.Pixels.Recompressed(before, site.FormOf(ds))
	return err
}

func (s *Transcoder) RecompressOrKeep(ctx context.Context, ds *dicom.Dataset, code string) {
	if err := s.TranscodeFor(ctx, ds, code, rules.Request{}); err != nil {
		s.Console.Event("*** object not recompressed", "mode", code, "sop", ds.String(dicom.SOPInstanceUID), "error", err)
	}
}
