package db

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestKilled kills a process in the middle of adding, and finds all that was
// acknowledged.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("DGATE_TEST_CRASH"); dir != "" {
		addForever(t, dir)
		return
	}
	for _, server := range []string{"index.db3", ""} {
		dir := t.TempDir()
		place := filepath.Join(dir, server)
		if server == "" {
			place = dir + string(filepath.Separator)
		}
		acknowledged := killWhileAdding(t, place)
		d := openOnly(t, Options{Server: place, SQLite: server != "", IndexDBF: 10}, defaultSettings())
		for _, sop := range acknowledged {
			if _, found, err := d.Lookup(context.Background(), sop, ""); !found {
				t.Errorf("%s was acknowledged and is lost: %v", sop, err)
			}
		}
		c := counts(t, d)
		if c.Images < int64(len(acknowledged)) || len(acknowledged) < 500 {
			t.Errorf("%d images, %d acknowledged", c.Images, len(acknowledged))
		}
		refs, err := d.Locate(context.Background(), identifier())
		if err != nil || int64(len(refs)) != c.Images {
			t.Errorf("%d images have all parents, %d are there: %v", len(refs), c.Images, err)
		}
		if server != "" {
			if rows, err := d.SQL(context.Background(), "SELECT * FROM pragma_integrity_check"); err != nil || rows[0][0] != "ok" {
				t.Errorf("integrity: %v %v", rows, err)
			}
		}
		mustAdd(t, d, object("after", "8", "8.1", "8.1.1"), "f")
	}
}

func addForever(t *testing.T, place string) {
	d := openFresh(t, Options{Server: place, SQLite: strings.HasSuffix(place, ".db3"), IndexDBF: 10}, defaultSettings())
	for i := 0; ; i++ {
		sop := fmt.Sprint("1.", i)
		mustAdd(t, d, object(fmt.Sprint("P", i/7), fmt.Sprint("2.", i/7), fmt.Sprintf("3.%d.%d", i/7, i/3), sop), "f")
		fmt.Println("added", sop)
	}
}

func killWhileAdding(t *testing.T, place string) []string {
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "DGATE_TEST_CRASH="+place)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var list []string
	for s := bufio.NewScanner(out); s.Scan(); {
		if sop, ok := strings.CutPrefix(s.Text(), "added "); ok {
			list = append(list, sop)
		}
		if len(list) == 500 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	return list
}
