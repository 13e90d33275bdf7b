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

// Dial opens an association for objects of these classes, each in the syntaxes
// that the destination's compression allows.
func (s *Peers) Dial(ctx context.Context, cfg *dicomini.Config, d Destination, classes []string) (*dimse.Association, error) {
	return s.DialAs(ctx, cfg, d, classes)
}

// DialAs is dial with role selections.
func (s *Peers) DialAs(ctx context.Context, cfg *dicomini.Config, d Destination, classes []string, roles ...dimse.RoleSelection) (*dimse.Association, error) {
	r := dimse.Request{
		Options: dimse.Options{
			ImplementationClassUID: site.ImplementationClassUID, ImplementationVersionName: site.ImplementationVersion(),
			ReadTimeout: time.Duration(cfg.TCPIPTimeOut) * time.Second, WriteTimeout: time.Duration(cfg.TCPIPTimeOut) * time.Second,
		},
		Calling: d.Calling, Called: d.Called, PadAEWithZeros: cfg.PadAEWithZeros, Roles: roles,
	}
	var err error
	if r.TLS, err = access.ClientTLS(cfg, d.Host, d.Called, d.AE); err != nil {
		s.notReached(d, err)
		return nil, err
	}
	syntaxes := proposals(d.Compression)
	for _, class := range classes {
		pc := dimse.ContextRequest{AbstractSyntax: class, TransferSyntaxes: syntaxes}
		if !isStorage(class) {
			pc.TransferSyntaxes = nil
		}
		r.Contexts = append(r.Contexts, pc)
		if more := alternatives(d.Compression, class); more != nil && isStorage(class) {
			r.Contexts = append(r.Contexts, dimse.ContextRequest{AbstractSyntax: class, TransferSyntaxes: more})
		}
	}
	a, err := dimse.Dial(ctx, d.address(), r)
	if err != nil {
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
