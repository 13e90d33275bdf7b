package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// repeated is a stream of one piece over and over.
type repeated struct {
	piece []byte
	size  int64
}

func (r repeated) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < r.size {
		k := copy(p[n:], r.piece[off%int64(len(r.piece)):])
		k = int(min(int64(k), r.size-off))
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// allocated is how many megabytes f leaves in use at most, garbage included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) >> 20
}

// TestMemory parses data that want much more memory than they have bytes, or
// are large themselves.
func TestMemory(t *testing.T) {
	header := func(tag Tag, vr string, n int) []byte {
		b := binary.LittleEndian.AppendUint16(nil, tag.Group())
		b = binary.LittleEndian.AppendUint16(b, tag.Element())
		b = append(b, vr...)
		return binary.LittleEndian.AppendUint32(append(b, 0, 0), uint32(n))
	}
	ofMB := append(header(0x00091001, "OB", 1<<20), make([]byte, 1<<20)...)
	small := append(header(0x00091001, "OB", 300), make([]byte, 300)...)
	items := append(header(0x00081140, "SQ", -1), unhex(t, strings.Repeat("feff 00e0 00000000 ", 1<<20))...)
	for _, test := range []struct {
		name  string
		r     repeated
		bulk  int64
		err   error
		limit uint64 // MB
	}{
		{"empty items", repeated{bytes.Repeat(items, 1), 8<<20 + 12}, 0, ErrTooShort, 400},
		{"empty elements", repeated{unhex(t, "0900 0110 'LO' 0000"), 40 << 20}, 0, ErrTooMany, 800},
		{"values of 1 MB", repeated{ofMB, 300 * int64(len(ofMB))}, 1 << 20, nil, 100},
		{"values of 300 bytes", repeated{small, 800_000 * int64(len(small))}, 1 << 20, nil, 800},
		{"one value", repeated{append(header(0x00091001, "OB", 1<<30), 1, 2, 3, 4), 1<<30 + 12}, 1 << 20, nil, 10},
	} {
		var d *Dataset
		var err error
		mb := allocated(func() {
			d, err = ParseReaderAt(test.r, 0, test.r.size, explicitLE, ParseOptions{BulkThreshold: test.bulk})
		})
		if !errors.Is(err, test.err) || mb > test.limit {
			t.Errorf("%s: %v, %d MB", test.name, err, mb)
		}
		t.Logf("%s: %d elements, %d MB", test.name, d.Len(), mb)
	}
}

func TestManyItems(t *testing.T) {
	b := append(unhex(t, "0800 4011 'SQ' 0000 ffffffff"), bytes.Repeat(unhex(t, "feff 00e0 00000000"), 6<<20)...)
	if _, err := Parse(b, explicitLE, ParseOptions{}); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	for _, in := range []string{`{"00081140":{"vr":"SQ","Value":[` + strings.Repeat("{},", 3<<20) + `{}]}}`, `{"00080008":{"vr":"CS","Value":[` + strings.Repeat("null,", 3<<20) + `null]}}`} {
		if _, err := ParseJSON([]byte(in), ParseJSONOptions{}); !errors.Is(err, ErrTooMany) {
			t.Error(err)
		}
	}
}

// purse is a budget of so many bytes.
type purse int64

var errEmptyPurse = errors.New("no memory left")

func (p *purse) Take(n int64) error {
	if n > int64(*p) {
		return errEmptyPurse
	}
	*p -= purse(n)
	return nil
}

func TestBudget(t *testing.T) {
	var deflated bytes.Buffer
	zw, _ := flate.NewWriter(&deflated, flate.BestSpeed)
	zw.Write(append(unhex(t, "e07f 1000 'OW' 0000 00005000"), make([]byte, 5<<20)...))
	zw.Close()
	full := purse(6 << 20)
	if d, err := Parse(deflated.Bytes(), deflatedLE, ParseOptions{Budget: &full}); err != nil || len(d.Value(PixelData)) != 5<<20 {
		t.Error(err)
	}
	items := append(unhex(t, "0800 4011 'SQ' 0000 ffffffff"), bytes.Repeat(unhex(t, "feff 00e0 00000000"), 1<<19)...)
	for name, try := range map[string]func(Budget) error{
		"deflated": func(b Budget) error {
			_, err := Parse(deflated.Bytes(), deflatedLE, ParseOptions{Budget: b})
			return err
		},
		"items": func(b Budget) error {
			_, err := Parse(items, explicitLE, ParseOptions{Budget: b})
			return err
		},
		"file": func(b Budget) error {
			_, err := ParseReaderAt(bytes.NewReader(append(unhex(t, "e07f 1000 'OW' 0000 00005000"), make([]byte, 5<<20)...)), 0, 5<<20+12, explicitLE, ParseOptions{Budget: b})
			return err
		},
		"JSON": func(b Budget) error {
			_, err := ParseJSON([]byte(`{"00081140":{"vr":"SQ","Value":[`+strings.Repeat("{},", 1<<17)+`{}]}}`), ParseJSONOptions{Budget: b})
			return err
		},
	} {
		p := purse(2 << 20)
		if err := try(&p); !errors.Is(err, errEmptyPurse) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInflateBomb refuses zeros that were deflated without much memory.
func TestInflateBomb(t *testing.T) {
	var b bytes.Buffer
	zw, _ := flate.NewWriter(&b, flate.BestCompression)
	for range 400 {
		zw.Write(make([]byte, 1<<20))
	}
	zw.Close()
	var err error
	mb := allocated(func() { _, err = Parse(b.Bytes(), deflatedLE, ParseOptions{}) })
	if !errors.Is(err, ErrInflate) || mb > 10 {
		t.Errorf("%d bytes: %v, %d MB", b.Len(), err, mb)
	}
}
