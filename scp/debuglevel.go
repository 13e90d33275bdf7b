package scp

import (
	"encoding/binary"
	"net"
	"slices"
	"strings"

	"conquest/console"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/site"
)

// What DebugLevel 1 and more adds to the debug channel (docs/original/commands.md 7.2).

// sayNegotiation tells who connected, and how the transfer syntaxes compare with
// those of dgatesop.lst.
func (ses *session) sayNegotiation() {
	con := ses.s.Console
	if addr, ok := ses.a.RemoteAddr().(*net.TCPAddr); ok {
		if ip := addr.IP.To4(); ip != nil {
			oplog.ConnectedBy(con, binary.LittleEndian.Uint32(ip))
		}
	}
	rq := ses.a.Proposal()
	if rq == nil {
		return
	}
	list := ses.s.SOPs.Current()
	known := list.Entries(dicomini.TransferSyntax)
	for _, pc := range rq.Contexts {
		if !list.Allows(dicomini.AbstractSyntax, pc.AbstractSyntax) {
			continue
		}
		for _, ts := range pc.TransferSyntaxes {
			for i, e := range known {
				oplog.TestingTransfer(con, ts, i, e.Value)
				if e.Value == ts {
					break
				}
			}
		}
	}
}

// sayCommandSet shows a received command set.
func sayCommandSet(con *console.Console, command *dicom.Dataset) {
	shown := command.Clone()
	shown.Put(dicom.Element{Tag: dicom.TransferSyntaxUID, VR: dicom.UI, Value: []byte(dicom.ImplicitLittleEndian)})
	shown.DeleteFunc(func(e *dicom.Element) bool { return slices.Contains(notShown, e.Tag) })
	var text strings.Builder
	if dicom.Dump(&text, shown) == nil {
		oplog.DebugLine(con, strings.TrimSuffix(text.String(), "\n"))
	}
}

// notShown are elements whose value can be a whole file.
var notShown = []dicom.Tag{site.TagConsoleData}
