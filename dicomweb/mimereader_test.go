package dicomweb

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// readParts reads all parts of a body as text, parted by bars.
func readParts(r io.Reader, boundary string) (string, error) {
	b := newBodyParts(r, boundary)
	var list []string
	for {
		p, err := b.next()
		if errors.Is(err, io.EOF) {
			return strings.Join(list, "|"), nil
		}
		if err != nil {
			return strings.Join(list, "|"), err
		}
		text, err := io.ReadAll(p)
		if err != nil {
			return strings.Join(list, "|"), err
		}
		list = append(list, p.header["content-type"]+":"+string(text))
	}
}

// TestBodyParts holds reading of multipart bodies (RFC 2046 section 5.1.1).
func TestBodyParts(t *testing.T) {
	long := strings.Repeat("x", 3*partBuffer) + "\r\n--b" // not a delimiter: text follows
	for _, c := range []struct {
		name, body, want string
		err              error
	}{
		{"one", "--b\r\nContent-Type: a/b\r\n\r\nhello\r\n--b--\r\n", "a/b:hello", nil},
		{"two, folded and odd headers", "--b\r\ncontent-TYPE:a/b;\r\n x=1\r\n\r\n1\r\n--b \t\r\n\r\n2\r\n--b--", "a/b; x=1:1|:2", nil},
		{"preamble and epilogue", "\r\nhi\r\n--b\r\n\r\n1\r\n--b--\r\nbye\r\n--b\r\n\r\n2", ":1", nil},
		{"empty part", "--b\r\n\r\n\r\n--b--", ":", nil},
		{"delimiter within", "--b\r\n\r\n1\r\n--bc\r\n--b2\r\n--b--", ":1\r\n--bc\r\n--b2", nil},
		{"long", "--b\r\n\r\n" + long + "y\r\n--b--", ":" + long + "y", nil},
		{"no end", "--b\r\n\r\n1", "", errEnds},
		{"no parts", "", "", errEnds},
		{"headers without end", "--b\r\nA: b\r\n", "", errEnds},
		{"no header", "--b\r\nhello\r\n\r\n1\r\n--b--", "", errHeaders},
		{"too much header", "--b\r\nA: " + strings.Repeat("x", maxPartHeader) + "\r\n\r\n1\r\n--b--", "", errHeaders},
	} {
		for how, r := range map[string]io.Reader{"at once": strings.NewReader(c.body), "by bytes": iotest.OneByteReader(strings.NewReader(c.body))} {
			got, err := readParts(r, "b")
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%s, %s: %.80q %v, want %.80q %v", c.name, how, got, err, c.want, c.err)
			}
		}
	}
}

func FuzzBodyParts(f *testing.F) {
	f.Add("--b\r\nContent-Type: a/b\r\n\r\nhello\r\n--b--\r\n", "b")
	f.Add("--b\r\n\r\n\r\n--b\r\n\r\n--b--", "b")
	f.Fuzz(func(t *testing.T, body, boundary string) {
		if boundary == "" || len(boundary) > maxBoundary || strings.ContainsAny(boundary, "\r\n") {
			return
		}
		whole, err1 := readParts(strings.NewReader(body), boundary)
		slow, err2 := readParts(iotest.OneByteReader(strings.NewReader(body)), boundary)
		if whole != slow || (err1 == nil) != (err2 == nil) {
			t.Errorf("%q %v at once, %q %v by bytes", whole, err1, slow, err2)
		}
	})
}
