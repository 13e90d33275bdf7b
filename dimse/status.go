package dimse

import "fmt"

// Status is the value of (0000,0900) (PS3.7 annex C, PS3.4).
type Status uint16

// The statuses that code has to name.
const (
	Success                     Status = 0x0000
	StatusCancel                Status = 0xfe00
	Pending                     Status = 0xff00
	PendingUnsupportedKeys      Status = 0xff01
	AttributeListError          Status = 0x0107
	ProcessingFailure           Status = 0x0110
	DuplicateSOPInstance        Status = 0x0111
	NoSuchObjectInstance        Status = 0x0112
	NoSuchEventType             Status = 0x0113
	NoSuchArgument              Status = 0x0114
	InvalidArgumentValue        Status = 0x0115
	AttributeValueOutOfRange    Status = 0x0116
	InvalidObjectInstance       Status = 0x0117
	NoSuchSOPClass              Status = 0x0118
	ClassInstanceConflict       Status = 0x0119
	MissingAttribute            Status = 0x0120
	MissingAttributeValue       Status = 0x0121
	SOPClassNotSupported        Status = 0x0122
	NoSuchActionType            Status = 0x0123
	NotAuthorized               Status = 0x0124
	DuplicateInvocation         Status = 0x0210
	UnrecognizedOperation       Status = 0x0211
	MistypedArgument            Status = 0x0212
	ResourceLimitation          Status = 0x0213
	OutOfResources              Status = 0xa700
	OutOfResourcesMatches       Status = 0xa701
	OutOfResourcesSubOperations Status = 0xa702
	MoveDestinationUnknown      Status = 0xa801
	DataSetDoesNotMatchSOPClass Status = 0xa900
	WarningCoercion             Status = 0xb000
	WarningSubOperationsFailed  Status = 0xb000
	WarningElementsDiscarded    Status = 0xb006
	WarningDataSetDoesNotMatch  Status = 0xb007
	CannotUnderstand            Status = 0xc000
	UnableToProcess             Status = 0xc001
)

// IsPending tells whether more responses follow.
func (s Status) IsPending() bool { return s == Pending || s == PendingUnsupportedKeys }

// IsWarning tells whether the operation was done with a remark.
func (s Status) IsWarning() bool {
	return s&0xf000 == 0xb000 || s == 1 || s == AttributeListError || s == AttributeValueOutOfRange
}

// IsFailure tells whether the operation was not done (cancel is none).
func (s Status) IsFailure() bool {
	return s != Success && s != StatusCancel && !s.IsPending() && !s.IsWarning()
}

// String is the status as four hexadecimal digits in upper case.
func (s Status) String() string { return fmt.Sprintf("%04X", uint16(s)) }

// Text is what the status means, "" for one that has no name here.
func (s Status) Text() string {
	if text, ok := statusTexts[s]; ok {
		return text
	}
	switch {
	case s&0xff00 == 0xa700:
		return "out of resources"
	case s&0xff00 == 0xa900:
		return "data set does not match the SOP class"
	case s&0xf000 == 0xc000:
		return "cannot understand or process"
	case s.IsWarning():
		return "warning"
	}
	return ""
}

var statusTexts = map[Status]string{
	Success: "success", StatusCancel: "cancelled", Pending: "pending", PendingUnsupportedKeys: "pending, some keys are not supported",
	ProcessingFailure: "processing failure", NoSuchObjectInstance: "no such SOP instance", NoSuchSOPClass: "no such SOP class",
	SOPClassNotSupported: "SOP class not supported", NotAuthorized: "not authorized", UnrecognizedOperation: "unrecognized operation",
	ResourceLimitation: "resource limitation", OutOfResourcesMatches: "out of resources: number of matches",
	OutOfResourcesSubOperations: "out of resources: sub-operations", MoveDestinationUnknown: "move destination unknown",
	WarningCoercion: "data elements coerced, or some sub-operations failed", WarningElementsDiscarded: "elements discarded",
	WarningDataSetDoesNotMatch: "data set does not match the SOP class, stored",
}

// StatusError is a status other than success as an error. A handler may return
// one: the association then answers with it.
type StatusError struct {
	Status  Status
	Comment string // (0000,0902), at most 64 characters are sent
}

func (e *StatusError) Error() string {
	if e.Comment == "" {
		return "status " + e.Status.String()
	}
	return "status " + e.Status.String() + ": " + e.Comment
}

// statusErr is nil for success, warnings and pending.
func statusErr(c *Command) error {
	if c.Status == Success || c.Status.IsPending() || c.Status.IsWarning() {
		return nil
	}
	return &StatusError{Status: c.Status, Comment: c.ErrorComment}
}
