package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"conquest/dimse"
)

// fragment is a PDV.
func fragment(context, control byte, b string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(b)+2))
	return append(append(out, context, control), b...)
}

func data(pdvs ...[]byte) []byte {
	body := bytes.Join(pdvs, nil)
	return append(binary.BigEndian.AppendUint32([]byte{4, 0}, uint32(len(body))), body...)
}

// told is what a stream tells of bytes that come in pieces of a size.
func told(b []byte, size int) (list []string, err error) {
	var set []byte
	s := &Stream{
		PDU:     func(kind dimse.PDUType, whole []byte) { list = append(list, fmt.Sprintf("PDU %d: %x", kind, whole)) },
		Command: func(c byte, b []byte) { list = append(list, fmt.Sprintf("command on %d: %s", c, b)) },
		Data: func(c byte, part []byte, last bool) {
			if set = append(set, part...); last {
				list = append(list, fmt.Sprintf("data on %d: %s", c, set))
				set = nil
			}
		},
	}
	for len(b) > 0 {
		n := min(size, len(b))
		if err = s.Write(b[:n]); err != nil {
			return list, err
		}
		b = b[n:]
	}
	return list, nil
}

func TestStreamIsReadInAnyPieces(t *testing.T) {
	release := []byte{5, 0, 0, 0, 0, 4, 0, 0, 0, 0}
	all := bytes.Join([][]byte{
		data(fragment(1, 1, "com"), fragment(1, 3, "mand")), data(fragment(1, 0, "first ")), data(fragment(1, 2, "second")),
		data(fragment(3, 3, "other"), fragment(3, 2, "")), release,
	}, nil)
	want := fmt.Sprint([]string{"command on 1: command", "data on 1: first second", "command on 3: other", "data on 3: ", fmt.Sprintf("PDU 5: %x", release)})
	for size := 1; size <= len(all); size++ {
		got, err := told(all, size)
		if err != nil || fmt.Sprint(got) != want {
			t.Fatalf("pieces of %d: %v\n%v\n%v", size, err, got, want)
		}
	}
}

func TestWhatIsNoAssociationEndsTheStream(t *testing.T) {
	for name, b := range map[string][]byte{
		"too long a PDU":      {1, 0, 0xff, 0xff, 0xff, 0xff},
		"fragment beyond PDU": data(fragment(1, 3, "x"))[:10],
		"GET":                 []byte("GET / HTTP/1.1\r\n\r\n"),
		"no room for header":  {4, 0, 0, 0, 0, 3, 1, 2, 3},
	} {
		if name == "fragment beyond PDU" {
			b = append([]byte{4, 0, 0, 0, 0, 8}, 0, 0, 0, 99, 1, 3, 0, 0)
		}
		if got, err := told(b, 3); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(data(fragment(1, 3, "command"), fragment(1, 2, "data")), 5)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		a, err1 := told(b, len(b)+1)
		c, err2 := told(b, max(size%64, 1))
		if (err1 == nil) != (err2 == nil) || err1 == nil && fmt.Sprint(a) != fmt.Sprint(c) {
			t.Errorf("%v %v\n%v %v", a, err1, c, err2)
		}
	})
}
