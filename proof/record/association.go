package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/proof/wire"
)

// inMemory is how much of a data set is collected in memory; more goes to a file.
const inMemory = 4 << 20

// association is the recording of one association while it lasts.
type association struct {
	r        *Recorder
	path     string
	began    time.Time
	peer     string
	outgoing bool

	mu       sync.Mutex // guards below
	f        *os.File
	w        *bufio.Writer
	err      error
	syntaxes map[byte]string
	sides    [2]side // 0: of who opened the association
}

// side is one direction.
type side struct {
	stream wire.Stream
	data   []byte
	spool  *os.File // data when it is too large for memory
	size   int64
}

func newAssociation(r *Recorder, path string, began time.Time, peer string, outgoing bool) *association {
	a := &association{r: r, path: path, began: began, peer: peer, outgoing: outgoing, syntaxes: map[byte]string{}}
	for i := range a.sides {
		a.sides[i].stream = wire.Stream{
			PDU: func(kind dimse.PDUType, whole []byte) { a.pdu(i == 0, kind, whole) },
			Command: func(c byte, set []byte) {
				a.frame(Frame{Type: "command", Caller: i == 0, Context: c}, set)
				a.grew(i)
			},
			Data: func(c byte, part []byte, last bool) { a.data(i, c, part, last) },
		}
	}
	return a
}

// begin opens the file: nothing is recorded of who says nothing.
func (a *association) begin() {
	f, err := create(a.path, os.O_EXCL)
	if err != nil {
		a.r.opt.Tell("*** association is not recorded", "error", err)
		a.fail(err)
		return
	}
	a.r.open.Store(a.path, true)
	a.f, a.w = f, bufio.NewWriterSize(f, 64<<10)
	a.frame(Frame{Type: "open", Started: &a.began, Peer: a.peer, Outgoing: a.outgoing}, nil)
}

// Received is a [dimse.Tap].
func (a *association) Received(b []byte) { a.follow(b, a.outgoing) }

// Sent is a [dimse.Tap].
func (a *association) Sent(b []byte) { a.follow(b, !a.outgoing) }

// follow takes bytes of one direction; answer is that of who was called.
func (a *association) follow(b []byte, answer bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return
	}
	if a.f == nil {
		a.begin()
	}
	i := 0
	if answer {
		i = 1
	}
	if err := a.sides[i].stream.Write(b); err != nil {
		a.fail(err)
	}
}

// fail ends the recording, not the association.
func (a *association) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// Ended is a [dimse.Tap].
func (a *association) Ended() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.f == nil {
		a.err = os.ErrClosed
		return
	}
	end := Frame{Type: "end"}
	if err := a.err; err != nil {
		end.Incomplete, a.err = err.Error(), nil
	}
	a.frame(end, nil)
	err := errors.Join(a.err, a.w.Flush(), a.f.Close())
	a.err = os.ErrClosed
	for i := range a.sides {
		a.sides[i].reset()
	}
	a.r.open.Delete(a.path)
	if a.r.opt.Progress != nil {
		a.r.opt.Progress(a.path, true)
	}
	if err != nil {
		a.r.opt.Tell("*** association is not recorded whole", "file", a.path, "error", err)
	}
}

// frame writes a frame.
func (a *association) frame(f Frame, body []byte) {
	f.Length = int64(len(body))
	a.write(f, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
}

func (a *association) write(f Frame, body func(io.Writer) error) {
	if a.err != nil {
		return
	}
	f.MS = float64(time.Since(a.began).Microseconds()) / 1000
	head, err := json.Marshal(f)
	if err == nil {
		_, err = a.w.Write(append(head, '\n'))
	}
	if err == nil {
		err = body(a.w)
	}
	if err == nil {
		err = a.w.WriteByte('\n')
	}
	if err != nil {
		a.fail(err)
		return
	}
	a.r.wrote(int64(len(head)) + f.Length + 2)
}

// grew tells of an answer.
func (a *association) grew(side int) {
	if a.r.opt.Progress == nil || side == 0 || a.err != nil {
		return
	}
	if err := a.w.Flush(); err != nil {
		a.fail(err)
		return
	}
	a.r.opt.Progress(a.path, false)
}

func (a *association) pdu(caller bool, kind dimse.PDUType, whole []byte) {
	if kind == dimse.PDUAssociateAC {
		if p, err := dimse.ParsePDU(kind, whole[6:]); err == nil {
			for _, c := range p.(*dimse.AssociateAC).Contexts {
				a.syntaxes[c.ID] = c.TransferSyntax
			}
		}
	}
	a.frame(Frame{Type: "pdu", Caller: caller}, whole)
}

// data collects a data set.
func (a *association) data(i int, context byte, part []byte, last bool) {
	s := &a.sides[i]
	if err := s.add(part, filepath.Dir(a.path)); err != nil {
		a.fail(err)
		return
	}
	if !last {
		return
	}
	defer a.grew(i)
	defer s.reset()
	f := Frame{Type: "data", Caller: i == 0, Context: context, Length: s.size}
	if a.outgoing || !a.r.opt.Pixels {
		if b, pixels, ok := WithoutPixels(s.reader(), s.size, a.syntaxes[context]); ok {
			f.Pixels = pixels
			a.frame(f, b)
			return
		}
	}
	a.write(f, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(s.reader(), 0, s.size))
		return err
	})
}

func (s *side) add(part []byte, folder string) error {
	s.size += int64(len(part))
	if s.spool == nil && len(s.data)+len(part) <= inMemory {
		s.data = append(s.data, part...)
		return nil
	}
	if s.spool == nil {
		f, err := os.CreateTemp(folder, "spool") // mode 0600
		if err != nil {
			return err
		}
		s.spool = f
		if _, err := f.Write(s.data); err != nil {
			return err
		}
		s.data = nil
	}
	_, err := s.spool.Write(part)
	return err
}

func (s *side) reader() io.ReaderAt {
	if s.spool != nil {
		return s.spool
	}
	return bytesAt(s.data)
}

func (s *side) reset() {
	if s.spool != nil {
		s.spool.Close()
		_ = os.Remove(s.spool.Name()) // an old file at worst, which its age removes
		s.spool = nil
	}
	s.data, s.size = s.data[:0], 0
	if cap(s.data) > 1<<20 {
		s.data = nil
	}
}

// WithoutPixels is a data set without its pixel data; ok is false when it has none
// or can not be read.
func WithoutPixels(r io.ReaderAt, size int64, syntax string) (b []byte, left *Pixels, ok bool) {
	ts, known := dicom.LookupTransferSyntax(syntax)
	if !known {
		return nil, nil, false
	}
	ds, err := dicom.ParseReaderAt(r, 0, size, ts, dicom.ParseOptions{BulkThreshold: 64 << 10})
	if err != nil || ds == nil {
		return nil, nil, false
	}
	if left = takePixels(ds); left == nil {
		return nil, nil, false
	}
	b, err = dicom.Append(nil, ds, ts)
	return b, left, err == nil
}
