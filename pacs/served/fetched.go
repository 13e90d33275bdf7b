package served

import (
	"context"

	"conquest/dicom"
	"conquest/luabind"
	"conquest/pacs/store"
	"conquest/rules"
	"conquest/scripting"
)

// Take stores an object that this server fetched from a DICOMweb server, as one that
// a peer sent by its C-MOVE.
func (a *Archive) Take(ctx context.Context, server string, object *dicom.Dataset) error {
	cfg := a.Live.Current()
	caller := &rules.Party{CallingAE: server, CalledAE: cfg.MyACRNema, Variables: &scripting.Vars{}, State: &luabind.Session{}}
	defer caller.State.Close()
	a.Counters.Received.Add(1)
	_, err := a.store.Accept(ctx, cfg, &store.Incoming{
		Object: object, Origin: store.Received, Caller: caller, Convert: true, Compression: cfg.IncomingCompression,
	})
	return err
}
