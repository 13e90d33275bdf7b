package dimse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// protocolError is a violation by the peer, answered with an A-ABORT.
type protocolError struct {
	reason byte
	err    error
}

func (e *protocolError) Error() string { return e.err.Error() }

func (e *protocolError) Unwrap() error { return e.err }

func violation(reason byte, format string, args ...any) error {
	return &protocolError{reason, fmt.Errorf(format, args...)}
}

// readFull fills p.
func (a *Association) readFull(p []byte) error {
	a.timer.arm(a.opt.ReadTimeout)
	_, err := io.ReadFull(a.br, p)
	return err
}

// readHeader reads the header of a PDU.
func (a *Association) readHeader() (PDUType, uint32, error) {
	a.timer.arm(a.opt.ReadTimeout)
	h, err := a.br.Peek(6)
	if err != nil {
		if len(h) > 0 && err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, 0, err
	}
	kind, n := PDUType(h[0]), binary.BigEndian.Uint32(h[2:])
	a.br.Discard(6)
	return kind, n, nil
}

// nextPDU reads a PDU header and makes its transition. Of P-DATA-TF the body is
// left to read, the others are returned whole.
func (a *Association) nextPDU() (action, PDU, error) {
	kind, n, err := a.readHeader()
	if err != nil {
		return none, nil, err
	}
	if kind < PDUAssociateRQ || kind > PDUAbort {
		return none, nil, violation(AbortUnrecognizedPDU, "%w %02X", ErrUnknownPDU, byte(kind))
	}
	var p PDU
	if kind == PDUData {
		a.pduLeft = int64(n)
	} else if p, err = readBody(a.br, kind, n, MaxAssociatePDU); err != nil {
		if errors.Is(err, ErrMalformedPDU) || errors.Is(err, ErrPDUTooLarge) {
			err = &protocolError{AbortInvalidParam, err}
		}
		return none, nil, err
	}
	act, err := a.step(pduEvents[kind])
	switch {
	case err != nil:
		return none, nil, err
	case act == aa1 || act == aa8:
		return none, nil, &protocolError{AbortUnexpectedPDU, fmt.Errorf("%w: type %02X", ErrUnexpectedPDU, byte(kind))}
	case act == aa3 || act == aa2 && kind == PDUAbort:
		abort := p.(*Abort)
		return act, p, &AbortError{Source: abort.Source, Reason: abort.Reason, ByPeer: true}
	}
	return act, p, nil
}

// nextPDV reads the header of a PDV, after as many PDU headers as it takes.
func (a *Association) nextPDV() (id, flags byte, n int64, err error) {
	for a.pduLeft == 0 {
		act, _, err := a.nextPDU()
		if err != nil {
			return 0, 0, 0, err
		}
		switch act {
		case dt2, ar6:
		case ar2:
			return 0, 0, 0, ErrReleased
		case ar3:
			return 0, 0, 0, errReleaseConfirmed
		case ar8:
			if a.fsm.requestor {
				err = a.answerCollision()
			}
		case ar10:
			if err = a.answerCollision(); err == nil {
				err = errReleaseConfirmed
			}
		default:
			err = violation(AbortUnexpectedPDU, "%w", ErrUnexpectedPDU)
		}
		if err != nil {
			return 0, 0, 0, err
		}
	}
	if a.pduLeft < 6 {
		return 0, 0, 0, violation(AbortInvalidParam, "%w: %d bytes left for a PDV", ErrMalformedPDU, a.pduLeft)
	}
	a.timer.arm(a.opt.ReadTimeout)
	h, err := a.br.Peek(6)
	if err != nil {
		return 0, 0, 0, noEOF(err)
	}
	n, id, flags = int64(binary.BigEndian.Uint32(h)), h[4], h[5]
	a.br.Discard(6)
	if n < 2 || n > a.pduLeft-4 {
		return 0, 0, 0, violation(AbortInvalidParam, "%w: PDV of %d bytes where %d are left", ErrMalformedPDU, n, a.pduLeft-4)
	}
	a.pduLeft -= n + 4
	return id, flags, n - 2, nil
}

// readMessage reads one message.
func (a *Association) readMessage() (*Message, error) {
	m := &Message{}
	raw, err := a.readCommand(m)
	if err != nil {
		return nil, err
	}
	if m.Command, err = ParseCommand(raw); err != nil {
		a.receiving.give(m.taken)
		return nil, &protocolError{AbortInvalidParam, err}
	}
	if m.Command.HasData {
		if m.Data, err = a.readData(m); err != nil {
			a.receiving.give(m.taken)
			return nil, err
		}
	}
	return m, nil
}

func (a *Association) readCommand(m *Message) (raw []byte, err error) {
	for {
		id, flags, n, err := a.nextPDV()
		if err != nil {
			return nil, err
		}
		a.inMessage.Store(true)
		if flags&pdvCommand == 0 {
			return nil, violation(AbortUnexpectedParam, "data set fragment where a command was due")
		}
		if m.Context == nil {
			m.Context = a.byID[id]
		}
		if m.Context == nil || m.Context.ID != id || !m.Context.Accepted() {
			return nil, violation(AbortInvalidParam, "command on presentation context %d, which was not accepted", id)
		}
		if raw, err = a.appendRead(raw, n, m); err != nil {
			a.receiving.give(m.taken)
			return nil, err
		}
		if flags&pdvLast != 0 {
			return raw, nil
		}
	}
}

// appendRead appends n bytes of a command, growing as they arrive.
func (a *Association) appendRead(raw []byte, n int64, m *Message) ([]byte, error) {
	if int64(len(raw))+n > a.opt.MaxCommand {
		return nil, violation(AbortNotSpecified, "%w: command of more than %d bytes", ErrDataTooLarge, a.opt.MaxCommand)
	}
	if int64(len(raw))+n > growStep {
		if !a.receiving.take(n) {
			return nil, violation(AbortNotSpecified, "%w: no memory for a command of %d bytes", ErrDataTooLarge, n)
		}
		m.taken += n
	}
	for n > 0 {
		k := min(n, growStep)
		have := len(raw)
		raw = append(raw, make([]byte, k)...)
		if err := a.readFull(raw[have:]); err != nil {
			return nil, noEOF(err)
		}
		n -= k
	}
	return raw, nil
}

func (a *Association) readData(m *Message) (*Data, error) {
	s := sink{a: a, m: m}
	for {
		id, flags, n, err := a.nextPDV()
		switch {
		case err != nil:
		case flags&pdvCommand != 0:
			err = violation(AbortUnexpectedParam, "command where the rest of a data set was due")
		case id != m.Context.ID:
			err = violation(AbortInvalidParam, "data set on context %d, its command on %d", id, m.Context.ID)
		default:
			err = s.read(n, flags&pdvLast != 0)
		}
		if err != nil {
			s.discard()
			return nil, noEOF(err)
		}
		if flags&pdvLast != 0 {
			a.lastSize = int64(len(s.buf))
			return s.data(m.Context.TransferSyntax), nil
		}
	}
}

// noEOF turns the end of the stream within a message into an error of its own.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// receive reads one message. After an error the association is over, except
// that ErrReleased awaits its answer.
func (a *Association) receive() (m *Message, err error) {
	defer func() {
		if v := recover(); v != nil {
			m, err = nil, a.abort(Abort{Source: AbortByProvider}, evInvalidPDU, fmt.Errorf("panic while reading: %v", v))
		}
	}()
	if m, err = a.readMessage(); err == nil || err == ErrReleased || err == errReleaseConfirmed {
		return m, err
	}
	err = a.failed(err)
	if a.fsm.requestor {
		a.shut()
	}
	return nil, err
}

// failed ends the association after an error of reading, with an A-ABORT when
// the peer violated the protocol or we gave up on it within a message.
func (a *Association) failed(err error) error {
	if stopped := a.timer.reason(); stopped != nil {
		return a.abort(Abort{Source: AbortByUser}, evAbortRequest, stopped)
	}
	var bad *protocolError
	var aborted *AbortError
	switch {
	case errors.As(err, &aborted):
		return a.end(aborted)
	case errors.As(err, &bad):
		return a.abort(Abort{Source: AbortByProvider, Reason: bad.reason}, evInvalidPDU, bad.err)
	case errors.Is(err, ErrDataTooLarge):
		return a.abort(Abort{Source: AbortByUser}, evAbortRequest, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		a.step(evClosed)
		return a.end(ErrTimeout)
	case err == io.EOF:
		a.step(evClosed)
		return a.end(ErrConnectionClosed)
	}
	a.step(evClosed)
	return a.end(fmt.Errorf("receive: %w", err))
}

// answerCollision answers a release of the peer that crossed ours; the
// acceptor does so only once its own was confirmed.
func (a *Association) answerCollision() error {
	if _, err := a.step(evAnswerRelease); err != nil {
		return err
	}
	return a.writePDU(&ReleaseRP{})
}

// awaitRelease reads until the release is confirmed; messages that come before
// are dropped.
func (a *Association) awaitRelease() error {
	a.timer.fix(a.opt.ReleaseTimeout)
	for {
		m, _, err := a.next()
		switch {
		case err == errReleaseConfirmed:
			return nil
		case err != nil:
			return err
		}
		a.done(m)
	}
}

// inbound is what a goroutine that reads ahead found.
type inbound struct {
	m   *Message
	err error
}

// done gives back what a message holds after it was handled.
func (a *Association) done(m *Message) {
	a.receiving.give(m.taken)
	m.taken = 0
	m.Data.Close()
}

// Watch reads ahead while the handler works, so that its context is cancelled
// by a C-CANCEL, an abort or the end of the connection. For C-FIND, C-MOVE and
// C-GET requests that is done without asking.
func (a *Association) Watch() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ahead != nil {
		return
	}
	a.timer.silence(true, 0)
	ahead := make(chan inbound, 1)
	a.ahead = ahead
	a.reading.Go("read ahead", func() { a.readAhead(ahead) })
}

// readAhead reads to the next message that is no C-CANCEL.
func (a *Association) readAhead(ahead chan<- inbound) {
	for {
		m, err := a.receive()
		if err == nil && m.Command.Field == CCancelRQ {
			a.inMessage.Store(false)
			a.cancelOperation(ErrCancelled)
			continue
		}
		if err != nil {
			a.cancelOperation(err)
		}
		ahead <- inbound{m, err}
		return
	}
}

func (a *Association) cancelOperation(cause error) {
	a.mu.Lock()
	cancel := a.op
	a.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

// Cancelled tells whether the operation being handled was cancelled by a
// C-CANCEL or by the end of the association.
func (a *Association) Cancelled() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.opCtx != nil && a.opCtx.Err() != nil
}

// next is the next message: what was read ahead, or read now. watched tells
// that it was read ahead.
func (a *Association) next() (m *Message, watched bool, err error) {
	a.mu.Lock()
	ahead := a.ahead
	a.ahead = nil
	a.mu.Unlock()
	if ahead == nil {
		m, err = a.receive()
	} else {
		a.timer.silence(false, a.opt.ReadTimeout)
		in := <-ahead
		m, err = in.m, in.err
	}
	if err == nil {
		a.mu.Lock()
		a.handling = true
		a.mu.Unlock()
		a.inMessage.Store(false)
	}
	return m, ahead != nil, err
}
