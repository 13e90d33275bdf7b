package scp

// userName is who the peer says to be (user identity, PS3.7 D.3.3.7): the name
// of types 1 and 2; "" without one. Passcodes and tickets are not kept.
func (ses *session) userName() string {
	rq := ses.a.Proposal()
	if rq == nil || rq.User.Identity == nil {
		return ""
	}
	switch id := rq.User.Identity; id.Type {
	case 1, 2:
		return string(id.Primary[:min(len(id.Primary), maxUserName)])
	}
	return ""
}

const maxUserName = 256
