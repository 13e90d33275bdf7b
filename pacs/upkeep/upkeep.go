// Package upkeep is what the server does in the background by the clock: archives
// of logs, the nightly cleaning, and the Lua hooks "nightly" and "background"
// (docs/original/storage.md 7, 9). It does so only while the server keeps logs, as the
// original.
package upkeep

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"conquest/console"
	"conquest/dicomini"
	"conquest/oplog"
)

// Times of day of the nightly work (docs/original/storage.md 7, 9).
const (
	cleanTime   = "01:00"
	nightlyTime = "03:00"
)

// Host is what the upkeep needs of the server it belongs to.
type Host interface {
	// Config is the configuration for work that starts now.
	Config() *dicomini.Config
	// Clean makes space when less than threshold MB are free.
	Clean(ctx context.Context, threshold int)
	// Hook runs the text of a hook of [lua].
	Hook(ctx context.Context, name, text string)
}

// Upkeep is the background work of a server.
type Upkeep struct {
	host Host
	con  *console.Console
	on   atomic.Bool
	done map[string]bool // work done in the minute that its time names
}

// New makes the upkeep of a server; on tells whether it keeps logs from the start.
func New(host Host, con *console.Console, on bool) *Upkeep {
	u := &Upkeep{host: host, con: con, done: map[string]bool{}}
	u.on.Store(on)
	return u
}

// Announce says that the work begins, if it does.
func (u *Upkeep) Announce() {
	if u.on.Load() {
		oplog.UpkeepStarted(u.con)
	}
}

// Switch begins or ends the work: the sign for it is a console that goes to a
// file with times.
func (u *Upkeep) Switch(on bool) {
	if u.on.Swap(on) == on {
		return
	}
	if !on {
		oplog.UpkeepStopped(u.con)
	}
	u.Announce()
}

// Run works until ctx ends.
func (u *Upkeep) Run(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			u.tick(ctx, now)
		}
	}
}

// tick does what is due at a time of day.
func (u *Upkeep) tick(ctx context.Context, now time.Time) {
	if !u.on.Load() {
		return
	}
	cfg := u.host.Config()
	u.once("zip", cfg.ZipTime, now, func() bool { return u.zipLogs(ctx, cfg.BaseDir(), cfg.ZipTime, now) })
	u.once("clean", cleanTime, now, func() bool { u.host.Clean(ctx, cfg.NightlyCleanThreshhold); return true })
	if text := cfg.LuaHook("nightly"); text != "" {
		u.once("nightly", nightlyTime, now, func() bool { u.host.Hook(ctx, "nightly", text); return true })
	}
	if text := cfg.LuaHook("background"); text != "" {
		u.host.Hook(ctx, "background", text)
	}
}

// once does work when the time begins with at, once as long as it does so; work
// that answers false is tried again.
func (u *Upkeep) once(name, at string, now time.Time, work func() bool) {
	switch {
	case at == "" || !strings.HasPrefix(now.Format(time.TimeOnly), at):
		u.done[name] = false
	case !u.done[name]:
		u.done[name] = work()
	}
}
