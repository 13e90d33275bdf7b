package script

import (
	"context"

	"conquest/scripting"
)

// Queue enters a delayed command of a script.
func (e *env) Queue(_ context.Context, d *scripting.Delayed) (added bool, err error) {
	if e.s.Delayed == nil {
		e.s.Console.Event("*** delayed command needs a running server", "command", d.Operation, "patient", d.PatientID)
		return false, nil
	}
	return e.s.Delayed.Push(*d)
}
