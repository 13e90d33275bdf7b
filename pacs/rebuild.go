package pacs

import (
	"context"
	"io"

	"conquest/db"
	"conquest/pacs/regen"
	"conquest/storage"
)

// Rebuild makes a new index beside the present one from the devices, see
// [regen.Rebuild].
func (s *PACS) Rebuild(ctx context.Context, out io.Writer) error {
	cfg := s.Live.Current()
	opt, set := db.FromConfig(cfg)
	opt.Log = s.Console
	site := regen.Site{
		Config: s.Live.Current, Rules: s.Rules, Console: s.Console, Terminal: s.Terminal, Refused: s.SayRefused,
		Presence: func() *storage.Presence { return storage.NewPresence(storage.NewDevices(cfg.Storage)) },
	}
	return regen.Rebuild(ctx, site, s.Schema, opt, set, out)
}
