package peers

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"conquest/access"
	"conquest/dicom"
	"conquest/dimse"
)

// orders are the retrievals that this server asked of others for itself, with a
// message ID that has a meaning. Only their objects carry the mark rightly: anybody
// may name us as move originator.
type orders struct {
	mu   sync.Mutex
	open []*order
}

type order struct {
	mark   uint16
	called string
	host   string
	keys   *dicom.Dataset
}

// lastObjects is how long after the end of a retrieval its objects may still come.
const lastObjects = 10 * time.Second

// begin notes a retrieval; the result is called when it has ended.
func (o *orders) begin(m MoveOrder) (end func()) {
	one := &order{mark: m.MessageID, called: m.Called, host: m.Host, keys: m.Keys}
	o.mu.Lock()
	o.open = append(o.open, one)
	o.mu.Unlock()
	return func() { time.AfterFunc(lastObjects, func() { o.forget(one) }) }
}

func (o *orders) forget(one *order) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = slices.DeleteFunc(o.open, func(x *order) bool { return x == one })
}

// Ordered tells whether an object that came on a with this mark is one that the
// server asked of that peer for itself.
func (s *Peers) Ordered(mark uint16, a *dimse.Association, object *dicom.Dataset) bool {
	s.orders.mu.Lock()
	defer s.orders.mu.Unlock()
	return slices.ContainsFunc(s.orders.open, func(o *order) bool {
		return o.mark == mark && o.from(a.Calling(), a.RemoteAddr()) && o.selects(object)
	})
}

// from tells whether the peer is the one that was asked, by its address or its
// title: archives send from other addresses than they are called at.
func (o *order) from(calling string, addr net.Addr) bool {
	return calling == strings.TrimSpace(o.called) || access.Host(addr) == o.host
}

// selects tells whether the retrieval asked for the object.
func (o *order) selects(object *dicom.Dataset) bool {
	named := false
	for _, t := range []dicom.Tag{dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID} {
		wanted := o.keys.Strings(t)
		if len(wanted) == 0 {
			continue
		}
		if named = true; !slices.Contains(wanted, object.String(t)) {
			return false
		}
	}
	if patient := o.keys.String(dicom.PatientID); !named && patient != "" {
		return patient == object.String(dicom.PatientID)
	}
	return named || o.keys.String(dicom.AccessionNumber) != "" || o.keys.String(dicom.StudyDate) != ""
}
