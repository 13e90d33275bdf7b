package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// Association is a recorded association.
type Association struct {
	Path     string
	Started  time.Time
	Lasted   time.Duration
	Peer     string
	Outgoing bool
	// Incomplete is why the rest is missing, "" when nothing is.
	Incomplete string

	Proposal *dimse.AssociateRQ // nil when there was none
	Answer   dimse.PDU          // *dimse.AssociateAC, *dimse.AssociateRJ, *dimse.Abort; nil when there was none
	Messages []Message
	// End is how it ended: release, abort, abort of the server, or nothing.
	End string
}

// Message is a recorded message. Its data set stays in the file.
type Message struct {
	At      time.Duration // since the beginning: when its command was complete
	Done    time.Duration // when its data set was complete
	Caller  bool          // from who opened the association
	Context byte
	Syntax  string // transfer syntax of its context
	Command *dimse.Command
	Set     []byte // the command set
	HasData bool
	Pixels  *Pixels // left out

	offset, length int64
}

// Data is the data set of a message, as bytes in the transfer syntax of its context.
func (a *Association) Data(m *Message) ([]byte, error) {
	if !m.HasData {
		return nil, nil
	}
	f, err := os.Open(a.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, m.length)
	if _, err := f.ReadAt(b, m.offset); err != nil {
		return nil, fmt.Errorf("recording %s: %w", a.Path, err)
	}
	return b, nil
}

// Dataset is the data set of a message, parsed; nil when it has none.
func (a *Association) Dataset(m *Message) (*dicom.Dataset, error) {
	b, err := a.Data(m)
	if err != nil || b == nil {
		return nil, err
	}
	ts, ok := dicom.LookupTransferSyntax(m.Syntax)
	if !ok {
		return nil, fmt.Errorf("recording %s: transfer syntax %q is not known", a.Path, m.Syntax)
	}
	return dicom.Parse(b, ts, dicom.ParseOptions{})
}

// Read reads the recording of an association. One that is still written, or was when
// the server was killed, is read as far as it goes.
func Read(path string) (*Association, error) {
	l, err := Follow(path)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if err := l.More(); err != nil {
		return nil, err
	}
	if l.a.Started.IsZero() {
		return nil, fmt.Errorf("recording %s is empty", path)
	}
	return l.a, nil
}

// Live is a recording that is still written.
type Live struct {
	*Association
	reader
	f *os.File
}

// Follow opens a recording that is still written; nothing is read yet.
func Follow(path string) (*Live, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	a := &Association{Path: path}
	return &Live{a, reader{a: a, r: bufio.NewReaderSize(f, 64<<10), syntaxes: map[byte]string{}}, f}, nil
}

// Close closes the file.
func (l *Live) Close() error { return l.f.Close() }

// More reads what was added.
func (l *Live) More() error {
	for {
		at := l.at
		err := l.frame()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			// The rest of a frame may come later.
			l.at = at
			if _, err := l.f.Seek(at, io.SeekStart); err != nil {
				return err
			}
			l.r.Reset(l.f)
			return nil
		}
		if err != nil {
			return fmt.Errorf("recording %s at byte %d: %w", l.Path, l.at, err)
		}
	}
}

type reader struct {
	a        *Association
	r        *bufio.Reader
	at       int64
	syntaxes map[byte]string
	last     [2]int // message without its data set, of each side; number + 1
}

// maxKept bounds frames that are read into memory.
const maxKept = 2 << 20

func (r *reader) frame() error {
	line, err := r.r.ReadBytes('\n')
	if err != nil {
		return err
	}
	r.at += int64(len(line))
	var f Frame
	if err := json.Unmarshal(line, &f); err != nil {
		return err
	}
	offset := r.at
	var body []byte
	if f.Type == "data" {
		_, err = io.CopyN(io.Discard, r.r, f.Length)
	} else {
		if f.Length < 0 || f.Length > maxKept {
			return fmt.Errorf("frame of %d bytes", f.Length)
		}
		body = make([]byte, f.Length)
		_, err = io.ReadFull(r.r, body)
	}
	if err == nil {
		_, err = r.r.ReadByte()
	}
	if err != nil {
		return err
	}
	r.at += f.Length + 1
	r.take(f, body, offset)
	return nil
}

func (r *reader) take(f Frame, body []byte, offset int64) {
	a := r.a
	at := time.Duration(f.MS * float64(time.Millisecond))
	a.Lasted = at
	side := 0
	if !f.Caller {
		side = 1
	}
	switch f.Type {
	case "open":
		if f.Started != nil {
			a.Started = *f.Started
		}
		a.Peer, a.Outgoing = f.Peer, f.Outgoing
	case "pdu":
		r.pdu(f.Caller, body)
	case "command":
		c, err := dimse.ParseCommand(body)
		if err != nil {
			c = &dimse.Command{}
		}
		a.Messages = append(a.Messages, Message{At: at, Done: at, Caller: f.Caller, Context: f.Context, Syntax: r.syntaxes[f.Context], Command: c, Set: body})
		r.last[side] = len(a.Messages)
	case "data":
		if n := r.last[side]; n > 0 {
			m := &a.Messages[n-1]
			m.Done, m.HasData, m.Pixels, m.offset, m.length = at, true, f.Pixels, offset, f.Length
			r.last[side] = 0
		}
	case "end":
		a.Incomplete = f.Incomplete
	}
}

func (r *reader) pdu(caller bool, whole []byte) {
	if len(whole) < 6 {
		return
	}
	p, err := dimse.ParsePDU(dimse.PDUType(whole[0]), whole[6:])
	if err != nil {
		return
	}
	switch p := p.(type) {
	case *dimse.AssociateRQ:
		r.a.Proposal = p
	case *dimse.AssociateAC:
		r.a.Answer = p
		for _, c := range p.Contexts {
			r.syntaxes[c.ID] = c.TransferSyntax
		}
	case *dimse.AssociateRJ:
		r.a.Answer = p
	case *dimse.Abort:
		r.a.End = "abort"
		if !caller {
			r.a.End = "abort of the server"
		}
		if r.a.Answer == nil && !caller {
			r.a.Answer = p
		}
	case *dimse.ReleaseRQ:
		r.a.End = "release"
	}
}

// Events are the events of all days in a folder, in their order. A line that is not
// whole, of a server that was killed, is left out.
func Events(folder string) ([]Event, error) {
	var list []Event
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() != eventsName {
			return err
		}
		return eachLine(path, func(line []byte) error {
			var ev Event
			if json.Unmarshal(line, &ev) == nil {
				list = append(list, ev)
			}
			return nil
		})
	})
	slices.SortStableFunc(list, func(a, b Event) int { return a.At.Compare(b.At) })
	return list, err
}

// eachLine calls f with each line of a file.
func eachLine(path string, f func(line []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 64<<10)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			if err := f(line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
}

// same tells whether two texts are the same but for padding.
func same(a, b string) bool { return strings.TrimRight(a, " \x00") == strings.TrimRight(b, " \x00") }
