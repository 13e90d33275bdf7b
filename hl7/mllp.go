package hl7

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"conquest/group"
)

// Bytes around a message on the wire (HL7 implementation guide, MLLP).
const (
	startBlock = 0x0b
	endBlock   = 0x1c
)

// Bounds of a connection.
const (
	maxMessage     = 1 << 20
	maxConnections = 64
	idleTimeout    = 10 * time.Minute
)

var errMessageTooLong = errors.New("message is too long")

// Listener takes messages over TCP in the minimal lower layer protocol and
// acknowledges them.
type Listener struct {
	// Accept stores a message; its error becomes a negative acknowledgement.
	Accept func(ctx context.Context, message string) error
	// Allowed tells whether a peer may send; nil allows all.
	Allowed func(net.Addr) bool
	// Failed is told why a connection ended early, or why none could be accepted
	// (peer is nil then); may be nil.
	Failed func(peer net.Addr, err error)
	Now    func() time.Time // nil: time.Now
}

// Serve takes messages from connections to l until ctx ends; l is closed then
// and running messages are finished.
func (s *Listener) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var running group.Group
	defer running.Wait()
	free := make(chan struct{}, maxConnections)
	pause := shortestPause
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("accept HL7 connection: %w", err)
		}
		if err != nil {
			s.refused(err)
			pause = wait(ctx, pause)
			continue
		}
		pause = shortestPause
		if s.Allowed != nil && !s.Allowed(conn.RemoteAddr()) {
			s.failed(conn, errors.New("host is not allowed"))
			conn.Close()
			continue
		}
		select {
		case free <- struct{}{}:
		default:
			s.failed(conn, errors.New("too many connections"))
			conn.Close()
			continue
		}
		running.Go("HL7 connection", func() {
			defer func() { <-free }()
			s.serve(ctx, conn)
		})
	}
}

// shortestPause is how long accepting pauses after a first failure.
const shortestPause = 5 * time.Millisecond

// refused tells that no connection could be accepted, for want of descriptors or
// the like.
func (s *Listener) refused(err error) {
	if s.Failed != nil {
		s.Failed(nil, fmt.Errorf("accept HL7 connection, trying again: %w", err))
	}
}

// wait lasts for a pause, or until ctx ends; the next one is longer, a second at
// most.
func wait(ctx context.Context, pause time.Duration) time.Duration {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
	return min(2*pause, time.Second)
}

func (s *Listener) failed(conn net.Conn, err error) {
	if s.Failed != nil {
		s.Failed(conn.RemoteAddr(), err)
	}
}

func (s *Listener) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })
	defer stop()
	r := bufio.NewReader(conn)
	for ctx.Err() == nil {
		conn.SetReadDeadline(time.Now().Add(idleTimeout))
		message, err := readBlock(r)
		if err != nil {
			if !errors.Is(err, io.EOF) && ctx.Err() == nil {
				s.failed(conn, err)
			}
			return
		}
		result := s.accept(context.WithoutCancel(ctx), message)
		if panicked := (*group.PanicError)(nil); errors.As(result, &panicked) {
			s.failed(conn, result)
		}
		conn.SetWriteDeadline(time.Now().Add(idleTimeout))
		if _, err := conn.Write(block(s.acknowledge(message, result))); err != nil {
			s.failed(conn, err)
			return
		}
	}
}

func (s *Listener) accept(ctx context.Context, message string) error {
	return group.Guard("HL7 message", func() error { return s.Accept(ctx, message) })
}

// readBlock reads one message; what stands between messages is passed over.
func readBlock(r *bufio.Reader) (string, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		if b == startBlock {
			break
		}
	}
	var text []byte
	for {
		b, err := r.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		if b == endBlock {
			break
		}
		if text = append(text, b); len(text) > maxMessage {
			return "", errMessageTooLong
		}
	}
	if next, err := r.Peek(1); err == nil && next[0] == '\r' {
		r.Discard(1)
	}
	return string(text), nil
}

func block(message string) []byte {
	return append(append([]byte{startBlock}, message...), endBlock, '\r')
}

// acknowledge is the answer to a message: AA, or AE with the reason.
func (s *Listener) acknowledge(message string, result error) string {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	h := header(message)
	code, text := "AA", ""
	if result != nil {
		code, text = "AE", h.clean(result.Error())
	}
	f := string(h.field)
	trigger := ""
	if _, after, ok := strings.Cut(h.get(8), string(h.component)); ok {
		trigger = string(h.component) + after
	}
	msh := []string{"MSH", h.encoding, h.get(4), h.get(5), h.get(2), h.get(3), now().Format("20060102150405"), "",
		"ACK" + trigger, now().Format("20060102150405.000000"), orDefault(h.get(10), "P"), orDefault(h.get(11), "2.3")}
	answer := strings.Join(msh, f) + "\r" + strings.Join([]string{"MSA", code, h.get(9)}, f)
	if text != "" {
		answer += f + text
	}
	return answer + "\r"
}

func orDefault(v, def string) string {
	if v == "" {
		return def
	}
	return v
}

// messageHeader is the MSH segment of a message.
type messageHeader struct {
	field, component byte
	encoding         string
	fields           []string // fields[1] is the encoding characters
}

func header(message string) messageHeader {
	h := messageHeader{field: '|', component: '^', encoding: `^~\&`}
	i := strings.Index(message, "MSH")
	if i < 0 || len(message) < i+6 {
		return h
	}
	line, _, _ := cutLine(message[i:])
	if len(line) < 6 {
		return h
	}
	h.field, h.component = line[3], line[4]
	h.fields = strings.Split(line, string(h.field))
	if len(h.fields) > 1 && h.fields[1] != "" {
		h.encoding = h.fields[1]
	}
	return h
}

// get is field n, counted from the segment name.
func (h *messageHeader) get(n int) string {
	if n < len(h.fields) {
		return h.fields[n]
	}
	return ""
}

// clean keeps a text from ending its field.
func (h *messageHeader) clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r < 0x80 && (byte(r) == h.field || strings.IndexByte(h.encoding, byte(r)) >= 0) {
			return ' '
		}
		return r
	}, text[:min(len(text), maxField)])
}
