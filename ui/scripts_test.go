package ui_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"conquest/regress/rig"
)

// TestScriptsAreTyped checks the types that the comments of the scripts tell.
func TestScriptsAreTyped(t *testing.T) {
	folder, err := rig.NPM("typescript@5.9.3")
	if err != nil {
		rig.Missing(t, err)
	}
	scripts, err := filepath.Glob("assets/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	args := append([]string{filepath.Join(folder, "node_modules", "typescript", "bin", "tsc"), "--allowJs", "--checkJs", "--noEmit", "--strict",
		"--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler", "--lib", "es2022,dom,dom.iterable"}, scripts...)
	if out, err := exec.Command("node", args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
