// Package eventlog is the log for programs: each message of the console as one record
// with stable keys, in JSON in files that are rotated, on the standard error or by UDP,
// or in the journal of systemd or the event log of Windows. The lines of the original
// are not its business: they go where they always went.
//
// Keys: time, level (DEBUG, INFO, WARN, ERROR), event, msg, and where they are known
// assoc, peer, ae, address, patient, study, series, sop, rule, error. Others are as the
// message names them.
package eventlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"conquest/console"
)

// Options say where records go.
type Options struct {
	Targets []string // file, stderr, udp, journald, eventlog
	Level   string   // debug, info, warn, error
	File    string
	Size    int64 // bytes from which a file is set aside; 0: never
	Days    int   // how long files that were set aside are kept; 0: for good
	UDP     string
	Name    string    // of the server
	Stderr  io.Writer // for target stderr
}

// Log takes messages of a console.
type Log struct {
	level    slog.Level
	handlers []slog.Handler
	closers  []io.Closer
}

var _ console.Recorder = (*Log)(nil)

// Open opens the targets. It is nil without any.
func Open(opt Options) (*Log, error) {
	l := &Log{}
	if err := l.level.UnmarshalText([]byte(opt.Level)); err != nil {
		return nil, fmt.Errorf("LogLevel %q is none of debug, info, warn, error", opt.Level)
	}
	for _, name := range opt.Targets {
		if err := l.add(strings.ToLower(name), opt); err != nil {
			return nil, errors.Join(fmt.Errorf("log target %s: %w", name, err), l.Close())
		}
	}
	if len(l.handlers) == 0 {
		return nil, nil
	}
	return l, nil
}

func (l *Log) add(name string, opt Options) error {
	var w io.Writer
	switch name {
	case "file":
		f, err := openFile(opt.File, opt.Size, opt.Days, time.Now)
		if err != nil {
			return err
		}
		w = f
		l.closers = append(l.closers, f)
	case "stderr":
		w = opt.Stderr
	case "udp":
		c, err := dialUDP(opt.UDP)
		if err != nil {
			return err
		}
		w = c
		l.closers = append(l.closers, c)
	case "journald", "eventlog":
		h, closer, err := systemHandler(name, opt.Name)
		if err != nil {
			return err
		}
		l.handlers = append(l.handlers, h)
		l.closers = append(l.closers, closer)
		return nil
	default:
		return errors.New("it is none of file, stderr, udp, journald, eventlog")
	}
	l.handlers = append(l.handlers, slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l.level}))
	return nil
}

// Close ends the log.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	var errs []error
	for _, c := range l.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Takes tells whether a level is recorded.
func (l *Log) Takes(level slog.Level) bool { return level >= l.level }

// stable are the keys of records by the names that messages use for them.
var stable = map[string]string{
	"calling": "peer", "from": "peer", "peer": "peer", "to": "ae", "destination": "ae", "host": "address", "converter": "rule",
	"failure": "error", "thread": "assoc", "object": "sop",
}

// association finds the number of an association in lines of the original.
var association = regexp.MustCompile(`^UPACS THREAD (\d+):`)

// Take records a message. What a target can not take is lost: there is nobody left to
// tell.
func (l *Log) Take(level slog.Level, event, text string, pairs []any) {
	r := slog.NewRecord(time.Now(), level, text, 0)
	r.AddAttrs(slog.String("event", event))
	if m := association.FindStringSubmatch(text); m != nil {
		r.AddAttrs(slog.String("assoc", m[1]))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		name := fmt.Sprint(pairs[i])
		if s := stable[name]; s != "" {
			name = s
		}
		switch name {
		case slog.TimeKey, slog.LevelKey, slog.MessageKey, "event":
			name += "_"
		}
		r.AddAttrs(slog.Any(name, plain(pairs[i+1])))
	}
	for _, h := range l.handlers {
		_ = h.Handle(context.Background(), r)
	}
}

// plain is a value as it is written: numbers and truths as they are, the rest as text.
func plain(v any) any {
	switch v := v.(type) {
	case nil, bool, string, int, int64, uint64, uint, uint16, uint32, int32, float64:
		return v
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	}
	return fmt.Sprint(v)
}
