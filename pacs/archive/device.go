package archive

import (
	"fmt"
	"os"
	"strings"

	"conquest/oplog"
	"conquest/storage"
)

// deviceDir is the folder of a device, saying on the console what is wrong when
// there is none.
func (a *Archive) deviceDir(dev *storage.Devices, operation, role, device string) (string, error) {
	dir := dev.Path(device)
	if dir == "" {
		oplog.InvalidDevice(a.con, operation, role, device)
		return "", fmt.Errorf("no device %s: %w", device, ErrSaid)
	}
	return dir, nil
}

// cacheOf is the cache folder of a JUKEBOXn.c device that exists.
func (a *Archive) cacheOf(dev *storage.Devices, jukebox string) (string, error) {
	name, err := a.jukeboxNumber(jukebox)
	if err != nil {
		return "", err
	}
	for n := range dev.Caches() {
		dir := dev.Path(fmt.Sprintf("CACHE%d.%s", n, name))
		if fi, err := os.Stat(dir); dir != "" && err == nil && fi.IsDir() {
			oplog.CacheLocated(a.con, dir)
			return dir, nil
		}
	}
	oplog.CacheNotLocated(a.con, jukebox)
	oplog.CacheDeviceNotFound(a.con, jukebox)
	return "", ErrSaid
}

// jukeboxNumber is the "n.c" of a device JUKEBOXn.c.
func (a *Archive) jukeboxNumber(device string) (string, error) {
	if len(device) < 7 || !strings.EqualFold(device[:7], "JUKEBOX") {
		oplog.NotJukebox(a.con, device)
		return "", ErrSaid
	}
	if !strings.Contains(device, ".") {
		oplog.NoCDNumber(a.con, device)
		return "", ErrSaid
	}
	return device[7:], nil
}
