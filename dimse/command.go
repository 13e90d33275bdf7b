package dimse

import (
	"fmt"

	"conquest/dicom"
)

// CommandField is the value of (0000,0100) (PS3.7 annex E).
type CommandField uint16

// The command fields.
const (
	CStoreRQ       CommandField = 0x0001
	CStoreRSP      CommandField = 0x8001
	CGetRQ         CommandField = 0x0010
	CGetRSP        CommandField = 0x8010
	CFindRQ        CommandField = 0x0020
	CFindRSP       CommandField = 0x8020
	CMoveRQ        CommandField = 0x0021
	CMoveRSP       CommandField = 0x8021
	CEchoRQ        CommandField = 0x0030
	CEchoRSP       CommandField = 0x8030
	NEventReportRQ CommandField = 0x0100
	NGetRQ         CommandField = 0x0110
	NSetRQ         CommandField = 0x0120
	NActionRQ      CommandField = 0x0130
	NCreateRQ      CommandField = 0x0140
	NDeleteRQ      CommandField = 0x0150
	CCancelRQ      CommandField = 0x0fff

	responseBit CommandField = 0x8000
)

// String is the name of the message in PS3.7: "C-STORE-RQ".
func (f CommandField) String() string {
	name, ok := fieldNames[f&^responseBit]
	switch {
	case !ok:
		return fmt.Sprintf("command %04X", uint16(f))
	case f == CCancelRQ:
		return name
	case f.IsResponse():
		return name + "-RSP"
	}
	return name + "-RQ"
}

var fieldNames = map[CommandField]string{
	CStoreRQ: "C-STORE", CGetRQ: "C-GET", CFindRQ: "C-FIND", CMoveRQ: "C-MOVE", CEchoRQ: "C-ECHO",
	NEventReportRQ: "N-EVENT-REPORT", NGetRQ: "N-GET", NSetRQ: "N-SET", NActionRQ: "N-ACTION",
	NCreateRQ: "N-CREATE", NDeleteRQ: "N-DELETE", CCancelRQ: "C-CANCEL-RQ",
}

// IsResponse tells whether the field belongs to a response.
func (f CommandField) IsResponse() bool { return f&responseBit != 0 }

// Response is the field that answers f.
func (f CommandField) Response() CommandField { return f | responseBit }

// Tags of the command set (PS3.7 annex E).
const (
	TagCommandGroupLength      dicom.Tag = 0x00000000
	TagAffectedSOPClassUID     dicom.Tag = 0x00000002
	TagRequestedSOPClassUID    dicom.Tag = 0x00000003
	TagCommandField            dicom.Tag = 0x00000100
	TagMessageID               dicom.Tag = 0x00000110
	TagMessageIDRespondedTo    dicom.Tag = 0x00000120
	TagMoveDestination         dicom.Tag = 0x00000600
	TagPriority                dicom.Tag = 0x00000700
	TagCommandDataSetType      dicom.Tag = 0x00000800
	TagStatus                  dicom.Tag = 0x00000900
	TagOffendingElement        dicom.Tag = 0x00000901
	TagErrorComment            dicom.Tag = 0x00000902
	TagErrorID                 dicom.Tag = 0x00000903
	TagAffectedSOPInstanceUID  dicom.Tag = 0x00001000
	TagRequestedSOPInstanceUID dicom.Tag = 0x00001001
	TagEventTypeID             dicom.Tag = 0x00001002
	TagAttributeIdentifierList dicom.Tag = 0x00001005
	TagActionTypeID            dicom.Tag = 0x00001008
	TagRemainingSubOperations  dicom.Tag = 0x00001020
	TagCompletedSubOperations  dicom.Tag = 0x00001021
	TagFailedSubOperations     dicom.Tag = 0x00001022
	TagWarningSubOperations    dicom.Tag = 0x00001023
	TagMoveOriginatorAETitle   dicom.Tag = 0x00001030
	TagMoveOriginatorMessageID dicom.Tag = 0x00001031
	TagInitiator               dicom.Tag = 0x00000200
	TagReceiver                dicom.Tag = 0x00000300
)

// The values of (0000,0800): NoDataSet, or any other for "a data set follows".
const (
	NoDataSet   uint16 = 0x0101
	WithDataSet uint16 = 0x0102
)

// Priorities of (0000,0700).
const (
	PriorityMedium uint16 = 0
	PriorityHigh   uint16 = 1
	PriorityLow    uint16 = 2
)

// Progress are the counters of C-MOVE and C-GET responses.
type Progress struct {
	Remaining, Completed, Failed, Warning uint16
}

// Command is a command set. Text fields hold the value without padding; those
// that are empty are not sent. Which numbers are sent follows from Field: the
// message ID and priority of requests, the status of responses and so on;
// EventTypeID and ActionTypeID of responses only when not 0.
type Command struct {
	Field                   CommandField
	MessageID               uint16 // (0000,0110); 0 in a request to send: the association numbers it
	MessageIDRespondedTo    uint16
	AffectedSOPClassUID     string
	RequestedSOPClassUID    string
	AffectedSOPInstanceUID  string
	RequestedSOPInstanceUID string
	Priority                uint16
	HasData                 bool // from (0000,0800); set by the sender from the data it is given
	Status                  Status
	ErrorComment            string
	ErrorID                 uint16
	OffendingElement        []dicom.Tag
	MoveDestination         string
	MoveOriginator          string
	MoveOriginatorMessageID uint16
	EventTypeID             uint16
	ActionTypeID            uint16
	AttributeIdentifierList []dicom.Tag
	Progress                *Progress
	Initiator               string // retired; old requesters send both and may look for them in responses
	Receiver                string

	// Extra, in a command to send, are further elements of any group, private
	// ones included; they replace elements of the fields above with the same
	// tag. A received command does not use it: see [Command.Set].
	Extra *dicom.Dataset

	raw []byte // received: the encoded command set
}

// SOPClassUID is the affected or else the requested SOP class.
func (c *Command) SOPClassUID() string {
	if c.AffectedSOPClassUID != "" {
		return c.AffectedSOPClassUID
	}
	return c.RequestedSOPClassUID
}

// SOPInstanceUID is the affected or else the requested SOP instance.
func (c *Command) SOPInstanceUID() string {
	if c.AffectedSOPInstanceUID != "" {
		return c.AffectedSOPInstanceUID
	}
	return c.RequestedSOPInstanceUID
}
