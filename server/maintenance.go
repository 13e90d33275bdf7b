package server

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/luabind"
	"conquest/scripting"
	"conquest/storage"
)

// Times of day of the nightly work (spec/storage.md 7, 9).
const (
	cleanTime   = "01:00"
	nightlyTime = "03:00"
)

// upkeep is what the background thread has done today.
type upkeep struct {
	s    *Server
	done map[string]bool // work done in the minute that its time names
}

// startMaintenance runs the background thread until ctx ends: log archives,
// nightly cleaning, and the Lua hooks "nightly" and "background". It works only
// while the server keeps logs ([Server.keepLogs]), as in the original.
func (s *Server) startMaintenance(ctx context.Context, wg *sync.WaitGroup) {
	u := &upkeep{s: s, done: map[string]bool{}}
	wg.Go(func() {
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
	})
}

const startedUpkeep = "Started zip and cleanup thread"

// keepLogs begins or ends the background work: the sign for it is a console that
// goes to a file with times.
func (s *Server) keepLogs(on bool) {
	if s.keepsLogs.Swap(on) == on {
		return
	}
	if on {
		s.con.Operator("%s", startedUpkeep)
		return
	}
	s.con.Operator("Stopped zip and cleanup thread")
}

// tick does what is due at a time of day.
func (u *upkeep) tick(ctx context.Context, now time.Time) {
	s := u.s
	if !s.keepsLogs.Load() {
		return
	}
	cfg := s.live.Current()
	u.once("zip", cfg.ZipTime, now, func() bool { return s.zipLogs(cfg.BaseDir(), cfg.ZipTime, now) })
	u.once("clean", cleanTime, now, func() bool { s.archive.Clean(ctx, cfg.NightlyCleanThreshhold); return true })
	if text := cfg.LuaHook("nightly"); text != "" {
		u.once("nightly", nightlyTime, now, func() bool { s.backgroundLua(ctx, "nightly", text); return true })
	}
	if text := cfg.LuaHook("background"); text != "" {
		s.backgroundLua(ctx, "background", text)
	}
}

// once does work when the time begins with at, once as long as it does so; work
// that answers false is tried again.
func (u *upkeep) once(name, at string, now time.Time, work func() bool) {
	switch {
	case at == "" || !strings.HasPrefix(now.Format(time.TimeOnly), at):
		u.done[name] = false
	case !u.done[name]:
		u.done[name] = work()
	}
}

// backgroundLua runs a hook of [lua] in the state that all share.
func (s *Server) backgroundLua(ctx context.Context, name, text string) {
	_, err := s.global.get(s.lua).Run(ctx, luabind.Chunk{
		Text: text, Command: dicom.NewDataset(0), Object: dicom.NewDataset(0), Start: int(scripting.Nothing),
		Association: luabind.Association{Calling: name, Called: "global"},
	})
	s.sayLuaError(err)
}

// zippedKinds are the files of the base folder that go into a log archive, and
// zippedAway those that are removed from there.
var (
	zippedKinds = []string{"*.log", "*.ini", "*.sql", "*.map", "*.lst"}
	zippedAway  = []string{"serverstatus.log", "PacsTrouble.log", "PacsUser.log", "maintenance.log", "installation.log", "conquestdicomserver.log"}
)

// zipLogs makes the log archive of the day in the folder logs, when there is
// such a folder and serverstatus.log, and no archive yet. It tells whether it
// made one.
func (s *Server) zipLogs(base, zipTime string, now time.Time) bool {
	folder := filepath.Join(base, "logs")
	if !storage.IsDir(folder) || !storage.Exists(filepath.Join(base, "serverstatus.log")) {
		return false
	}
	day := now
	if hour := atoiPrefix(zipTime); hour < 8 {
		day = now.AddDate(0, 0, -1)
	}
	archive := filepath.Join(folder, "logs_"+day.Format("20060102")+".zip")
	if storage.Exists(archive) {
		return false
	}
	if err := zipAway(base, archive); err != nil {
		s.con.Event("*** logs not archived", "file", archive, "error", err)
		return true
	}
	s.con.Operator("Dgate zipped todays log files as: %s", archive)
	return true
}
