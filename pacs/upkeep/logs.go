package upkeep

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/pack"
	"conquest/storage"
)

// zippedKinds are the files of the base folder that go into a log archive, and
// zippedAway those that are removed from there.
var (
	zippedKinds = []string{"*.log", "*.ini", "*.sql", "*.map", "*.lst"}
	zippedAway  = []string{"serverstatus.log", "PacsTrouble.log", "PacsUser.log", "maintenance.log", "installation.log", "conquestdicomserver.log"}
)

// zipLogs makes the log archive of the day in the folder logs, when there is
// such a folder and serverstatus.log, and no archive yet. It tells whether it
// made one.
func (u *Upkeep) zipLogs(ctx context.Context, base, zipTime string, now time.Time) bool {
	folder := base + "logs"
	if !storage.IsDir(folder) || !storage.Exists(filepath.Join(base, "serverstatus.log")) {
		return false
	}
	day := now
	if hour := dicomini.Atoi(zipTime); hour < 8 {
		day = now.AddDate(0, 0, -1)
	}
	archive := folder + string(filepath.Separator) + "logs_" + day.Format("20060102") + ".zip"
	if storage.Exists(archive) {
		return false
	}
	if err := zipAway(ctx, base, archive); err != nil {
		u.con.Event("*** logs not archived", "file", archive, "error", err)
		return true
	}
	oplog.LogsZipped(u.con, archive)
	return true
}

// zipAway packs the logs and configuration files of folder base into an archive
// and removes the logs. Logs are first moved to a folder beside the archive: what
// is written meanwhile goes to new files. When packing fails they stay there.
func zipAway(ctx context.Context, base, archive string) error {
	aside := archive[:len(archive)-len(".zip")]
	if err := os.MkdirAll(aside, 0o777); err != nil {
		return err
	}
	var paths []string
	for _, name := range zippedAway {
		if from := filepath.Join(base, name); storage.Exists(from) {
			if err := os.Rename(from, filepath.Join(aside, name)); err != nil {
				return err
			}
		}
	}
	for _, folder := range []string{aside, base} {
		for _, kind := range zippedKinds {
			found, err := filepath.Glob(filepath.Join(storage.EscapeGlob(folder), kind))
			if err != nil {
				return err
			}
			paths = append(paths, found...)
		}
	}
	if err := pack.Write(ctx, archive, named(paths), io.Discard); err != nil {
		return fmt.Errorf("write %s: %w", archive, err)
	}
	return os.RemoveAll(aside)
}

// named gives files their base names; one whose name is there already is left
// out, and what is no file.
func named(paths []string) []pack.Entry {
	var list []pack.Entry
	seen := map[string]bool{}
	for _, path := range paths {
		name := filepath.Base(path)
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() && !seen[name] {
			list = append(list, pack.Entry{Path: path, Name: name})
		}
		seen[name] = true
	}
	return list
}
