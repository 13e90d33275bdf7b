package server

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
)

// destination is a peer to send to.
type destination struct {
	host, port      string
	calling, called string
	compression     string
}

func (d destination) address() string { return net.JoinHostPort(d.host, d.port) }

// proposals are the transfer syntaxes offered for a compression code, in order
// of preference (spec/network.md 4.2).
func proposals(code string) []string {
	code = strings.ToLower(code)
	var list []string
	two := code[:min(len(code), 2)]
	switch two {
	case "ul":
		list = []string{dicom.ExplicitLittleEndian}
	case "ub":
		list = []string{dicom.ExplicitBigEndian}
	case "ue":
		list = []string{dicom.ExplicitLittleEndian, dicom.ExplicitBigEndian}
	case "j3", "j4":
		list = []string{dicom.JPEGExtended, dicom.JPEGBaseline}
	case "j5":
		list = []string{dicom.JPEGSpectral, dicom.JPEGExtended, dicom.JPEGBaseline}
	case "j6":
		list = []string{dicom.JPEGProgressive, dicom.JPEGExtended, dicom.JPEGBaseline}
	case "jk":
		list = []string{dicom.JPEG2000Lossless}
	case "jl":
		list = []string{dicom.JPEG2000, dicom.JPEG2000Lossless}
	case "js":
		list = []string{dicom.JPEGLSLossless}
	case "j7":
		list = []string{dicom.JPEGLSNearLossless, dicom.JPEGLSLossless}
	case "uj":
	default:
		if strings.HasPrefix(code, "j") {
			list = []string{dicom.JPEGLossless, dicom.JPEGLosslessSV1}
		}
	}
	if !strings.Contains(code, "!") || list == nil {
		list = append(list, dicom.ImplicitLittleEndian)
	}
	return list
}

// codes are the compression codes that make a transfer syntax.
var codes = map[string]string{
	dicom.JPEGLosslessSV1: "j1", dicom.JPEGLossless: "j2", dicom.JPEGBaseline: "j3", dicom.JPEGExtended: "j4",
	dicom.JPEGSpectral: "j5", dicom.JPEGProgressive: "j6", dicom.JPEG2000Lossless: "jk", dicom.JPEG2000: "jl",
	dicom.JPEGLSLossless: "js", dicom.JPEGLSNearLossless: "j7", dicom.RLELossless: "rle",
}

// dial opens an association for objects of these classes, with verification
// among them when none would be left otherwise.
func (s *Server) dial(ctx context.Context, cfg *dicomini.Config, d destination, classes []string) (*dimse.Association, error) {
	r := dimse.Request{
		Options: dimse.Options{
			ImplementationClassUID: implementationClassUID, ImplementationVersionName: implementationVersion(),
			ReadTimeout: time.Duration(cfg.TCPIPTimeOut) * time.Second,
		},
		Calling: d.calling, Called: d.called, PadAEWithZeros: cfg.PadAEWithZeros,
	}
	syntaxes := proposals(d.compression)
	for _, class := range classes {
		pc := dimse.ContextRequest{AbstractSyntax: class, TransferSyntaxes: syntaxes}
		if class == dimse.Verification {
			pc.TransferSyntaxes = nil
		}
		r.Contexts = append(r.Contexts, pc)
	}
	return dimse.Dial(ctx, d.address(), r)
}

// hangUp ends an association to a peer, as ForwardAssociationRelease says.
func (s *Server) hangUp(a *dimse.Association, cfg *dicomini.Config) error {
	if !cfg.ForwardAssociationRelease {
		return a.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	return a.Release(ctx)
}

const releaseTimeout = 5 * time.Second

// fit makes ds sendable on a: it finds the context of the class, the object's
// own syntax preferred, and recompresses ds to what was accepted. recompress,
// when not empty, is applied first and not negotiated.
func (s *Server) fit(a *dimse.Association, class string, ds *dicom.Dataset, recompress string) (*dimse.PresentationContext, error) {
	if recompress != "" && !strings.HasPrefix(strings.ToLower(recompress), "as") {
		if err := s.transcode(ds, recompress); err != nil {
			return nil, fmt.Errorf("recompress to %s: %w", recompress, err)
		}
	}
	own := ds.TransferSyntax()
	pc := a.ContextFor(class, own.UID)
	if pc == nil {
		return nil, fmt.Errorf("SOP class %s: %w", class, dimse.ErrNoContext)
	}
	if pc.TransferSyntax.UID == own.UID {
		return pc, nil
	}
	code := "un"
	if pc.TransferSyntax.Encapsulated {
		code = codes[pc.TransferSyntax.UID]
	} else if !own.Encapsulated {
		return pc, nil
	}
	if code == "" {
		return nil, fmt.Errorf("no codec for %s: %w", pc.TransferSyntax.UID, dimse.ErrNoContext)
	}
	if err := s.transcode(ds, code); err != nil {
		if plain := plainContext(a, class); plain != nil && !own.Encapsulated {
			return plain, nil
		}
		return nil, fmt.Errorf("object in %s for %s: %w", own.UID, pc.TransferSyntax.UID, err)
	}
	if pc.TransferSyntax.Encapsulated && ds.TransferSyntax().UID != pc.TransferSyntax.UID && ds.Has(dicom.PixelData) {
		return nil, fmt.Errorf("object can not be made %s: %w", pc.TransferSyntax.UID, dimse.ErrNoContext)
	}
	return pc, nil
}

func plainContext(a *dimse.Association, class string) *dimse.PresentationContext {
	for _, pc := range a.Contexts() {
		if pc.Accepted() && pc.AbstractSyntax == class && !pc.TransferSyntax.Encapsulated {
			return pc
		}
	}
	return nil
}

// codeFor is the code to apply before sending, when a context of the class was
// accepted: forwards apply a code that is none of the JPEG family as it was
// asked for (spec/network.md 4.2).
func codeFor(code string) string {
	code = strings.TrimSuffix(strings.ToLower(code), "!")
	switch {
	case strings.HasPrefix(code, "j"), strings.HasPrefix(code, "ul"), strings.HasPrefix(code, "ub"),
		strings.HasPrefix(code, "ue"), strings.HasPrefix(code, "un"), code == "":
		return "" // negotiated
	}
	return code
}
