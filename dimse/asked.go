package dimse

import "time"

// asked begins the measuring of a request of ours; what it returns ends it.
func (a *Association) asked(field CommandField, resp **Response) (ended func()) {
	begun, sent := time.Now(), a.wire.sent.Load()
	return func() {
		o := Operation{Field: field, Sent: a.wire.sent.Load() - sent, Took: time.Since(begun)}
		if r := *resp; r != nil {
			o.Status = r.Command.Status
		} else {
			o.Lost = true
		}
		a.opt.Asked(a, o)
	}
}
