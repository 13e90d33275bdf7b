package marker

import (
	"bytes"
	"errors"
	"testing"
)

func TestNext(t *testing.T) {
	data := []byte{0xFF, 0xD8, 7, 0xFF, 0x00, 0xFF, 0x7F, 0xFF, 0xD1, 0xFF, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xD9}
	m, segment, end, err := Next(data, 0, 0x80)
	if m != 0xE0 || !bytes.Equal(segment, []byte{1, 2}) || end != 16 || err != nil {
		t.Errorf("%02X %x %d %v", m, segment, end, err)
	}
	if m, _, end, err := Next(data, end, 0x80); m != 0xD9 || end != len(data) || err != nil {
		t.Errorf("%02X %d %v", m, end, err)
	}
	for n := range 16 {
		if _, _, _, err := Next(data[:n], 0, 0x80); !errors.Is(err, ErrTruncated) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
