package server

import (
	"context"
	"path/filepath"

	"conquest/db"
	"conquest/dicomini"
	"conquest/pacs/life"
	"conquest/storage"
)

// openLife opens the life line, where the site has one. A server without it works as
// well.
func (s *Server) openLife(ctx context.Context, cfg *dicomini.Config) {
	also := s.alsoAudit()
	if also != nil {
		s.Life = life.Relay(also)
	}
	if cfg.Number("LifeDays") <= 0 {
		return
	}
	line, err := life.Open(ctx, life.Options{Path: lifeFile(cfg), Console: s.Console, Also: also, Settings: func() life.Settings {
		cfg := s.Live.Current()
		return life.Settings{Days: cfg.Number("LifeDays"), Size: int64(cfg.Number("LifeSize")) << 20}
	}})
	if err != nil {
		s.Console.Event("*** there is no life line: it can not be opened", "file", lifeFile(cfg), "error", err)
		return
	}
	s.Life = line
	s.work.Go("life line", func() { line.Run(ctx) })
}

// lifeFile is where the life line lies.
func lifeFile(cfg *dicomini.Config) string {
	if name := cfg.Value("LifeFile"); name != "" {
		return name
	}
	if opt, _ := db.FromConfig(cfg); db.KindOf(&opt) == db.SQLite {
		return filepath.Join(filepath.Dir(opt.Server), "life.db3")
	}
	return filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), "printer_files", "life.db3")
}
