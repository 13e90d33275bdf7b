package dimse

import "strings"

// PDUType is the first byte of a PDU (PS3.8 section 9.3).
type PDUType byte

// The seven PDU types.
const (
	PDUAssociateRQ PDUType = 1
	PDUAssociateAC PDUType = 2
	PDUAssociateRJ PDUType = 3
	PDUData        PDUType = 4
	PDUReleaseRQ   PDUType = 5
	PDUReleaseRP   PDUType = 6
	PDUAbort       PDUType = 7
)

// PDU is one of *[AssociateRQ], *[AssociateAC], *[AssociateRJ], *[DataTF],
// *[ReleaseRQ], *[ReleaseRP] and *[Abort].
type PDU interface {
	Type() PDUType
	appendBody(buf []byte) []byte
}

// AETitle is an application entity field: 16 bytes as sent, padding included.
type AETitle [16]byte

// NewAETitle makes the field of s, cut at 16 bytes and padded with pad (a
// blank by the standard).
func NewAETitle(s string, pad byte) AETitle {
	var t AETitle
	for i := copy(t[:], s); i < len(t); i++ {
		t[i] = pad
	}
	return t
}

// String is the title up to its first NUL, without blanks at the ends.
func (t AETitle) String() string {
	s, _, _ := strings.Cut(string(t[:]), "\x00")
	return strings.Trim(s, " ")
}

// blankPadded is the title with blanks from its first NUL on.
func (t AETitle) blankPadded() AETitle {
	s, _, _ := strings.Cut(string(t[:]), "\x00")
	return NewAETitle(s, ' ')
}

// AssociateRQ asks for an association (PS3.8 section 9.3.2).
type AssociateRQ struct {
	ProtocolVersion    uint16
	Called, Calling    AETitle
	ApplicationContext string
	Contexts           []ProposedContext
	User               UserInformation
}

// ProposedContext is a presentation context of a request.
type ProposedContext struct {
	ID               byte
	AbstractSyntax   string
	TransferSyntaxes []string
}

// AssociateAC accepts an association (PS3.8 section 9.3.3).
type AssociateAC struct {
	ProtocolVersion    uint16
	Called, Calling    AETitle
	ApplicationContext string
	Contexts           []ContextResult
	User               UserInformation
}

// Results of presentation contexts (PS3.8 section 9.3.3.2).
const (
	ContextAccepted             byte = 0
	ContextRejectedByUser       byte = 1
	ContextRejectedNoReason     byte = 2
	ContextAbstractNotSupported byte = 3
	ContextTransferNotSupported byte = 4
)

// ContextResult is the answer to one proposed context.
type ContextResult struct {
	ID             byte
	Result         byte
	TransferSyntax string
}

// AssociateRJ refuses an association (PS3.8 section 9.3.4).
type AssociateRJ struct {
	Result, Source, Reason byte
}

// DataTF carries fragments of messages (PS3.8 section 9.3.5).
type DataTF struct {
	Values []PDV
}

// PDV is a fragment of a command or data set.
type PDV struct {
	ContextID byte
	Command   bool // else data set
	Last      bool
	Data      []byte
}

// ReleaseRQ asks for the end of the association.
type ReleaseRQ struct{}

// ReleaseRP answers a [ReleaseRQ].
type ReleaseRP struct{}

// Abort ends the association at once (PS3.8 section 9.3.8).
type Abort struct {
	Source, Reason byte
}

// Sources and reasons of [Abort].
const (
	AbortByUser     byte = 0
	AbortByProvider byte = 2

	AbortNotSpecified      byte = 0
	AbortUnrecognizedPDU   byte = 1
	AbortUnexpectedPDU     byte = 2
	AbortUnrecognizedParam byte = 4
	AbortUnexpectedParam   byte = 5
	AbortInvalidParam      byte = 6
)

// UserInformation are the user information sub-items of a request or an
// acceptance (PS3.7 annex D.3.3, PS3.8 annex D.1).
type UserInformation struct {
	// MaxPDU is the largest P-DATA-TF body the sender of this item wants to
	// receive; 0 is no limit.
	MaxPDU                    uint32
	ImplementationClassUID    string
	ImplementationVersionName string
	AsyncWindow               *AsyncWindow
	Roles                     []RoleSelection
	Extended                  []ExtendedNegotiation
	CommonExtended            []CommonExtendedNegotiation
	Identity                  *UserIdentity     // requests only
	IdentityResponse          *IdentityResponse // acceptances only
	Unknown                   []UnknownItem
}

// AsyncWindow is item 53H.
type AsyncWindow struct{ Invoked, Performed uint16 }

// RoleSelection is item 54H.
type RoleSelection struct {
	SOPClassUID string
	SCU, SCP    bool
}

// ExtendedNegotiation is item 56H.
type ExtendedNegotiation struct {
	SOPClassUID string
	Info        []byte
}

// CommonExtendedNegotiation is item 57H.
type CommonExtendedNegotiation struct {
	SOPClassUID     string
	ServiceClassUID string
	RelatedGeneral  []string
}

// UserIdentity is item 58H.
type UserIdentity struct {
	Type             byte // 1 user name, 2 name and passcode, 3 Kerberos, 4 SAML, 5 JWT
	ResponseRequired bool
	Primary          []byte
	Secondary        []byte
}

// IdentityResponse is item 59H.
type IdentityResponse struct{ Data []byte }

// UnknownItem is a sub-item of another type.
type UnknownItem struct {
	Type byte
	Data []byte
}

// Type is the type of the PDU.
func (*AssociateRQ) Type() PDUType { return PDUAssociateRQ }

// Type is the type of the PDU.
func (*AssociateAC) Type() PDUType { return PDUAssociateAC }

// Type is the type of the PDU.
func (*AssociateRJ) Type() PDUType { return PDUAssociateRJ }

// Type is the type of the PDU.
func (*DataTF) Type() PDUType { return PDUData }

// Type is the type of the PDU.
func (*ReleaseRQ) Type() PDUType { return PDUReleaseRQ }

// Type is the type of the PDU.
func (*ReleaseRP) Type() PDUType { return PDUReleaseRP }

// Type is the type of the PDU.
func (*Abort) Type() PDUType { return PDUAbort }
