package server

import (
	"context"
	"log/slog"

	"conquest/console"
	"conquest/oplog"
)

// consoleHandler brings what the HTTP side logs to the channels of the console.
type consoleHandler struct {
	con   *console.Console
	attrs []any
}

// Enabled spares lines that nobody sees.
func (h consoleHandler) Enabled(_ context.Context, l slog.Level) bool {
	return l >= slog.LevelInfo || h.con.DebugLevel() > 0
}

// Handle says one line.
func (h consoleHandler) Handle(_ context.Context, r slog.Record) error {
	pairs := h.attrs[:len(h.attrs):len(h.attrs)]
	r.Attrs(func(a slog.Attr) bool {
		pairs = append(pairs, a.Key, a.Value.Any())
		return true
	})
	if r.Level < slog.LevelInfo {
		oplog.DebugLine(h.con, console.Line("HTTP: "+r.Message, pairs...))
		return nil
	}
	what := r.Message
	if r.Level >= slog.LevelError {
		what = "*** " + what
	}
	h.con.Event(what, pairs...)
	return nil
}

// WithAttrs adds pairs to every line.
func (h consoleHandler) WithAttrs(list []slog.Attr) slog.Handler {
	pairs := h.attrs[:len(h.attrs):len(h.attrs)]
	for _, a := range list {
		pairs = append(pairs, a.Key, a.Value.Any())
	}
	return consoleHandler{h.con, pairs}
}

// WithGroup keeps the names of pairs as they are.
func (h consoleHandler) WithGroup(string) slog.Handler { return h }
