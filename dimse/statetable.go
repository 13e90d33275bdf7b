package dimse

import "fmt"

// state is a state of the upper layer machine (PS3.8 section 9.2.1).
type state uint8

const (
	sta1  state = iota + 1 // idle
	sta2                   // connection open, awaiting the request
	sta3                   // awaiting the local answer to the request
	sta4                   // awaiting the connection
	sta5                   // awaiting the peer's answer to our request
	sta6                   // association established
	sta7                   // awaiting A-RELEASE-RP
	sta8                   // awaiting the local answer to a release
	sta9                   // collision, requestor: awaiting the local answer
	sta10                  // collision, acceptor: awaiting A-RELEASE-RP
	sta11                  // collision, requestor: awaiting A-RELEASE-RP
	sta12                  // collision, acceptor: awaiting the local answer
	sta13                  // awaiting the close of the connection
)

// event is an event of the machine (PS3.8 table 9-6).
type event uint8

const (
	evAssociateRequest event = iota + 1
	evConnected
	evAssociateAC
	evAssociateRJ
	evAccepted // connection indication
	evAssociateRQ
	evAnswerAccept
	evAnswerReject
	evSendData
	evData
	evReleaseRequest
	evReleaseRQ
	evReleaseRP
	evAnswerRelease
	evAbortRequest
	evAbort
	evClosed
	evTimer
	evInvalidPDU
)

// action is an action of the machine (PS3.8 tables 9-6 to 9-9).
type action uint8

const (
	none action = iota
	ae1         // connect
	ae2         // send A-ASSOCIATE-RQ
	ae3         // confirm acceptance
	ae4         // confirm refusal, close
	ae5         // start the timer
	ae6         // stop the timer, indicate the request
	ae7         // send A-ASSOCIATE-AC
	ae8         // send A-ASSOCIATE-RJ, start the timer
	dt1         // send P-DATA-TF
	dt2         // indicate P-DATA
	ar1         // send A-RELEASE-RQ
	ar2         // indicate the release
	ar3         // confirm the release, close
	ar4         // send A-RELEASE-RP, start the timer
	ar5         // stop the timer
	ar6         // indicate P-DATA
	ar7         // send P-DATA-TF
	ar8         // indicate the release: collision
	ar9         // send A-RELEASE-RP
	ar10        // confirm the release
	aa1         // send A-ABORT of the user, start the timer
	aa2         // stop the timer, close
	aa3         // indicate the abort, close
	aa4         // indicate the loss of the connection
	aa5         // stop the timer
	aa6         // ignore the PDU
	aa7         // send A-ABORT
	aa8         // send A-ABORT of the provider, indicate it, start the timer
)

type transition struct {
	action action
	next   state
}

// during gives the same transition to a range of states.
func during(row *[14]transition, from, to state, t transition) {
	for s := from; s <= to; s++ {
		if row[s].action == none {
			row[s] = t
		}
	}
}

// stateTable is PS3.8 table 9-10. A cell without action cannot happen or may
// not be asked for.
var stateTable = func() (t [evInvalidPDU + 1][14]transition) {
	cell := func(e event, s state, a action, next state) { t[e][s] = transition{a, next} }
	cell(evAssociateRequest, sta1, ae1, sta4)
	cell(evConnected, sta4, ae2, sta5)
	cell(evAssociateAC, sta5, ae3, sta6)
	cell(evAssociateRJ, sta5, ae4, sta1)
	cell(evAccepted, sta1, ae5, sta2)
	cell(evAssociateRQ, sta2, ae6, sta3)
	cell(evAnswerAccept, sta3, ae7, sta6)
	cell(evAnswerReject, sta3, ae8, sta13)
	cell(evSendData, sta6, dt1, sta6)
	cell(evSendData, sta8, ar7, sta8)
	cell(evData, sta6, dt2, sta6)
	cell(evData, sta7, ar6, sta7)
	cell(evReleaseRequest, sta6, ar1, sta7)
	cell(evReleaseRQ, sta6, ar2, sta8)
	cell(evReleaseRQ, sta7, ar8, sta9) // sta10 for the acceptor
	cell(evReleaseRP, sta7, ar3, sta1)
	cell(evReleaseRP, sta10, ar10, sta12)
	cell(evReleaseRP, sta11, ar3, sta1)
	cell(evAnswerRelease, sta8, ar4, sta13)
	cell(evAnswerRelease, sta9, ar9, sta11)
	cell(evAnswerRelease, sta12, ar4, sta13)
	cell(evAbortRequest, sta4, aa2, sta1)
	during(&t[evAbortRequest], sta3, sta12, transition{aa1, sta13})
	cell(evAbort, sta2, aa2, sta1)
	cell(evAbort, sta13, aa2, sta1)
	cell(evClosed, sta2, aa5, sta1)
	cell(evClosed, sta4, aa4, sta1)
	cell(evClosed, sta13, ar5, sta1)
	during(&t[evClosed], sta3, sta12, transition{aa4, sta1})
	cell(evTimer, sta2, aa2, sta1)
	cell(evTimer, sta13, aa2, sta1)
	cell(evAssociateRQ, sta13, aa7, sta13)
	cell(evInvalidPDU, sta13, aa7, sta13)
	for _, e := range []event{evAssociateAC, evAssociateRJ, evAssociateRQ, evData, evReleaseRQ, evReleaseRP, evAbort, evInvalidPDU} {
		unexpected := transition{aa8, sta13}
		if e == evAbort {
			unexpected = transition{aa3, sta1}
		}
		during(&t[e], sta2, sta2, transition{aa1, sta13})
		during(&t[e], sta3, sta3, unexpected)
		during(&t[e], sta5, sta12, unexpected)
		during(&t[e], sta13, sta13, transition{aa6, sta13})
	}
	return t
}()

// machine is the upper layer machine of one association.
type machine struct {
	state     state
	requestor bool
}

// step makes the transition of e. An event the table does not know in this
// state is an error of the caller and changes nothing.
func (m *machine) step(e event) (action, error) {
	t := stateTable[e][m.state]
	if t.action == none {
		return none, fmt.Errorf("%w: event %d in state %d", ErrState, e, m.state)
	}
	m.state = t.next
	if t.action == ar8 && !m.requestor {
		m.state = sta10
	}
	return t.action, nil
}

// pduEvents are the events of received PDUs.
var pduEvents = [PDUAbort + 1]event{
	PDUAssociateRQ: evAssociateRQ, PDUAssociateAC: evAssociateAC, PDUAssociateRJ: evAssociateRJ, PDUData: evData,
	PDUReleaseRQ: evReleaseRQ, PDUReleaseRP: evReleaseRP, PDUAbort: evAbort,
}
