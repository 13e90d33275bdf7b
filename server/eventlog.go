package server

import (
	"os"
	"strings"

	"conquest/dicomini"
	"conquest/eventlog"
)

// openEventLog opens the log for programs, where the site has one (LogJSON).
func (s *Server) openEventLog(cfg *dicomini.Config) {
	targets := strings.FieldsFunc(cfg.Value("LogJSON"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(targets) == 0 {
		return
	}
	log, err := eventlog.Open(eventlog.Options{
		Targets: targets, Level: cfg.Value("LogLevel"), File: cfg.Value("LogFile"), Size: int64(cfg.Number("LogSize")) << 20,
		Days: cfg.Number("LogDays"), UDP: cfg.Value("LogUDP"), Name: cfg.MyACRNema, Stderr: os.Stderr,
	})
	if err != nil {
		s.Console.Event("*** there is no log in JSON", "error", err)
		return
	}
	s.events = log
	s.Console.Record(log)
}

// closeEventLog ends it.
func (s *Server) closeEventLog() error {
	if s.events == nil {
		return nil
	}
	s.Console.Record(nil)
	return s.events.Close()
}
