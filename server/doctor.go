package server

import (
	"context"
	"io"

	"conquest/pacs/doctor"
)

// Doctor examines the site, repairs it or takes the last repair back, see
// [doctor.Site.Examine].
func (s *Server) Doctor(ctx context.Context, action string, out io.Writer) (findings int, err error) {
	cfg := s.live.Current()
	site := &doctor.Site{
		Config: cfg, Schema: s.schema, Index: s.db, Writer: s.writer(cfg),
		Console: s.con, Terminal: s.terminal, Lock: s.objects.lock,
	}
	return site.Examine(ctx, action, out)
}
