package dimse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"conquest/dicom"
)

var errCommandSet = errors.New("malformed command set")

var implicit, _ = dicom.LookupTransferSyntax(dicom.ImplicitLittleEndian)

// Set is the command set as a data set, elements of groups other than 0000
// included. The caller may change it; values share the received bytes.
func (c *Command) Set() (*dicom.Dataset, error) {
	raw := c.raw
	if raw == nil {
		var err error
		if raw, err = c.Append(nil); err != nil {
			return nil, err
		}
	}
	ds, err := dicom.Parse(raw, implicit, dicom.ParseOptions{})
	if err != nil {
		return ds, fmt.Errorf("parse command set: %w", err)
	}
	return ds, nil
}

// ParseCommand reads a command set, encoded in implicit VR little endian as all
// are (PS3.7 section 6.3.1). The result shares b.
func ParseCommand(b []byte) (*Command, error) {
	c := &Command{raw: b, HasData: true}
	for rest := b; len(rest) > 0; {
		if len(rest) < 8 {
			return nil, fmt.Errorf("%w: ends within an element", errCommandSet)
		}
		t := dicom.NewTag(binary.LittleEndian.Uint16(rest), binary.LittleEndian.Uint16(rest[2:]))
		if t.Group() != 0 {
			break
		}
		n := binary.LittleEndian.Uint32(rest[4:])
		if uint64(n) > uint64(len(rest)-8) {
			return nil, fmt.Errorf("%w: element (%s) of %d bytes where %d are left", errCommandSet, t, n, len(rest)-8)
		}
		c.setField(t, rest[8:8+n])
		rest = rest[8+n:]
	}
	if c.Field == 0 {
		return nil, fmt.Errorf("%w: without command field", errCommandSet)
	}
	return c, nil
}

func (c *Command) setField(t dicom.Tag, v []byte) {
	switch t {
	case TagAffectedSOPClassUID:
		c.AffectedSOPClassUID = trimUID(v)
	case TagRequestedSOPClassUID:
		c.RequestedSOPClassUID = trimUID(v)
	case TagCommandField:
		c.Field = CommandField(number(v))
	case TagMessageID:
		c.MessageID = number(v)
	case TagMessageIDRespondedTo:
		c.MessageIDRespondedTo = number(v)
	case TagInitiator:
		c.Initiator = trimUID(v)
	case TagReceiver:
		c.Receiver = trimUID(v)
	case TagMoveDestination:
		c.MoveDestination = trimUID(v)
	case TagPriority:
		c.Priority = number(v)
	case TagCommandDataSetType:
		c.HasData = number(v) != NoDataSet
	case TagStatus:
		c.Status = Status(number(v))
	case TagOffendingElement:
		c.OffendingElement = tagList(v)
	case TagErrorComment:
		c.ErrorComment = trimUID(v)
	case TagErrorID:
		c.ErrorID = number(v)
	case TagAffectedSOPInstanceUID:
		c.AffectedSOPInstanceUID = trimUID(v)
	case TagRequestedSOPInstanceUID:
		c.RequestedSOPInstanceUID = trimUID(v)
	case TagEventTypeID:
		c.EventTypeID = number(v)
	case TagAttributeIdentifierList:
		c.AttributeIdentifierList = tagList(v)
	case TagActionTypeID:
		c.ActionTypeID = number(v)
	case TagMoveOriginatorAETitle:
		c.MoveOriginator = trimUID(v)
	case TagMoveOriginatorMessageID:
		c.MoveOriginatorMessageID = number(v)
	case TagRemainingSubOperations:
		c.progress().Remaining = number(v)
	case TagCompletedSubOperations:
		c.progress().Completed = number(v)
	case TagFailedSubOperations:
		c.progress().Failed = number(v)
	case TagWarningSubOperations:
		c.progress().Warning = number(v)
	}
}

func (c *Command) progress() *Progress {
	if c.Progress == nil {
		c.Progress = &Progress{}
	}
	return c.Progress
}

func number(v []byte) uint16 {
	if len(v) < 2 {
		return 0
	}
	return binary.LittleEndian.Uint16(v)
}

func tagList(v []byte) []dicom.Tag {
	var list []dicom.Tag
	for ; len(v) >= 4; v = v[4:] {
		list = append(list, dicom.NewTag(binary.LittleEndian.Uint16(v), binary.LittleEndian.Uint16(v[2:])))
	}
	return list
}

// Append appends the encoded command set, with its group length, to buf.
func (c *Command) Append(buf []byte) ([]byte, error) {
	if c.Extra != nil && c.Extra.Len() > 0 {
		return c.appendWithExtra(buf)
	}
	return c.appendFields(buf), nil
}

// appendFields appends the elements of the typed fields, in order of tag.
func (c *Command) appendFields(buf []byte) []byte {
	start := len(buf)
	buf = appendElement(buf, TagCommandGroupLength, 4)
	buf = append(buf, 0, 0, 0, 0)
	isResponse := c.Field.IsResponse()
	answers := isResponse || c.Field == CCancelRQ
	buf = appendString(buf, TagAffectedSOPClassUID, c.AffectedSOPClassUID, 0)
	buf = appendString(buf, TagRequestedSOPClassUID, c.RequestedSOPClassUID, 0)
	buf = appendNumber(buf, TagCommandField, uint16(c.Field))
	if answers {
		buf = appendNumber(buf, TagMessageIDRespondedTo, c.MessageIDRespondedTo)
	} else {
		buf = appendNumber(buf, TagMessageID, c.MessageID)
	}
	buf = appendString(buf, TagInitiator, c.Initiator, ' ')
	buf = appendString(buf, TagReceiver, c.Receiver, ' ')
	buf = appendString(buf, TagMoveDestination, c.MoveDestination, ' ')
	if c.hasPriority() {
		buf = appendNumber(buf, TagPriority, c.Priority)
	}
	kind := NoDataSet
	if c.HasData {
		kind = WithDataSet
	}
	buf = appendNumber(buf, TagCommandDataSetType, kind)
	if isResponse {
		buf = appendNumber(buf, TagStatus, uint16(c.Status))
	}
	buf = appendTags(buf, TagOffendingElement, c.OffendingElement)
	buf = appendString(buf, TagErrorComment, cut(c.ErrorComment, 64), ' ')
	if c.ErrorID != 0 {
		buf = appendNumber(buf, TagErrorID, c.ErrorID)
	}
	buf = appendString(buf, TagAffectedSOPInstanceUID, c.AffectedSOPInstanceUID, 0)
	buf = appendString(buf, TagRequestedSOPInstanceUID, c.RequestedSOPInstanceUID, 0)
	if c.Field == NEventReportRQ || c.EventTypeID != 0 {
		buf = appendNumber(buf, TagEventTypeID, c.EventTypeID)
	}
	buf = appendTags(buf, TagAttributeIdentifierList, c.AttributeIdentifierList)
	if c.Field == NActionRQ || c.ActionTypeID != 0 {
		buf = appendNumber(buf, TagActionTypeID, c.ActionTypeID)
	}
	if p := c.Progress; p != nil {
		buf = appendNumber(buf, TagRemainingSubOperations, p.Remaining)
		buf = appendNumber(buf, TagCompletedSubOperations, p.Completed)
		buf = appendNumber(buf, TagFailedSubOperations, p.Failed)
		buf = appendNumber(buf, TagWarningSubOperations, p.Warning)
	}
	if c.MoveOriginator != "" {
		buf = appendString(buf, TagMoveOriginatorAETitle, c.MoveOriginator, ' ')
		buf = appendNumber(buf, TagMoveOriginatorMessageID, c.MoveOriginatorMessageID)
	}
	binary.LittleEndian.PutUint32(buf[start+8:], uint32(len(buf)-start-12))
	return buf
}

func (c *Command) hasPriority() bool {
	switch c.Field {
	case CStoreRQ, CFindRQ, CGetRQ, CMoveRQ:
		return true
	}
	return false
}

// appendWithExtra merges the extra elements between those of the fields.
func (c *Command) appendWithExtra(buf []byte) ([]byte, error) {
	own := c.appendFields(nil)[12:]
	var group0, others []byte
	var err error
	extra := make([]*dicom.Element, 0, c.Extra.Len())
	for e := range c.Extra.All() {
		if !e.Tag.IsGroupLength() {
			extra = append(extra, e)
		}
	}
	for len(own) > 0 {
		t := dicom.NewTag(binary.LittleEndian.Uint16(own), binary.LittleEndian.Uint16(own[2:]))
		n := 8 + int(binary.LittleEndian.Uint32(own[4:]))
		for len(extra) > 0 && extra[0].Tag < t {
			if group0, err = appendExtra(group0, extra[0]); err != nil {
				return buf, err
			}
			extra = extra[1:]
		}
		if len(extra) == 0 || extra[0].Tag != t {
			group0 = append(group0, own[:n]...)
		}
		own = own[n:]
	}
	for _, e := range extra {
		target := &others
		if e.Tag.Group() == 0 {
			target = &group0
		}
		if *target, err = appendExtra(*target, e); err != nil {
			return buf, err
		}
	}
	buf = appendElement(buf, TagCommandGroupLength, 4)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(group0)))
	return append(append(buf, group0...), others...), nil
}

func appendExtra(buf []byte, e *dicom.Element) ([]byte, error) {
	if e.IsSequence() || e.Fragments != nil || e.Bulk != nil {
		one := dicom.NewDataset(1)
		one.Put(*e)
		return dicom.Append(buf, one, implicit)
	}
	n := len(e.Value)
	buf = appendElement(buf, e.Tag, uint32(n+n&1))
	buf = append(buf, e.Value...)
	if n&1 == 1 {
		buf = append(buf, e.VR.Pad())
	}
	return buf, nil
}

func appendElement(buf []byte, t dicom.Tag, n uint32) []byte {
	buf = binary.LittleEndian.AppendUint16(buf, t.Group())
	buf = binary.LittleEndian.AppendUint16(buf, t.Element())
	return binary.LittleEndian.AppendUint32(buf, n)
}

func appendNumber(buf []byte, t dicom.Tag, n uint16) []byte {
	return binary.LittleEndian.AppendUint16(appendElement(buf, t, 2), n)
}

// appendString appends an element of text unless it is empty.
func appendString(buf []byte, t dicom.Tag, s string, pad byte) []byte {
	if s == "" {
		return buf
	}
	n := len(s)
	buf = append(appendElement(buf, t, uint32(n+n&1)), s...)
	if n&1 == 1 {
		buf = append(buf, pad)
	}
	return buf
}

func appendTags(buf []byte, t dicom.Tag, tags []dicom.Tag) []byte {
	if len(tags) == 0 {
		return buf
	}
	buf = slices.Grow(appendElement(buf, t, uint32(4*len(tags))), 4*len(tags))
	for _, tag := range tags {
		buf = binary.LittleEndian.AppendUint16(buf, tag.Group())
		buf = binary.LittleEndian.AppendUint16(buf, tag.Element())
	}
	return buf
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// Value is the value of element t of a received command set, padding included;
// ok is false when it is absent, or stands behind a sequence of undefined
// length.
func (c *Command) Value(t dicom.Tag) (v []byte, ok bool) {
	for rest := c.raw; len(rest) >= 8; {
		n := binary.LittleEndian.Uint32(rest[4:])
		if uint64(n) > uint64(len(rest)-8) {
			return nil, false
		}
		if dicom.NewTag(binary.LittleEndian.Uint16(rest), binary.LittleEndian.Uint16(rest[2:])) == t {
			return rest[8 : 8+n], true
		}
		rest = rest[8+n:]
	}
	return nil, false
}
