package forward

import (
	"context"
	"errors"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dicomweb/client"
	"conquest/pacs/peers"
	"conquest/scripting"
)

// sendWeb forwards one object to a DICOMweb server now.
func (f *Forwarder) sendWeb(ctx context.Context, cfg *dicomini.Config, fw *scripting.Forward, name string) error {
	if fw.Prepare != nil {
		fw.Prepare(ctx)
	}
	if err := scriptClause(cfg, fw); err != nil {
		return err
	}
	err := f.peers.StoreWeb(ctx, name, fw.Compression, []*dicom.Dataset{fw.Object})[0]
	if err == nil {
		f.Counters.Forwarded.Add(1)
		return nil
	}
	f.Console.Event("*** object not taken by destination", "ae", fw.Target, "sop", fw.Object.String(dicom.SOPInstanceUID), "error", err)
	fe := &scripting.ForwardError{Failure: scripting.NotSent, Retry: cfg.RetryForwardFailed, Err: err}
	var web *peers.WebError
	if errors.As(err, &web) {
		fe.Retry = fe.Retry || web.Again()
		if web.Fate == client.OtherSyntax {
			fe.Failure = scripting.NotAccepted
		}
	}
	return fe
}
