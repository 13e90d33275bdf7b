package life

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"time"
)

// Kinds of events.
const (
	Stored    = "stored"    // received, taken in or entered, and in the index
	Refused   = "refused"   // not taken in: its sender was told
	Destroyed = "destroyed" // not kept, as a rule says
	Apart     = "set apart" // in quarantine: a converter failed
	Sent      = "sent"
	Failed    = "failed"    // to be sent; it is tried again
	Given     = "given up"  // refused by the destination, or given up: a dead letter
	Committed = "committed" // its storage was confirmed to who asked
	Missing   = "not committed"
	Changed   = "changed" // modified, merged: what came of it
	Moved     = "moved"   // to another device
	Deleted   = "deleted"
	Forgotten = "taken out of the index"
	Restored  = "restored" // by an undo
	Recovered = "recovered"
)

// Event is something that happened to an object. Empty fields are not known.
type Event struct {
	Seq  uint64 // number, given by [Line.Note]
	Time time.Time
	Kind string

	SOP, Series, Study string // UIDs
	Patient, Accession string
	Peer               string // AE title, or name, of the other side
	By                 string // in whose name, and how

	// Facts are names with their values, in turns: device, file, error ...
	Facts []string
}

// Fact is the value of a fact, "" when there is none.
func (e *Event) Fact(name string) string {
	for i := 0; i+1 < len(e.Facts); i += 2 {
		if e.Facts[i] == name {
			return e.Facts[i+1]
		}
	}
	return ""
}

// Set adds a fact unless its value is empty.
func (e *Event) Set(name, value string) {
	if value != "" {
		e.Facts = append(e.Facts, name, value)
	}
}

// MarshalJSON is the event as an object; facts are a list of pairs, as names may
// come more than once.
func (e Event) MarshalJSON() ([]byte, error) {
	type fact struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	facts := make([]fact, 0, len(e.Facts)/2)
	for i := 0; i+1 < len(e.Facts); i += 2 {
		facts = append(facts, fact{e.Facts[i], e.Facts[i+1]})
	}
	return json.Marshal(struct {
		Seq       uint64    `json:"seq"`
		Time      time.Time `json:"time"`
		Kind      string    `json:"kind"`
		SOP       string    `json:"sop,omitempty"`
		Series    string    `json:"series,omitempty"`
		Study     string    `json:"study,omitempty"`
		Patient   string    `json:"patient,omitempty"`
		Accession string    `json:"accession,omitempty"`
		Peer      string    `json:"peer,omitempty"`
		By        string    `json:"by,omitempty"`
		Facts     []fact    `json:"facts"`
	}{e.Seq, e.Time, e.Kind, e.SOP, e.Series, e.Study, e.Patient, e.Accession, e.Peer, e.By, facts})
}

// The form of an event: number and time, then its texts, each as the length of what
// it shares with the same text of the event before, and the rest. An event alone
// shares nothing.

// fixedTexts is how many texts stand before the facts.
const fixedTexts = 8

// maxFacts and maxText bound what is read, and what is written.
const (
	maxFacts = 400
	maxText  = 2 << 10
)

func (e *Event) texts(to []string) []string {
	to = append(to, e.Kind, e.SOP, e.Series, e.Study, e.Patient, e.Accession, e.Peer, e.By)
	return append(to, e.Facts...)
}

// encoder writes events behind each other.
type encoder struct {
	before, now []string
	lastSeq     uint64
	lastTime    int64
}

func (c *encoder) append(b []byte, e *Event) []byte {
	at := e.Time.UnixMicro()
	b = binary.AppendVarint(b, int64(e.Seq-c.lastSeq))
	b = binary.AppendVarint(b, at-c.lastTime)
	c.now = e.texts(c.now[:0])
	if len(c.now) > fixedTexts+maxFacts {
		c.now = c.now[:fixedTexts+maxFacts]
	}
	b = binary.AppendUvarint(b, uint64(len(c.now)))
	for i, text := range c.now {
		if len(text) > maxText {
			text = text[:maxText]
			c.now[i] = text
		}
		shared := 0
		if i < len(c.before) {
			old := c.before[i]
			for shared < len(text) && shared < len(old) && text[shared] == old[shared] {
				shared++
			}
		}
		b = binary.AppendUvarint(b, uint64(shared))
		b = binary.AppendUvarint(b, uint64(len(text)-shared))
		b = append(b, text[shared:]...)
	}
	c.before, c.now = c.now, c.before
	c.lastSeq, c.lastTime = e.Seq, at
	return b
}

// decoder reads what an encoder wrote.
type decoder struct {
	before   []string
	lastSeq  uint64
	lastTime int64
}

var errDamaged = errors.New("the record of an event is damaged")

func (c *decoder) next(b []byte) (e Event, rest []byte, err error) {
	r := reader{b: b}
	c.lastSeq += uint64(r.varint())
	c.lastTime += r.varint()
	n := int(r.uvarint())
	if r.bad || n < fixedTexts || n > fixedTexts+maxFacts {
		return e, nil, errDamaged
	}
	texts := make([]string, n)
	for i := range texts {
		shared, more := r.uvarint(), r.uvarint()
		if r.bad || more > uint64(len(r.b)) || shared > 0 && (i >= len(c.before) || shared > uint64(len(c.before[i]))) {
			return e, nil, errDamaged
		}
		switch {
		case shared == 0:
			texts[i] = string(r.b[:more])
		case more == 0 && shared == uint64(len(c.before[i])):
			texts[i] = c.before[i]
		default:
			texts[i] = c.before[i][:shared] + string(r.b[:more])
		}
		r.b = r.b[more:]
	}
	c.before = texts
	e = Event{
		Seq: c.lastSeq, Time: time.UnixMicro(c.lastTime), Kind: texts[0], SOP: texts[1], Series: texts[2], Study: texts[3],
		Patient: texts[4], Accession: texts[5], Peer: texts[6], By: texts[7], Facts: texts[fixedTexts:],
	}
	return e, r.b, nil
}

type reader struct {
	b   []byte
	bad bool
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.skip(n)
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.skip(n)
	return v
}

func (r *reader) skip(n int) {
	if n <= 0 || r.bad {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[n:]
}

// A record of the log is its length, its checksum, and an event alone.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const recordHead = 8

func appendRecord(b []byte, e *Event) []byte {
	at := len(b)
	b = append(b, make([]byte, recordHead)...)
	var c encoder
	b = c.append(b, e)
	body := b[at+recordHead:]
	binary.LittleEndian.PutUint32(b[at:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(body, castagnoli))
	return b
}

// nextRecord reads a record; n is its length, 0 when there is no whole one.
func nextRecord(b []byte) (e Event, n int, err error) {
	if len(b) < recordHead {
		return e, 0, nil
	}
	size := int(binary.LittleEndian.Uint32(b))
	if size > (fixedTexts+maxFacts)*(maxText+32) {
		return e, 0, errDamaged
	}
	if len(b) < recordHead+size {
		return e, 0, nil
	}
	body := b[recordHead : recordHead+size]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return e, 0, errDamaged
	}
	var c decoder
	e, _, err = c.next(body)
	return e, recordHead + size, err
}
