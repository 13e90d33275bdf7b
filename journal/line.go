package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"sync"
)

// A line is "CHECKSUM ACT NUMBER[ REST]\n": the checksum, eight hexadecimal
// digits, is that of all after the blank behind it.
const (
	actAdd  = '+' // an entry; the rest is its data. A later one of the same number replaces it
	actDone = '-'
	actNext = '#' // the number of the next entry
)

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// line is one line of a journal.
type line struct {
	act  byte
	id   uint64
	data []byte // of actAdd
	// plain tells that an earlier version wrote it, and anonymous that it had no
	// number then.
	plain, anonymous bool
}

func (l line) append(to []byte) []byte {
	text := fmt.Appendf(nil, "%c %d", l.act, l.id)
	if l.act == actAdd {
		text = append(append(text, ' '), l.data...)
	}
	to = fmt.Appendf(to, "%08x ", crc32.Checksum(text, castagnoli()))
	return append(append(to, text...), '\n')
}

// parseLine reads a line without its end.
func parseLine(text []byte) (l line, ok bool) {
	if len(text) > 0 && text[0] == '{' {
		return parsePlain(text)
	}
	sum, rest, found := bytes.Cut(text, []byte{' '})
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !found || len(sum) != 8 || err != nil || uint32(want) != crc32.Checksum(rest, castagnoli()) || len(rest) < 3 || rest[1] != ' ' {
		return l, false
	}
	l.act = rest[0]
	number, rest, _ := bytes.Cut(rest[2:], []byte{' '})
	if l.id, err = strconv.ParseUint(string(number), 10, 64); err != nil {
		return l, false
	}
	switch l.act {
	case actAdd:
		l.data = rest
	case actDone, actNext:
	default:
		return l, false
	}
	return l, true
}

// parsePlain reads a line of earlier versions. One that was written behind a torn
// one is found by its beginning.
func parsePlain(text []byte) (l line, ok bool) {
	for {
		var p struct {
			ID   *uint64         `json:"id"`
			Done bool            `json:"done"`
			Work json.RawMessage `json:"work"`
		}
		if err := json.Unmarshal(text, &p); err == nil {
			switch {
			case p.ID == nil:
				return line{act: actAdd, data: text, plain: true, anonymous: true}, true
			case p.Done:
				return line{act: actDone, id: *p.ID, plain: true}, true
			}
			return line{act: actAdd, id: *p.ID, data: p.Work, plain: true}, len(p.Work) > 0
		}
		i := bytes.Index(text[1:], []byte(`{"id":`))
		if i < 0 {
			return l, false
		}
		text = text[1+i:]
	}
}
