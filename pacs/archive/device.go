package archive

import (
	"fmt"
	"os"
	"strings"

	"conquest/storage"
)

// deviceDir is the folder of a device, saying on the console what is wrong when
// there is none.
func (a *Archive) deviceDir(dev *storage.Devices, complaint, device string) (string, error) {
	dir := dev.Path(device)
	if dir == "" {
		a.con.Operator(complaint, device)
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
			a.con.Debug("Located cache directory: %s", dir)
			return dir, nil
		}
	}
	a.con.Operator("Archival: *** could not find cache directory for: %s", jukebox)
	a.con.Operator("Archival: *** could not find cache device for: %s", jukebox)
	return "", ErrSaid
}

// jukeboxNumber is the "n.c" of a device JUKEBOXn.c.
func (a *Archive) jukeboxNumber(device string) (string, error) {
	if len(device) < 7 || !strings.EqualFold(device[:7], "JUKEBOX") {
		a.con.Operator("Archival: *** to-device (%s) should have been a JUKEBOX device", device)
		return "", ErrSaid
	}
	if !strings.Contains(device, ".") {
		a.con.Operator("Archival: *** to-device (%s) has no CD number specified", device)
		return "", ErrSaid
	}
	return device[7:], nil
}
