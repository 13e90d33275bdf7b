package dicomweb

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

// TestPackedJoined holds that packed texts joined with plain ones are one gzip
// stream with a right CRC, and the same text unpacked.
func TestPackedJoined(t *testing.T) {
	texts := []string{"", "a", strings.Repeat("abc", 50000), "z"}
	var packs [][]byte
	for _, s := range texts {
		var b bytes.Buffer
		p := newPacker(&b)
		io.WriteString(p, s)
		if err := p.end(); err != nil {
			t.Fatal(err)
		}
		x := packed{tag: "t", length: p.length, crc: p.crc.Sum32()}
		packs = append(packs, append(x.head(), b.Bytes()...))
	}
	join := func(j joiner) {
		for i, b := range packs {
			p, err := readPacked(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if err := j.packed(p); err != nil {
				t.Fatal(err)
			}
			if err := j.text(strings.Repeat(",", i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.end(); err != nil {
			t.Fatal(err)
		}
	}
	want := texts[0] + texts[1] + "," + texts[2] + ",," + texts[3] + ",,,"
	var plain, zipped bytes.Buffer
	join(&plainJoiner{&plain})
	join(newGzipJoiner(&zipped))
	z, err := gzip.NewReader(&zipped)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || string(got) != want || plain.String() != want {
		t.Errorf("%v; %d and %d bytes, want %d", err, len(got), plain.Len(), len(want))
	}
}
