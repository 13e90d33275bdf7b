package jpeg2000

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/pixel/frame"
)

// readTable reads a two column text file.
func readTable(t *testing.T, path string) [][]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for sc := bufio.NewScanner(bytes.NewReader(b)); sc.Scan(); {
		if f := strings.Fields(sc.Text()); len(f) > 1 {
			rows = append(rows, f)
		}
	}
	return rows
}

// TestOriginalStreams decodes what the original server wrote to the very
// pixels it decoded itself.
func TestOriginalStreams(t *testing.T) {
	dir := filepath.Join("testdata", "original")
	for _, row := range readTable(t, filepath.Join(dir, "pixels.sha256")) {
		t.Run(row[0], func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, row[0]))
			if err != nil {
				t.Fatal(err)
			}
			f, err := Decode(data, frame.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(f.Pix)
			if hex.EncodeToString(sum[:]) != row[1] {
				t.Errorf("%d x %d x %d, %d bits, signed %v: other pixels", f.Width, f.Height, f.Components, f.BitsStored, f.Signed)
			}
		})
	}
}
