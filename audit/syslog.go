package audit

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"conquest/console"
)

// Syslog is a syslog server that gets the messages too.
type Syslog struct {
	File    string // of the log; what has been sent is noted in File.sent
	Address string // host:port
	CA      string // PEM of who vouches for it; "": those of the system
	Cert    string // PEM of this server's certificate and key; "": none
	CertKey string
	Console *console.Console

	pause time.Duration // of tests; 0 is retryAfter
}

const (
	retryAfter = 10 * time.Second
	lookEvery  = time.Second
	sendLimit  = 30 * time.Second
)

// Send sends what the file has and gets, until ctx ends. Without the server it tries
// again, and says so once.
func (s *Syslog) Send(ctx context.Context) {
	pause := s.pause
	if pause == 0 {
		pause = retryAfter
	}
	for failed := false; ctx.Err() == nil; {
		err := s.session(ctx, func() {
			if failed {
				s.Console.Event("audit goes on to syslog", "to", s.Address)
			}
			failed = false
		})
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failed {
			failed = true
			s.Console.Event("*** audit does not reach syslog, it is sent later", "to", s.Address, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// session sends over one connection.
func (s *Syslog) session(ctx context.Context, connected func()) error {
	conf, err := s.tls()
	if err != nil {
		return err
	}
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: sendLimit}, Config: conf}
	c, err := d.DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	connected()
	f, err := os.Open(s.File)
	if err != nil {
		return err
	}
	defer f.Close()
	at := s.sent()
	for {
		n, err := s.sendFrom(f, c, at)
		at += n
		if n > 0 {
			if err := os.WriteFile(s.File+".sent", []byte(strconv.FormatInt(at, 10)+"\n"), 0o600); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
	}
}

// sent is how far the file has been sent.
func (s *Syslog) sent() int64 {
	b, err := os.ReadFile(s.File + ".sent")
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if fi, err := os.Stat(s.File); err != nil || fi.Size() < n {
		return 0 // another file
	}
	return n
}

// sendFrom sends the whole lines of the file from a place on; n is how far they go.
func (s *Syslog) sendFrom(f *os.File, c net.Conn, at int64) (n int64, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, at, 1<<62), 64<<10)
	host, _ := os.Hostname()
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if seq, h, text, ok := parse(line[:len(line)-1]); ok {
			c.SetWriteDeadline(time.Now().Add(sendLimit))
			if _, err := c.Write(frame(host, seq, h, text)); err != nil {
				return n, err
			}
		}
		n += int64(len(line))
	}
}

// facility 10 (security) and severity 5 (notice): PS3.15 section A.6.
const priority = 10*8 + 5

// enterprise is an example number (RFC 5612): dgate has none of its own.
const enterprise = "32473"

// frame is a message of RFC 5424 with its length before it (RFC 5425). The hash goes
// along: a chain that was made anew is not that of the syslog server.
func frame(host string, seq uint64, h string, text []byte) []byte {
	if host == "" {
		host = "-"
	}
	m := fmt.Appendf(nil, "<%d>1 %s %s dgate %d DICOM+RFC3881 [chain@%s seq=\"%d\" hash=\"%s\"] \xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>%s",
		priority, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), host, os.Getpid(), enterprise, seq, h, text)
	return append(fmt.Appendf(nil, "%d ", len(m)), m...)
}

func (s *Syslog) tls() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate", s.CA)
		}
	}
	if s.Cert != "" {
		cert, err := tls.LoadX509KeyPair(s.Cert, s.CertKey)
		if err != nil {
			return nil, err
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return conf, nil
}
