package eventlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
)

// journalSocket is where systemd's journal takes records in its own form
// (systemd.journal-fields(7), "Native Journal Protocol").
const journalSocket = "/run/systemd/journal/socket"

func systemHandler(name, server string) (slog.Handler, io.Closer, error) {
	if name != "journald" {
		return nil, nil, errors.New("it is of Windows only")
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: journalSocket, Net: "unixgram"})
	if err != nil {
		return nil, nil, err
	}
	return &journald{w: c, server: server}, c, nil
}

// journald writes records to the journal of systemd.
type journald struct {
	w      io.Writer
	server string
}

func (j *journald) Enabled(context.Context, slog.Level) bool { return true }

func (j *journald) WithAttrs([]slog.Attr) slog.Handler { return j }

func (j *journald) WithGroup(string) slog.Handler { return j }

func (j *journald) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	field(&b, "MESSAGE", r.Message)
	field(&b, "PRIORITY", strconv.Itoa(priority(r.Level)))
	field(&b, "SYSLOG_IDENTIFIER", "dgate")
	field(&b, "DGATE_SERVER", j.server)
	r.Attrs(func(a slog.Attr) bool {
		field(&b, "DGATE_"+fieldName(a.Key), a.Value.String())
		return true
	})
	_, err := j.w.Write(b.Bytes()[:min(b.Len(), maxDatagram)])
	return err
}

// field appends a field; a value of several lines has its length before it.
func field(b *bytes.Buffer, name, value string) {
	b.WriteString(name)
	if strings.Contains(value, "\n") {
		b.WriteByte('\n')
		_ = binary.Write(b, binary.LittleEndian, uint64(len(value)))
	} else {
		b.WriteByte('=')
	}
	b.WriteString(value)
	b.WriteByte('\n')
}

// fieldName is a key as the journal takes it: capitals, digits and underscores.
func fieldName(key string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, key)
}

// priority is a level as syslog counts them.
func priority(level slog.Level) int {
	switch {
	case level >= slog.LevelError:
		return 3
	case level >= slog.LevelWarn:
		return 4
	case level >= slog.LevelInfo:
		return 6
	}
	return 7
}
