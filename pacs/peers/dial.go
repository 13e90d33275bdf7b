package peers

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"conquest/access"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/pixel"
)

// Destination is a peer to send to.
type Destination struct {
	AE              string // of acrnema.map, when called is another title
	Host, Port      string
	Calling, Called string
	Compression     string
	Web             string // the name of a DICOMweb server; all else is empty then
}

func (d Destination) address() string { return net.JoinHostPort(d.Host, d.Port) }

// proposals are the transfer syntaxes offered for a compression code, in order
// of preference (docs/original/network.md 4.2).
func proposals(code string) []string {
	c, err := pixel.ParseCode(code)
	if err != nil {
		c = pixel.Code{}
	}
	list := c.TransferSyntaxes()
	if len(list) == 0 {
		list = []string{dicom.ImplicitLittleEndian}
	}
	return list
}

// alternatives are the transfer syntaxes of a second context, for objects that
// can not be brought into those of the first: samples of more than 12 bits for
// the lossy JPEG processes, of 1 or 32 bits for any. Most classes and codes
// need none.
func alternatives(code, class string) []string {
	c, err := pixel.ParseCode(code)
	if err != nil || c.Family != 'j' || c.NoImplicit {
		return nil
	}
	switch {
	case c.Mode >= '3' && c.Mode <= '6':
		return []string{dicom.JPEGLosslessSV1, dicom.ImplicitLittleEndian}
	case oddPixels[class]:
		return []string{dicom.ImplicitLittleEndian}
	}
	return nil
}

// oddPixels are the SOP classes with pixels that the JPEG family has no place for.
var oddPixels = map[string]bool{
	"1.2.840.10008.5.1.4.1.1.481.2": true, // RT Dose
	"1.2.840.10008.5.1.4.1.1.66.4":  true, // Segmentation
	"1.2.840.10008.5.1.4.1.1.30":    true, // Parametric Map
}

// Kind is what is to be sent: a SOP class, and the transfer syntax that the objects
// have, "" when that is not known.
type Kind struct{ Class, Syntax string }

// KindOf is the kind of an object.
func KindOf(ds *dicom.Dataset) Kind {
	return Kind{Class: ds.String(dicom.SOPClassUID), Syntax: ds.TransferSyntax().UID}
}

// Dial opens an association for objects of these classes, each in the syntaxes
// that the destination's compression allows.
func (s *Peers) Dial(ctx context.Context, cfg *dicomini.Config, d Destination, classes []string) (*dimse.Association, error) {
	return s.DialAs(ctx, cfg, d, classes)
}

// DialAs is Dial with role selections.
func (s *Peers) DialAs(ctx context.Context, cfg *dicomini.Config, d Destination, classes []string, roles ...dimse.RoleSelection) (*dimse.Association, error) {
	kinds := make([]Kind, len(classes))
	for i, c := range classes {
		kinds[i].Class = c
	}
	return s.DialFor(ctx, cfg, d, kinds, roles...)
}

// DialFor is Dial for objects whose transfer syntaxes are known. Behind what the
// destination's compression allows, it offers the syntax of encapsulated objects in a
// context of its own: [Peers.Fit] falls back to it for those that can not be
// turned into another.
func (s *Peers) DialFor(ctx context.Context, cfg *dicomini.Config, d Destination, kinds []Kind, roles ...dimse.RoleSelection) (*dimse.Association, error) {
	r := dimse.Request{
		Options: dimse.Options{
			ImplementationClassUID: site.ImplementationClassUID, ImplementationVersionName: site.ImplementationVersion(),
			ReadTimeout: time.Duration(cfg.TCPIPTimeOut) * time.Second, WriteTimeout: time.Duration(cfg.TCPIPTimeOut) * time.Second,
		},
		Calling: d.Calling, Called: d.Called, PadAEWithZeros: cfg.PadAEWithZeros, Roles: roles,
	}
	r.Tap = s.OutgoingTap()
	var err error
	if s.Rehearsal() != "" {
		d.Host = "127.0.0.1" // no TLS
	} else if r.TLS, err = access.ClientTLS(cfg, d.Host, d.Called, d.AE); err != nil {
		s.notReached(d, err)
		return nil, err
	}
	r.Contexts = contexts(d.Compression, kinds)
	opened := s.MeterOutgoing(&r, d.Called, d.AE)
	a, err := dimse.Dial(ctx, s.AddressOf(d.address()), r)
	if opened(err); err != nil {
		if errors.Is(err, dimse.ErrNoContext) {
			oplog.NoAcceptedContexts(s.Console, len(r.Contexts))
		}
		if ctx.Err() == nil {
			s.dialFailed(ctx, d, err)
		}
		return nil, err
	}
	s.reachedAgain(d)
	a.Value = sending{code: d.Compression}
	return a, nil
}

// contexts are what is proposed for objects: of each class once, and once for each
// encapsulated syntax that the compression does not offer.
func contexts(code string, kinds []Kind) []dimse.ContextRequest {
	var list, own []dimse.ContextRequest
	seen := map[Kind]bool{}
	for _, k := range kinds {
		if !seen[Kind{Class: k.Class}] {
			seen[Kind{Class: k.Class}] = true
			if !isStorage(k.Class) {
				list = append(list, dimse.ContextRequest{AbstractSyntax: k.Class})
				continue
			}
			list = append(list, dimse.ContextRequest{AbstractSyntax: k.Class, TransferSyntaxes: proposals(code)})
			if more := alternatives(code, k.Class); more != nil {
				list = append(list, dimse.ContextRequest{AbstractSyntax: k.Class, TransferSyntaxes: more})
			}
		}
		ts, _ := dicom.LookupTransferSyntax(k.Syntax)
		if seen[k] || k.Syntax == "" || !ts.Encapsulated && !ts.Referenced || !isStorage(k.Class) || wished(code, k.Class, k.Syntax) {
			continue
		}
		seen[k] = true
		own = append(own, dimse.ContextRequest{AbstractSyntax: k.Class, TransferSyntaxes: []string{k.Syntax}})
	}
	const most = 128 // odd context IDs of one byte
	return append(list, own[:min(len(own), max(most-len(list), 0))]...)
}

// wished tells whether a compression itself offers a syntax for objects of a class.
func wished(code, class, syntax string) bool {
	return slices.Contains(proposals(code), syntax) || slices.Contains(alternatives(code, class), syntax)
}

// Lacks tells that objects of this kind might be sent on a new association though
// they can not on a: their own syntax was not offered.
func Lacks(a *dimse.Association, k Kind) bool {
	ts, _ := dicom.LookupTransferSyntax(k.Syntax)
	if !ts.Encapsulated && !ts.Referenced {
		return false
	}
	return !slices.ContainsFunc(a.Contexts(), func(pc *dimse.PresentationContext) bool {
		return pc.AbstractSyntax == k.Class && slices.Contains(pc.Proposed, k.Syntax)
	})
}

type saidByCallerKey struct{}

// SaidByCaller marks work whose caller tells in words of its own when a peer can
// not be reached: server commands, which are asked again and again to see
// whether a peer is up.
func SaidByCaller(ctx context.Context) context.Context {
	return context.WithValue(ctx, saidByCallerKey{}, true)
}

func (s *Peers) dialFailed(ctx context.Context, d Destination, err error) {
	if ctx.Value(saidByCallerKey{}) == nil {
		s.notReached(d, err)
	} else if s.Console.DebugLevel() > 0 {
		oplog.NotAssociated(s.Console, d.Called, err)
	}
}

// isStorage tells whether objects of a class are sent with C-STORE, in other
// words whether compressed syntaxes make sense for it.
func isStorage(class string) bool {
	switch class {
	case dimse.Verification, dimse.StorageCommitmentPush, dimse.BasicGrayscalePrintManagement, dimse.BasicColorPrintManagement,
		dimse.PrintJob, dimse.BasicAnnotationBox:
		return false
	}
	return !slices.Contains(queryClasses, class)
}

// HangUp ends an association to a peer, as ForwardAssociationRelease says.
func (s *Peers) HangUp(a *dimse.Association, cfg *dicomini.Config) error {
	if !cfg.ForwardAssociationRelease {
		return a.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	return a.Release(ctx)
}

const releaseTimeout = 5 * time.Second

// CodeFor is the code to apply before sending, when a context of the class was
// accepted: forwards apply a code that is none of the JPEG family as it was
// asked for (docs/original/network.md 4.2).
func CodeFor(code string) string {
	code = strings.TrimSuffix(strings.ToLower(code), "!")
	switch {
	case strings.HasPrefix(code, "j"), strings.HasPrefix(code, "ul"), strings.HasPrefix(code, "ub"),
		strings.HasPrefix(code, "ue"), strings.HasPrefix(code, "un"), code == "":
		return "" // negotiated
	}
	return code
}

// DefaultForwardPort is the port of a destination given as host only.
const DefaultForwardPort = "5678"

// queryClasses are the SOP classes of C-FIND, C-MOVE and C-GET.
var queryClasses = []string{
	dimse.PatientRootFind, dimse.StudyRootFind, dimse.PatientStudyOnlyFind, dimse.ModalityWorklistFind,
	dimse.PatientRootMove, dimse.StudyRootMove, dimse.PatientStudyOnlyMove,
	dimse.PatientRootMoveNKI, dimse.StudyRootMoveNKI, dimse.PatientStudyOnlyMoveNKI,
	dimse.PatientRootGet, dimse.StudyRootGet, dimse.PatientStudyOnlyGet,
}
