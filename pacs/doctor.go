package pacs

import (
	"context"
	"io"

	"conquest/pacs/doctor"
)

// Doctor examines the site, repairs it or takes the last repair back, see
// [doctor.Site.Examine].
func (s *PACS) Doctor(ctx context.Context, action string, out io.Writer) (findings int, err error) {
	cfg := s.Live.Current()
	site := &doctor.Site{
		Config: cfg, Schema: s.Schema, Index: s.Index, Writer: s.Writer(cfg),
		Console: s.Console, Terminal: s.Terminal, Lock: s.Locks.Lock, Presence: s.Presence(cfg),
	}
	return site.Examine(ctx, action, out)
}
