package eventlog

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"golang.org/x/sys/windows/svc/eventlog"
)

// source is under which name records stand in the event log.
const source = "dgate"

// eventID is the number of all records.
const eventID = 1

func systemHandler(name, server string) (slog.Handler, io.Closer, error) {
	if name != "eventlog" {
		return nil, nil, errors.New("it is of Linux only")
	}
	// Without the rights to register it, records are shown with a remark.
	_ = eventlog.InstallAsEventCreate(source, eventlog.Error|eventlog.Warning|eventlog.Info)
	l, err := eventlog.Open(source)
	if err != nil {
		return nil, nil, err
	}
	return &windowsLog{l, server}, l, nil
}

type windowsLog struct {
	l      *eventlog.Log
	server string
}

func (w *windowsLog) Enabled(context.Context, slog.Level) bool { return true }

func (w *windowsLog) WithAttrs([]slog.Attr) slog.Handler { return w }

func (w *windowsLog) WithGroup(string) slog.Handler { return w }

func (w *windowsLog) Handle(_ context.Context, r slog.Record) error {
	text := w.server + ": " + r.Message
	switch {
	case r.Level >= slog.LevelError:
		return w.l.Error(eventID, text)
	case r.Level >= slog.LevelWarn:
		return w.l.Warning(eventID, text)
	}
	return w.l.Info(eventID, text)
}
