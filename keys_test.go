package conquest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"conquest/dicomini"
)

var (
	readKey = regexp.MustCompile(`(?:MainGet|\.Number|\.Switch|[cC]onfig\.Value|cfg\.Value)\("(\w+)"\)`)
	readInt = regexp.MustCompile(`\.Int\(\w+(?:\.\w+)?(?:\.Main\(\)|\.main), "(\w+)", (\S+?)\)`)
)

// TestKeysOfTheTable holds that every key of the main section that is read
// somewhere stands in the table of keys (dicomini/keys*.go), with the default it
// is read with.
func TestKeysOfTheTable(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range readKey.FindAllSubmatch(text, -1) {
			if _, ok := dicomini.FindKey(string(m[1])); !ok {
				t.Errorf("%s reads %s, which has no row in the table of keys", path, m[1])
			}
		}
		for _, m := range readInt.FindAllSubmatch(text, -1) {
			k, ok := dicomini.FindKey(string(m[1]))
			if !ok {
				t.Errorf("%s reads %s, which has no row in the table of keys", path, m[1])
			} else if k.Default != string(m[2]) {
				t.Errorf("%s reads %s with default %s, the table has %q", path, m[1], m[2], k.Default)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
