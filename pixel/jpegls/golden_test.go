package jpegls

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// TestGoldenBytes: what Encode writes stays the same to the byte, in every mode,
// depth and shape.
func TestGoldenBytes(t *testing.T) {
	h := sha256.New()
	for bits := 2; bits <= 16; bits++ {
		for _, near := range []int{0, 1, 2, 7} {
			if near > (1<<uint(bits)-1)/2 {
				continue
			}
			for _, components := range []int{1, 3, 4} {
				for interleave := InterleaveNone; interleave <= InterleaveSample; interleave++ {
					for _, size := range [][3]int{{61, 47, 0}, {61, 47, 7}, {1, 5, 0}, {9, 1, 0}, {200, 130, 0}} {
						data, err := Encode(picture(t, size[0], size[1], components, bits), EncodeOptions{Near: near, Interleave: interleave, RestartInterval: size[2]})
						if err != nil {
							t.Fatal(err)
						}
						h.Write(data)
					}
				}
			}
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != golden {
		t.Errorf("other bytes: %s", got)
	}
}

const golden = "a480aa7ebad0ba6c1c9c0c19564b6fe2ba2ee6f45c8fd19e1dc3eeca7870c552"
