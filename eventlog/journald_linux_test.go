package eventlog

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// The form that systemd's journal takes.
func TestJournaldFields(t *testing.T) {
	var b bytes.Buffer
	j := &journald{w: &b, server: "HOUSE"}
	r := slog.NewRecord(time.Now(), slog.LevelError, "object refused", 0)
	r.AddAttrs(slog.String("sop", "1.2.3"), slog.String("text", "two\nlines"))
	if err := j.Handle(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	want := "MESSAGE=object refused\nPRIORITY=3\nSYSLOG_IDENTIFIER=dgate\nDGATE_SERVER=HOUSE\nDGATE_SOP=1.2.3\nDGATE_TEXT\n\t\x00\x00\x00\x00\x00\x00\x00two\nlines\n"
	if got := b.String(); got != want {
		t.Errorf("%q", strings.ReplaceAll(got, "\n", "|"))
	}
}
