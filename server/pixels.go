package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/dicom"
)

// errNoCodec tells that a compression is not supported.
var errNoCodec = errors.New("no codec for this compression")

// transcode recompresses ds in place to a compression code.
func (s *Server) transcode(ds *dicom.Dataset, code string) error {
	code = strings.ToLower(code)
	encapsulated := ds.TransferSyntax().Encapsulated
	switch {
	case code == "" || strings.HasPrefix(code, "as") || strings.HasPrefix(code, "is") || strings.HasPrefix(code, "v"):
		return nil
	case encapsulated || !strings.HasPrefix(code, "u"):
		return fmt.Errorf("%s: %w", code, errNoCodec)
	case strings.HasPrefix(code, "ui"):
		ds.SetTransferSyntax(dicom.ImplicitLittleEndian)
	case strings.HasPrefix(code, "ul"):
		ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	case strings.HasPrefix(code, "ub"):
		ds.SetTransferSyntax(dicom.ExplicitBigEndian)
	}
	return nil
}

// recompress applies a mode on arrival; when it fails the object is kept as it
// came.
func (s *Server) recompress(_ context.Context, ds *dicom.Dataset, mode string, in *arrival) {
	if err := s.transcode(ds, mode); err != nil {
		s.con.Event("*** object not recompressed, kept as it came", "mode", mode, "sop", ds.String(dicom.SOPInstanceUID), "calling", in.calling, "error", err)
	}
}

// reduce makes an image smaller, or takes one frame of it.
func (s *Server) reduce(ds *dicom.Dataset, maxRows, frame int, hasFrame bool) error {
	return fmt.Errorf("down-size to %d: %w", maxRows, errNoCodec)
}
