package health_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/pacs/health"
	"conquest/pacs/sitetest"
	"conquest/storage"
)

func TestExamine(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	got := health.Examine(context.Background(), 200*time.Millisecond, []health.Check{
		{"good", func(context.Context) error { return nil }},
		{"bad", func(context.Context) error { return errors.New("broken") }},
		{"hangs", func(context.Context) error { <-hang; return nil }},
		{"panics", func(context.Context) error { panic("nil map") }},
	})
	var lines []string
	for _, f := range got {
		lines = append(lines, f.String())
	}
	want := "bad: broken\nhangs: no answer within 200ms\npanics: check of panics: internal error: nil map"
	if text := strings.Join(lines, "\n"); text != want {
		t.Errorf("found\n%s\nwant\n%s", text, want)
	}
}

// say runs one check.
func say(c health.Check) string {
	if err := c.Look(context.Background()); err != nil {
		return err.Error()
	}
	return ""
}

func TestSite(t *testing.T) {
	s := sitetest.New(t)
	dev := storage.NewDevices(s.Live.Current().Storage)
	presence := storage.NewPresence(dev)
	presence.Holds = func(device string) ([]string, error) { return s.DB.DeviceFiles(context.Background(), device, 20) }
	checks := []health.Check{health.Index(s.DB), health.Filled(s.DB, dev), health.Devices(dev, presence)}
	if list := health.Examine(context.Background(), health.Limit, checks); len(list) > 0 {
		t.Errorf("a new site: %v", list)
	}
	if err := (storage.Writer{}).WriteTo(filepath.Join(s.Dir, "data", "A", "1.dcm"), sitetest.Image("A", 1)); err != nil {
		t.Fatal(err)
	}
	if text := say(health.Filled(s.DB, dev)); !strings.Contains(text, "it is empty") {
		t.Errorf("an empty index over a filled device: %q", text)
	}
	s.Keep("MAG1", sitetest.Image("B", 1))
	if err := presence.Ready(dev.MAG(1)); err != nil {
		t.Fatal(err)
	}
	if text := say(health.Filled(s.DB, dev)); text != "" {
		t.Errorf("a filled index: %q", text)
	}
	if err := os.Rename(filepath.Join(s.Dir, "more"), filepath.Join(s.Dir, "away")); err != nil {
		t.Fatal(err)
	}
	if text := say(health.Devices(dev, presence)); !strings.Contains(text, "MAG1 is not there") {
		t.Errorf("a device that is not mounted: %q", text)
	}
	s.DB.Close()
	if text := say(health.Index(s.DB)); !strings.Contains(text, "takes no changes") {
		t.Errorf("a closed index: %q", text)
	}
}

func TestLimits(t *testing.T) {
	now := time.Now()
	waiting := func() []health.Waiting {
		return []health.Waiting{{"export 0", 3, now.Add(-time.Hour)}, {"export 1", 0, now.Add(-time.Hour)}, {"export 2", 5, now}}
	}
	if text := say(health.Queues(time.Minute, waiting)); text != "export 0 has 3 waiting, the oldest for 1h0m0s" {
		t.Errorf("queues: %q", text)
	}
	running := func() []health.Script {
		return []health.Script{{"ImportConverter0", now.Add(-10 * time.Minute)}, {"nightly", now}}
	}
	if text := say(health.Scripts(time.Minute, running)); text != "ImportConverter0 runs for 10m0s" {
		t.Errorf("scripts: %q", text)
	}
	if text := say(health.Queues(0, waiting)) + say(health.Scripts(0, running)); text != "" {
		t.Errorf("without limits: %q", text)
	}
}
