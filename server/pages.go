package server

import (
	"net/http"

	"conquest/dicomini"
	"conquest/docs"
	"conquest/finding"
	"conquest/sitecheck"
	"conquest/ui"
	"conquest/ui/archive"
	"conquest/web"
)

// logRemembered is how many lines of the log the pages show.
const logRemembered = 2000

// mountPages serves the browser pages; whoever comes to the bare address finds
// them too. ohif is the path of that viewer, "" when it is not there.
func (s *Server) mountPages(w *web.Server, cfg *dicomini.Config, ohif string) error {
	h, err := ui.New(&archive.Archive{
		PACS: s.PACS, Recent: s.recent, Ready: s.readyForWeb, Build: s.build,
		Lint: func(cfg *dicomini.Config) []finding.Finding { return sitecheck.Findings(cfg, s.AEs, s.SOPs.Current()) },
	}, ui.Options{DICOMweb: "/dicom-web", OHIF: ohif, Docs: docs.Files, Logins: len(cfg.HTTPLogins()) > 0})
	if err != nil {
		return err
	}
	pages := s.named("pages", h, asksForPatients)
	w.Mount("/ui", pages)
	w.Mount("/ui/", pages)
	w.Mount("/favicon.ico", http.RedirectHandler("/ui/assets/mark.svg", http.StatusFound))
	w.Mount("/{$}", http.RedirectHandler("/ui", http.StatusFound))
	return nil
}
