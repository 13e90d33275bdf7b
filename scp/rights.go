package scp

import (
	"strings"

	"conquest/access"
	"conquest/dimse"
)

// refuseStranger refuses an association whose calling AE the file of AccessRights
// does not know at this host.
func (s *SCP) refuseStranger(a *dimse.Association) *dimse.AssociateRJ {
	if _, known := s.rights.Of(a.Calling(), a.Conn()); known {
		return nil
	}
	s.Console.Event("*** association refused: the file of AccessRights has no line that fits", "calling", a.Calling(), "host", access.Host(a.RemoteAddr()))
	return &dimse.AssociateRJ{Result: dimse.RejectPermanent, Source: dimse.RejectByUser, Reason: dimse.ReasonCallingAE}
}

// rightFor is the right that a request needs.
func rightFor(field dimse.CommandField) access.Rights {
	switch field {
	case dimse.CStoreRQ, dimse.NCreateRQ, dimse.NSetRQ, dimse.NActionRQ, dimse.NDeleteRQ:
		return access.Store
	case dimse.CFindRQ:
		return access.Query
	case dimse.CMoveRQ, dimse.CGetRQ:
		return access.Retrieve
	}
	return 0
}

// may tells whether the caller has a right; what names the request in the log.
func (ses *session) may(right access.Rights, what string) bool {
	if ses.rights.Has(right) {
		return true
	}
	ses.s.Console.Event("*** request refused by the file of AccessRights", "calling", ses.a.Calling(), "host", ses.Address(), "request", what, "needs", right)
	return false
}

// mayRequest answers a request that its caller may not make.
func (ses *session) mayRequest(m *dimse.Message) (bool, error) {
	right := rightFor(m.Command.Field)
	if ses.may(right, m.Command.Field.String()) {
		return true, nil
	}
	return false, ses.a.ReplyStatus(m, dimse.NotAuthorized, "this AE may not "+right.String())
}

// rightForCommand is the right that a server command needs. Lua may do anything.
func rightForCommand(text string) access.Rights {
	name, _, _ := strings.Cut(strings.ToLower(text), ":")
	switch {
	case strings.Contains(name, "lua"):
		return access.Commands | access.Delete
	case name == "initializetables" || name == "makespace" || name == "loadanddeletedir":
		return access.Delete
	case strings.HasPrefix(name, "delete") && !strings.HasPrefix(name, "delete_"):
		return access.Delete
	}
	return access.Commands
}
