package dimse

import "encoding/binary"

// AppendPDU appends p, header included, to buf.
func AppendPDU(buf []byte, p PDU) []byte {
	start := len(buf)
	buf = append(buf, byte(p.Type()), 0, 0, 0, 0, 0)
	buf = p.appendBody(buf)
	binary.BigEndian.PutUint32(buf[start+2:], uint32(len(buf)-start-6))
	return buf
}

func (p *AssociateRQ) appendBody(buf []byte) []byte {
	buf = appendAssociateHead(buf, p.ProtocolVersion, p.Called, p.Calling, p.ApplicationContext)
	for _, c := range p.Contexts {
		buf = appendItem(buf, itemContextRQ, func(b []byte) []byte {
			b = append(b, c.ID, 0, 0, 0)
			b = appendText(b, itemAbstractSyntax, c.AbstractSyntax)
			for _, ts := range c.TransferSyntaxes {
				b = appendText(b, itemTransferSyntax, ts)
			}
			return b
		})
	}
	return appendItem(buf, itemUserInformation, p.User.appendTo)
}

func (p *AssociateAC) appendBody(buf []byte) []byte {
	buf = appendAssociateHead(buf, p.ProtocolVersion, p.Called, p.Calling, p.ApplicationContext)
	for _, c := range p.Contexts {
		buf = appendItem(buf, itemContextAC, func(b []byte) []byte {
			b = append(b, c.ID, 0, c.Result, 0)
			return appendText(b, itemTransferSyntax, c.TransferSyntax)
		})
	}
	return appendItem(buf, itemUserInformation, p.User.appendTo)
}

func appendAssociateHead(buf []byte, version uint16, called, calling AETitle, application string) []byte {
	buf = binary.BigEndian.AppendUint16(buf, version)
	buf = append(buf, 0, 0)
	buf = append(buf, called[:]...)
	buf = append(buf, calling[:]...)
	buf = append(buf, make([]byte, 32)...)
	return appendText(buf, itemApplicationContext, application)
}

func (p *AssociateRJ) appendBody(buf []byte) []byte {
	return append(buf, 0, p.Result, p.Source, p.Reason)
}

func (p *DataTF) appendBody(buf []byte) []byte {
	for _, v := range p.Values {
		buf = appendPDVHeader(buf, v.ContextID, v.Command, v.Last, len(v.Data))
		buf = append(buf, v.Data...)
	}
	return buf
}

func appendPDVHeader(buf []byte, id byte, command, last bool, n int) []byte {
	buf = binary.BigEndian.AppendUint32(buf, uint32(n+2))
	return append(buf, id, pdvFlags(command, last))
}

const (
	pdvCommand byte = 1
	pdvLast    byte = 2
)

func pdvFlags(command, last bool) (f byte) {
	if command {
		f |= pdvCommand
	}
	if last {
		f |= pdvLast
	}
	return f
}

func (*ReleaseRQ) appendBody(buf []byte) []byte { return append(buf, 0, 0, 0, 0) }

func (*ReleaseRP) appendBody(buf []byte) []byte { return append(buf, 0, 0, 0, 0) }

func (p *Abort) appendBody(buf []byte) []byte { return append(buf, 0, 0, p.Source, p.Reason) }

// appendItem appends an item whose value body appends.
func appendItem(buf []byte, kind byte, body func([]byte) []byte) []byte {
	start := len(buf)
	buf = append(buf, kind, 0, 0, 0)
	buf = body(buf)
	binary.BigEndian.PutUint16(buf[start+2:], uint16(len(buf)-start-4))
	return buf
}

func appendText(buf []byte, kind byte, s string) []byte {
	buf = append(buf, kind, 0)
	buf = binary.BigEndian.AppendUint16(buf, uint16(len(s)))
	return append(buf, s...)
}

// appendCounted appends s behind its length in 16 bits.
func appendCounted[T string | []byte](buf []byte, s T) []byte {
	buf = binary.BigEndian.AppendUint16(buf, uint16(len(s)))
	return append(buf, s...)
}
