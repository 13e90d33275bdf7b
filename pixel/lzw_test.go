package pixel

import (
	"bytes"
	"compress/lzw"
	"io"
	"math/rand/v2"
	"testing"
)

// TestLZW reads the codes back, also where the table is full, at its end and
// beyond.
func TestLZW(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 3, 255, 3838, 3839, 3840, 3841, 5000, 300000} {
		for _, spread := range []int{1, 4, 256} {
			pix := make([]byte, n)
			for i := range pix {
				pix[i] = byte(rng.IntN(spread))
			}
			var b bytes.Buffer
			if err := (&lzwCodes{w: &b}).compress(pix); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(lzw.NewReader(&b, lzw.LSB, 8))
			if err != nil || !bytes.Equal(got, pix) {
				t.Errorf("%d pixels of %d values: %d read, %v", n, spread, len(got), err)
			}
		}
	}
}
