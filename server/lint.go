package server

import (
	"strings"

	"conquest/dicomini"
	"conquest/finding"
	"conquest/oplog"
	"conquest/sitecheck"
)

// sayLint says the findings at start, one clear line each. Keys are found
// without regard to letter case; here they are in upper case, so that programs
// which watch the log for lines of a key do not take a remark about it for one.
func (s *Server) sayLint(cfg *dicomini.Config) {
	for _, f := range sitecheck.Findings(cfg, s.AEs, s.SOPs.Current()) {
		if f.Severity <= finding.Hint {
			continue
		}
		if f.Key != "" {
			f.Message = strings.Replace(f.Message, f.Key, strings.ToUpper(f.Key), 1)
		}
		oplog.Lint(s.Console, strings.ReplaceAll(f.String(), "***", ""))
	}
}
