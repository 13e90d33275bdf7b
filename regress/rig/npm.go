package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// NPM installs packages of the npm registry, "name@version", for a test and
// returns the folder with node_modules: DGATE_TEST_NPM, by default one in the
// cache of the user, so that later runs find them there.
func NPM(packages ...string) (string, error) {
	folder := os.Getenv("DGATE_TEST_NPM")
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		folder = filepath.Join(cache, "dgate-test-npm")
	}
	var missing []string
	for _, p := range packages {
		name := p[:strings.LastIndexByte(p, '@')]
		if _, err := os.Stat(filepath.Join(folder, "node_modules", filepath.FromSlash(name))); err != nil {
			missing = append(missing, p)
		}
	}
	if missing == nil {
		return folder, nil
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	unlock, err := waitForLock(filepath.Join(folder, ".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", append([]string{"install", "--no-fund", "--no-audit", "--ignore-scripts"}, missing...)...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install %s: %w: %s", strings.Join(missing, " "), err, out)
	}
	return folder, nil
}

// waitForLock waits until no other test process holds the file.
func waitForLock(path string) (unlock func(), err error) {
	var f *os.File
	if !Await(func() (ok bool) { f, ok = lockFile(path); return ok }) {
		return nil, fmt.Errorf("%s is held by another test", path)
	}
	return func() { f.Close() }, nil
}
