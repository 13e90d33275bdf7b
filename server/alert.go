package server

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"conquest/alert"
	"conquest/dicomini"
	"conquest/pacs/outgoing"
	"conquest/storage"
)

// openAlerts begins to look for what goes wrong, where somebody wants to know
// (AlertTo).
func (s *Server) openAlerts(ctx context.Context, cfg *dicomini.Config) {
	to := strings.FieldsFunc(cfg.Value("AlertTo"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(to) == 0 {
		return
	}
	a := alert.New(alert.Options{
		To: to, Server: cfg.MyACRNema, Console: s.Console, Look: s.troubles, Quiet: time.Duration(cfg.Number("AlertQuiet")) * time.Minute,
		State: filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), "printer_files", "alerts-"+cfg.Owner()+".json"),
		Mail:  alert.Mail{Host: cfg.Value("AlertSMTP"), From: cfg.Value("AlertFrom"), User: cfg.Value("AlertUser"), PasswordFile: cfg.Value("AlertPasswordFile")},
	})
	s.work.Go("alerts", func() { a.Run(ctx) })
}

// troubles is what is not in order now.
func (s *Server) troubles(ctx context.Context) (list []alert.Trouble) {
	for _, f := range s.Examine(ctx) {
		list = append(list, alert.Trouble{Key: f.Check, Text: f.Err.Error()})
	}
	destinations := map[string]string{}
	for _, l := range outgoing.Lines(s.OutgoingSources(), s.Export.Gate) {
		if l.Destination == "" || l.State != outgoing.Failing && l.Letters == 0 {
			continue
		}
		text := fmt.Sprintf("%d wait, %d were given up", l.Held+l.Waiting, l.Letters)
		if l.Words != "" {
			text += ": " + l.Words
		}
		destinations[l.Destination] = text
	}
	for name, text := range destinations {
		list = append(list, alert.Trouble{Key: "destination " + name, Text: text})
	}
	for _, name := range s.erred.names(time.Now()) {
		list = append(list, alert.Trouble{Key: "rule " + name, Text: "it failed for an object; the log tells which and why"})
	}
	return list
}

// erred are converters that failed lately.
type erred struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// ruleLimit is how long a converter counts as not in order after its last failure.
const ruleLimit = 10 * time.Minute

func (e *erred) note(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.last == nil {
		e.last = map[string]time.Time{}
	}
	e.last[name] = time.Now()
}

func (e *erred) names(now time.Time) (list []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, at := range e.last {
		if now.Sub(at) < ruleLimit {
			list = append(list, name)
		} else {
			delete(e.last, name)
		}
	}
	return list
}

// converterError counts an error of a converter, and remembers it for alerts.
func (s *Server) converterError(name string) {
	s.Meter.ConverterError(name)
	s.erred.note(name)
}
