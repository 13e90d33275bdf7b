package dimse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"conquest/dicom"
)

// flushSize is how many bytes of PDUs are collected for one write.
const flushSize = 256 << 10

// armWrite sets the write deadline, as seldom as [readTimer.arm] does.
func (a *Association) armWrite() {
	if now := time.Now(); now.Sub(a.writeSet) > a.opt.WriteTimeout/16 {
		a.conn.SetWriteDeadline(now.Add(a.opt.WriteTimeout))
		a.writeSet = now
	}
}

// Send writes one message. Requests with a message ID of 0 get the next of the
// association; HasData is set from data. The data set is encoded in the
// context's syntax; encoded data must be in that syntax already. After an error
// before anything was sent the association is still usable (Err is nil).
func (a *Association) Send(pc *PresentationContext, c *Command, data *Data) error {
	if pc == nil || !pc.Accepted() {
		return ErrNoContext
	}
	if err := data.fits(pc); err != nil {
		return err
	}
	if act, err := a.step(evSendData); err != nil || act != dt1 && act != ar7 {
		return fmt.Errorf("send message: %w", firstError(err, ErrState))
	}
	c.HasData = data != nil
	if c.MessageID == 0 && !c.Field.IsResponse() && c.Field != CCancelRQ {
		c.MessageID = a.nextMessageID()
	}
	a.wmu.Lock()
	defer a.wmu.Unlock()
	return a.sendLocked(pc, c, data)
}

func (a *Association) nextMessageID() uint16 {
	a.lastMessageID++
	if a.lastMessageID == 0 {
		a.lastMessageID = 1
	}
	return a.lastMessageID
}

func (a *Association) sendLocked(pc *PresentationContext, c *Command, data *Data) error {
	size := data.encodedSize(pc.TransferSyntax)
	pooled := size > 32<<10
	if pooled {
		if err := a.writeHeld(); err != nil {
			return err
		}
	}
	held := len(a.out)
	w := pdvWriter{a: a, id: pc.ID, buf: a.out, open: -1, size: size}
	if pooled {
		w.buf = receiveBuffers.get(flushSize + a.maxFragment + 12)
	}
	hold := c.Field == CFindRSP && c.Status.IsPending() && !pooled && held < holdSize
	err := w.message(pc, c, data, hold)
	switch {
	case pooled:
		receiveBuffers.put(w.buf)
	case err == nil && hold && !w.sent:
		a.out = w.buf
		if held == 0 {
			time.AfterFunc(holdTime, a.flushHeld)
		}
		return nil
	case err != nil && !w.sent:
		a.out = w.buf[:held]
	case cap(w.buf) <= 64<<10:
		a.out = w.buf[:0]
	default:
		a.out = nil
	}
	if err == nil || !w.sent {
		return err
	}
	return a.broken(err)
}

// Pending C-FIND responses are collected for one write: at most holdSize bytes,
// for at most holdTime.
const (
	holdSize = 32 << 10
	holdTime = 2 * time.Millisecond
)

// flushHeld writes the responses that are held.
func (a *Association) flushHeld() {
	a.wmu.Lock()
	defer a.wmu.Unlock()
	a.writeHeld()
}

// writeHeld is flushHeld with wmu held.
func (a *Association) writeHeld() error {
	if len(a.out) == 0 {
		return nil
	}
	a.armWrite()
	_, err := a.wire.Write(a.out)
	a.out = a.out[:0]
	if err != nil {
		return a.broken(err)
	}
	return nil
}

// broken ends the association after a failed write.
func (a *Association) broken(err error) error {
	a.step(evClosed)
	err = a.end(fmt.Errorf("send message: %w", err))
	a.shut()
	return err
}

// fits tells whether the data can be written on pc as it is.
func (d *Data) fits(pc *PresentationContext) error {
	switch {
	case d == nil:
		return nil
	case d.ds == nil:
		if d.syntax.UID != pc.TransferSyntax.UID {
			return fmt.Errorf("data set is encoded in %s, context %d wants %s: %w", d.syntax.UID, pc.ID, pc.TransferSyntax.UID, ErrNoContext)
		}
		return nil
	}
	e := d.ds.Get(dicom.PixelData)
	if e == nil || e.IsEmpty() {
		return nil
	}
	if (e.Fragments != nil) != pc.TransferSyntax.Encapsulated {
		return fmt.Errorf("pixel data are in %s, context %d wants %s: %w", d.ds.TransferSyntax().UID, pc.ID, pc.TransferSyntax.UID, ErrNoContext)
	}
	return nil
}

// encodedSize is about how many bytes the data has in ts.
func (d *Data) encodedSize(ts dicom.TransferSyntax) int64 {
	switch {
	case d == nil:
		return 0
	case d.ds != nil:
		return dicom.EncodedSize(d.ds, ts)
	}
	return d.size
}

// pdvWriter cuts a message into P-DATA-TF PDUs of one PDV each and writes many
// of them at once.
type pdvWriter struct {
	a       *Association
	id      byte
	command bool
	buf     []byte
	open    int   // where the PDU being filled begins, -1 when none is
	sent    bool  // something was written
	size    int64 // of the data set
}

const pdvOverhead = 12 // headers of PDU and PDV

// message writes command and data set; with hold they stay in the buffer when
// they fit.
func (w *pdvWriter) message(pc *PresentationContext, c *Command, data *Data, hold bool) error {
	if err := w.writeCommand(c); err != nil {
		return err
	}
	if data != nil {
		if err := data.writeTo(w, pc.TransferSyntax); err != nil {
			return err
		}
		w.finish(true)
	}
	if hold && !w.sent {
		return nil
	}
	return w.flush()
}

// writeCommand encodes a small command straight into its PDU.
func (w *pdvWriter) writeCommand(c *Command) error {
	w.command = true
	w.begin()
	var err error
	if w.buf, err = c.Append(w.buf); err != nil {
		return fmt.Errorf("encode command: %w", err)
	}
	if n := len(w.buf) - w.open - pdvOverhead; n > w.a.maxFragment {
		encoded := append([]byte(nil), w.buf[w.open+pdvOverhead:]...)
		w.buf = w.buf[:w.open+pdvOverhead]
		if _, err := w.Write(encoded); err != nil {
			return err
		}
	}
	w.finish(true)
	w.command = false
	return nil
}

// begin opens a PDU.
func (w *pdvWriter) begin() {
	w.open = len(w.buf)
	w.buf = append(w.buf, byte(PDUData), 0, 0, 0, 0, 0, 0, 0, 0, 0, w.id, 0)
}

// finish completes the open PDU, or an empty one.
func (w *pdvWriter) finish(last bool) {
	if w.open < 0 {
		w.begin()
	}
	h := w.buf[w.open:]
	binary.BigEndian.PutUint32(h[2:], uint32(len(h)-6))
	binary.BigEndian.PutUint32(h[6:], uint32(len(h)-10))
	h[11] = pdvFlags(w.command, last)
	w.open = -1
}

// Write adds p to the message.
func (w *pdvWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k, err := w.room(int64(len(p)))
		if err != nil {
			return n - len(p), err
		}
		w.buf = append(w.buf, p[:k]...)
		p = p[k:]
	}
	return n, nil
}

// KeepBulk reads a value from its file straight into PDUs; it makes the writer a
// [dicom.BulkKeeper].
func (w *pdvWriter) KeepBulk(b *dicom.Bulk) error {
	for off, left := b.Offset, b.Length; left > 0; {
		k, err := w.room(left)
		if err != nil {
			return err
		}
		at := len(w.buf)
		w.buf = slices.Grow(w.buf, k)[:at+k]
		if n, err := b.Source.ReadAt(w.buf[at:], off); n < k {
			return fmt.Errorf("read value from file: %w", firstError(noEOF(err), io.ErrUnexpectedEOF))
		}
		off, left = off+int64(k), left-int64(k)
	}
	return nil
}

// room makes a PDU ready that takes up to n further bytes and tells how many.
func (w *pdvWriter) room(n int64) (int, error) {
	if w.open >= 0 && len(w.buf)-w.open-pdvOverhead >= w.a.maxFragment {
		w.finish(false)
	}
	if w.open < 0 {
		if len(w.buf) >= flushSize {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
		w.begin()
	}
	return int(min(n, int64(w.a.maxFragment-(len(w.buf)-w.open-pdvOverhead)))), nil
}

// flush writes the finished PDUs.
func (w *pdvWriter) flush() error {
	w.a.armWrite()
	w.sent = true
	_, err := w.a.wire.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// writeTo encodes the data in ts.
func (d *Data) writeTo(w *pdvWriter, ts dicom.TransferSyntax) error {
	switch {
	case d.ds != nil:
		if err := d.encodeTo(w, ts); err != nil {
			return fmt.Errorf("encode data set: %w", err)
		}
		return nil
	case d.InMemory():
		_, err := w.Write(d.buf)
		return err
	}
	buf := receiveBuffers.get(128 << 10)
	defer receiveBuffers.put(buf)
	n, err := io.CopyBuffer(onlyWriter{w}, io.NewSectionReader(d.source, d.offset, d.size), buf[:cap(buf)])
	if err == nil && n != d.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("send data set from file: %w", err)
	}
	return nil
}

// encodeTo encodes a small data set straight into its PDU.
func (d *Data) encodeTo(w *pdvWriter, ts dicom.TransferSyntax) (err error) {
	if ts.Deflated || w.size > int64(w.a.maxFragment) || w.size > 32<<10 {
		return dicom.Encode(w, d.ds, ts)
	}
	w.begin()
	w.buf, err = dicom.Append(w.buf, d.ds, ts)
	return err
}

type onlyWriter struct{ io.Writer }

// Reply answers m on its context: c.Field, MessageIDRespondedTo and, when both
// are empty, the affected SOP class are filled in from m. data may be nil.
func (a *Association) Reply(m *Message, c Command, data *Data) error {
	c.Field = m.Command.Field.Response()
	c.MessageIDRespondedTo = m.Command.MessageID
	if c.SOPClassUID() == "" {
		c.AffectedSOPClassUID = m.Command.SOPClassUID()
	}
	c.Initiator, c.Receiver = m.Command.Initiator, m.Command.Receiver
	if m.Command.Field == CStoreRQ {
		c.Initiator, c.Receiver = c.Receiver, c.Initiator
	}
	if !c.Status.IsPending() {
		a.answered.Store(uint32(c.Status))
	}
	return a.Send(m.Context, &c, data)
}

// Answered is the status of the last final response that was sent.
func (a *Association) Answered() Status { return Status(a.answered.Load()) }

// ReplyStatus answers m with a status and nothing else; the SOP instance of the
// request is repeated.
func (a *Association) ReplyStatus(m *Message, s Status, comment string) error {
	c := Command{Status: s, ErrorComment: comment, AffectedSOPInstanceUID: m.Command.SOPInstanceUID()}
	return a.Reply(m, c, nil)
}

// replyError answers m with the status of err when it has one and tells
// whether that was all there is to it.
func (a *Association) replyError(m *Message, err error) (bool, error) {
	var status *StatusError
	if !errors.As(err, &status) {
		return false, err
	}
	return true, a.ReplyStatus(m, status.Status, status.Comment)
}
