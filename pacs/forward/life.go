package forward

import (
	"context"
	"errors"

	"conquest/pacs/life"
	"conquest/pacs/site"
	"conquest/pacs/who"
	"conquest/queue"
	"conquest/scripting"
)

// noteDelivery tells the life line what came of a forward.
func (f *Forwarder) noteDelivery(ctx context.Context, fw *scripting.Forward, err error) {
	if !f.Life.On() || fw.Object == nil {
		return
	}
	e := site.LifeOf(life.Sent, fw.Object)
	e.Peer, e.By = fw.Target, who.Actor{Way: "rule " + fw.Name()}.String()
	e.Set("syntax", fw.Object.TransferSyntax().UID)
	e.Set("compression", fw.Compression)
	if err != nil {
		e.Kind = life.Failed
		var fe *scripting.ForwardError
		if d := queue.FromContext(ctx); d.GivenUp() || d == nil && !(errors.As(err, &fe) && fe.Retry) {
			e.Kind = life.Given
		}
		e.Set("error", err.Error())
	}
	f.Life.Note(e)
}
