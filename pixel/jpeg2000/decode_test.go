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

// testStreams decodes the streams of a directory and compares with the SHA-256
// of the pixels.
func testStreams(t *testing.T, dir string) {
	for _, row := range readTable(t, filepath.Join(dir, "pixels.sha256")) {
		t.Run(row[0], func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, row[0]))
			if err != nil {
				t.Fatal(err)
			}
			for _, workers := range []int{1, 3} {
				f, err := DecodeWith(data, DecodeOptions{Workers: workers})
				if err != nil {
					t.Fatal(err)
				}
				sum := sha256.Sum256(f.Pix)
				if hex.EncodeToString(sum[:]) != row[1] {
					t.Errorf("%d x %d x %d, %d bits, signed %v: other pixels", f.Width, f.Height, f.Components, f.BitsStored, f.Signed)
				}
			}
		})
	}
}

// TestOriginalStreams decodes what the original server wrote to the very
// pixels it decoded itself.
func TestOriginalStreams(t *testing.T) { testStreams(t, filepath.Join("testdata", "original")) }

// TestStyles decodes streams of another encoder, one for each coding style,
// progression, kind of tiling and of samples.
func TestStyles(t *testing.T) { testStreams(t, filepath.Join("testdata", "styles")) }

// TestHighThroughput decodes streams with high throughput code blocks.
func TestHighThroughput(t *testing.T) { testStreams(t, filepath.Join("testdata", "ht")) }
