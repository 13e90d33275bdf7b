package server

import (
	"log/slog"

	"conquest/api"
	"conquest/api/archive"
	"conquest/finding"
	"conquest/pacs/site"
	"conquest/sitecheck"
	"conquest/web"
)

// mountAPI serves the REST interface.
func (s *Server) mountAPI(w *web.Server) {
	a := &archive.Archive{
		PACS: s.PACS, Build: s.build, Ready: s.readyForWeb,
		Lint: func() []finding.Finding { return sitecheck.Findings(s.Live.Current(), s.AEs, s.SOPs.Current()) },
	}
	services := a.Services()
	services.Accounts = accounts{s.gate, s.Live.Current().HTTPLogins()}
	h := api.New(services, api.Options{
		Version: site.Version, ReadOnly: s.readOnly, Log: slog.New(consoleHandler{con: s.Console}),
	})
	w.Mount(api.Root, h)
	w.Mount(api.Root+"/", h)
}
