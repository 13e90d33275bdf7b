package upkeep

import (
	"archive/zip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/dicomini"
	"conquest/pacs/sitetest"
)

// host notes what it is asked for.
type host struct {
	cfg   *dicomini.Config
	asked []string
}

func (h *host) Config() *dicomini.Config { return h.cfg }

func (h *host) Clean(_ context.Context, threshold int) {
	h.asked = append(h.asked, fmt.Sprint("clean ", threshold))
}

func (h *host) Hook(_ context.Context, name, text string) {
	h.asked = append(h.asked, name+" "+text)
}

func TestTick(t *testing.T) {
	live, _ := sitetest.Config(t, "NightlyCleanThreshhold = 500", "[lua]", "nightly = a()", "background = b()", "[sscscp]")
	con, log := sitetest.Console()
	h := &host{cfg: live.Current()}
	u := New(h, con, false)
	at := func(clock string) string {
		now, err := time.ParseInLocation(time.DateTime, "2026-03-01 "+clock, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		h.asked = nil
		u.tick(context.Background(), now)
		return strings.Join(h.asked, ", ")
	}
	if got := at("01:00:00"); got != "" {
		t.Errorf("without logs: %s", got)
	}
	u.Switch(true)
	u.Switch(true)
	if said := log.Take("Started zip and cleanup thread"); len(said) != 1 {
		t.Errorf("said %q", said)
	}
	for _, tt := range []struct{ clock, want string }{
		{"00:59:59", "background b()"},
		{"01:00:00", "clean 500, background b()"},
		{"01:00:01", "background b()"},
		{"03:00:30", "nightly a(), background b()"},
		{"03:01:00", "background b()"},
		{"01:00:10", "clean 500, background b()"}, // the next day
	} {
		if got := at(tt.clock); got != tt.want {
			t.Errorf("at %s: %s, want %s", tt.clock, got, tt.want)
		}
	}
}

func TestZipLogs(t *testing.T) {
	live, _ := sitetest.Config(t)
	con, log := sitetest.Console()
	u := New(&host{cfg: live.Current()}, con, true)
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 5, 0, 1, 0, time.Local)
	base := live.Current().BaseDir()
	write := func(name string) {
		if err := os.WriteFile(filepath.Join(base, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"PacsTrouble.log", "PacsUser.log", "other.log", "acrnema.map", "kept.txt"} {
		write(name)
	}
	if u.zipLogs(ctx, base, "05:", now) {
		t.Error("archive without folder logs")
	}
	os.Mkdir(filepath.Join(base, "logs"), 0o777)
	if u.zipLogs(ctx, base, "05:", now) {
		t.Error("archive without serverstatus.log")
	}
	write("serverstatus.log")
	zips := 0
	for s := range 3 {
		u.once("zip", "05:", now.Add(time.Duration(s)*time.Second), func() bool { zips++; return u.zipLogs(ctx, base, "05:", now) })
	}
	if zips != 1 {
		t.Errorf("zipped %d times", zips)
	}
	names := zipNames(t, filepath.Join(base, "logs", "logs_20260228.zip"))
	if got := strings.Join(names, " "); got != "PacsTrouble.log PacsUser.log acrnema.map dicom.ini other.log serverstatus.log" {
		t.Errorf("archive holds %s", got)
	}
	left, _ := filepath.Glob(filepath.Join(base, "*.*"))
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if got := strings.Join(left, " "); got != "acrnema.map dicom.ini kept.txt other.log" {
		t.Errorf("left: %s", got)
	}
	if said := log.Take("Dgate zipped todays log files as: "); len(said) != 1 {
		t.Errorf("console: %q", said)
	}
}

func zipNames(t *testing.T, path string) []string {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var names []string
	for _, f := range r.File {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}
