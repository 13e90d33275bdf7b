package server

import (
	"strings"

	"conquest/dicomini"
	"conquest/finding"
	"conquest/sitecheck"
)

// sayLint says the findings at start, one clear line each.
func (s *Server) sayLint(cfg *dicomini.Config) {
	for _, f := range sitecheck.Findings(cfg, s.AEs, s.SOPs.Current()) {
		if f.Severity <= finding.Hint {
			continue
		}
		s.Console.Operator("lint: %s", strings.ReplaceAll(f.String(), "***", ""))
	}
}
