package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"strings"
	"time"
)

// sendLimit is how long one message may take.
const sendLimit = 15 * time.Second

// post sends a message to a web hook, as JSON.
func post(ctx context.Context, address string, msg Message) error {
	b, err := json.Marshal(msg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("web hook: %w", hidden(err))
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("web hook: %w", hidden(err))
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("web hook: %w: %s", errRefused, answer.Status)
	}
	return nil
}

// hidden is an error without the address in it, which may hold a secret.
func hidden(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

// Mail is the mail server.
type Mail struct {
	Host         string // host:port; 465 is TLS from the start, others STARTTLS where it is offered
	From         string
	User         string // "": no login
	PasswordFile string
}

func (m *Mail) send(ctx context.Context, to string, msg Message) error {
	host, port, err := net.SplitHostPort(m.Host)
	if err != nil {
		return fmt.Errorf("AlertSMTP: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.Host)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(sendLimit))
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if port == "465" {
		conn = tls.Client(conn, conf)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	defer c.Close()
	if offered, _ := c.Extension("STARTTLS"); offered && port != "465" {
		if err := c.StartTLS(conf); err != nil {
			return fmt.Errorf("mail: %w", err)
		}
	}
	if m.User != "" {
		b, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return fmt.Errorf("AlertPasswordFile: %w", err)
		}
		if err := c.Auth(smtp.PlainAuth("", m.User, strings.TrimRight(string(b), "\r\n"), host)); err != nil {
			return fmt.Errorf("mail: %w", err)
		}
	}
	if err := m.deliver(c, to, msg); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

func (m *Mail) deliver(c *smtp.Client, to string, msg Message) error {
	if err := c.Mail(m.From); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(m.text(to, msg)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// text is a message as mail (RFC 5322).
func (m *Mail) text(to string, msg Message) []byte {
	word := "NOT IN ORDER"
	if msg.State == "well" {
		word = "in order again"
	}
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", m.From}, {"To", to}, {"Date", msg.Time.Format(time.RFC1123Z)},
		{"Subject", mime.QEncoding.Encode("utf-8", oneLine(fmt.Sprintf("[%s] %s: %s", msg.Server, msg.What, word)))},
		{"Message-ID", fmt.Sprintf("<%d.alert@%s>", msg.Time.UnixNano(), domain(m.From))}, {"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "base64"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], oneLine(h[1]))
	}
	b.WriteString("\r\n")
	body := base64.StdEncoding.EncodeToString([]byte(msg.Text + "\n\nSince: " + msg.Since.Format(time.RFC1123Z) + "\n"))
	for len(body) > 76 {
		b.WriteString(body[:76] + "\r\n")
		body = body[76:]
	}
	b.WriteString(body + "\r\n")
	return b.Bytes()
}

func domain(address string) string {
	if _, d, ok := strings.Cut(address, "@"); ok && d != "" {
		return d
	}
	return "localhost"
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
