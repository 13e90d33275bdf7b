package dimse

import (
	"encoding/binary"
	"fmt"
)

// Types of items (PS3.8 section 9.3, PS3.7 annex D.3.3).
const (
	itemApplicationContext    byte = 0x10
	itemContextRQ             byte = 0x20
	itemContextAC             byte = 0x21
	itemAbstractSyntax        byte = 0x30
	itemTransferSyntax        byte = 0x40
	itemUserInformation       byte = 0x50
	itemMaxLength             byte = 0x51
	itemImplementationClass   byte = 0x52
	itemAsyncWindow           byte = 0x53
	itemRole                  byte = 0x54
	itemImplementationVersion byte = 0x55
	itemExtended              byte = 0x56
	itemCommonExtended        byte = 0x57
	itemIdentity              byte = 0x58
	itemIdentityResponse      byte = 0x59
)

// appendTo appends the sub-items in order of their types, the version last.
func (u *UserInformation) appendTo(buf []byte) []byte {
	buf = append(buf, itemMaxLength, 0, 0, 4)
	buf = binary.BigEndian.AppendUint32(buf, u.MaxPDU)
	if u.ImplementationClassUID != "" {
		buf = appendText(buf, itemImplementationClass, u.ImplementationClassUID)
	}
	if w := u.AsyncWindow; w != nil {
		buf = append(buf, itemAsyncWindow, 0, 0, 4)
		buf = binary.BigEndian.AppendUint16(buf, w.Invoked)
		buf = binary.BigEndian.AppendUint16(buf, w.Performed)
	}
	for _, r := range u.Roles {
		buf = appendItem(buf, itemRole, func(b []byte) []byte {
			b = appendCounted(b, r.SOPClassUID)
			return append(b, flag(r.SCU), flag(r.SCP))
		})
	}
	if u.ImplementationVersionName != "" {
		buf = appendText(buf, itemImplementationVersion, u.ImplementationVersionName)
	}
	for _, e := range u.Extended {
		buf = appendItem(buf, itemExtended, func(b []byte) []byte {
			return append(appendCounted(b, e.SOPClassUID), e.Info...)
		})
	}
	for _, e := range u.CommonExtended {
		buf = appendItem(buf, itemCommonExtended, e.appendTo)
	}
	if id := u.Identity; id != nil {
		buf = appendItem(buf, itemIdentity, func(b []byte) []byte {
			b = append(b, id.Type, flag(id.ResponseRequired))
			return appendCounted(appendCounted(b, id.Primary), id.Secondary)
		})
	}
	if r := u.IdentityResponse; r != nil {
		buf = appendItem(buf, itemIdentityResponse, func(b []byte) []byte {
			return appendCounted(b, r.Data)
		})
	}
	for _, x := range u.Unknown {
		buf = appendItem(buf, x.Type, func(b []byte) []byte { return append(b, x.Data...) })
	}
	return buf
}

func (e *CommonExtendedNegotiation) appendTo(buf []byte) []byte {
	buf = appendCounted(appendCounted(buf, e.SOPClassUID), e.ServiceClassUID)
	start := len(buf)
	buf = append(buf, 0, 0)
	for _, uid := range e.RelatedGeneral {
		buf = appendCounted(buf, uid)
	}
	binary.BigEndian.PutUint16(buf[start:], uint16(len(buf)-start-2))
	return buf
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// parse reads the sub-items; those of unknown type are kept as they are.
func (u *UserInformation) parse(b []byte) error {
	return eachItem(b, func(kind byte, v []byte) error {
		if err := u.parseItem(kind, v); err != nil {
			return fmt.Errorf("user information item %02X: %w", kind, err)
		}
		return nil
	})
}

func (u *UserInformation) parseItem(kind byte, v []byte) error {
	f := fields{b: v}
	switch kind {
	case itemMaxLength:
		u.MaxPDU = f.uint32()
	case itemImplementationClass:
		u.ImplementationClassUID = trimUID(v)
	case itemImplementationVersion:
		u.ImplementationVersionName = trimUID(v)
	case itemAsyncWindow:
		u.AsyncWindow = &AsyncWindow{Invoked: f.uint16(), Performed: f.uint16()}
	case itemRole:
		r := RoleSelection{SOPClassUID: trimUID(f.counted())}
		r.SCU, r.SCP = f.byte() != 0, f.byte() != 0
		u.Roles = append(u.Roles, r)
	case itemExtended:
		e := ExtendedNegotiation{SOPClassUID: trimUID(f.counted())}
		e.Info = f.b
		u.Extended = append(u.Extended, e)
	case itemCommonExtended:
		e := CommonExtendedNegotiation{SOPClassUID: trimUID(f.counted()), ServiceClassUID: trimUID(f.counted())}
		related := fields{b: f.counted()}
		for len(related.b) > 0 && related.err == nil {
			e.RelatedGeneral = append(e.RelatedGeneral, trimUID(related.counted()))
		}
		f.err = firstError(f.err, related.err)
		u.CommonExtended = append(u.CommonExtended, e)
	case itemIdentity:
		id := &UserIdentity{Type: f.byte(), ResponseRequired: f.byte() != 0}
		id.Primary, id.Secondary = f.counted(), f.counted()
		u.Identity = id
	case itemIdentityResponse:
		u.IdentityResponse = &IdentityResponse{Data: f.counted()}
	default:
		u.Unknown = append(u.Unknown, UnknownItem{Type: kind, Data: v})
	}
	return f.err
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
