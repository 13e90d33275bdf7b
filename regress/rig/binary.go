package rig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// folder is where the program was built, "" when it was not.
var folder string

var built = sync.OnceValues(func() (string, error) {
	var err error
	if folder, err = os.MkdirTemp("", "dgate-rig"); err != nil {
		return "", err
	}
	return Build(folder)
})

// Binary is the path of the program under test. [Clean] removes what was built.
func Binary() (string, error) {
	if path := os.Getenv("DGATE"); path != "" {
		return filepath.Abs(path)
	}
	return built()
}

// Clean removes the program if it was built; TestMain calls it at the end.
func Clean() {
	if folder != "" {
		os.RemoveAll(folder)
	}
}

// Build builds the program into a folder and returns its path.
func Build(dir string) (string, error) {
	path := filepath.Join(dir, "dgate")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	args := []string{"build", "-o", path}
	if os.Getenv("DGATE_COVER") != "" {
		args = append(args, "-cover", "-coverpkg=conquest/...")
	}
	cmd := exec.Command("go", append(args, "conquest/dgate")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build dgate: %w\n%s", err, out)
	}
	return path, nil
}
