// Package alert tells people, by mail and by web hooks, when something goes wrong and
// when it is well again: one message each, and no second one about the same thing
// within a quiet time. What was told is kept in a file, so that a restart tells nothing
// twice; what can not be sent is tried again.
package alert

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"conquest/console"
)

// Trouble is something that is not in order now.
type Trouble struct {
	Key  string // what: "destination CT1", "device MAG0"; it stays the same while it lasts
	Text string // how: one sentence
}

// Options are what an [Alarm] is made of.
type Options struct {
	To      []string // addresses of mail, and of web hooks: http://, https://
	Mail    Mail
	Quiet   time.Duration // between two alerts about the same
	Server  string
	State   string // file
	Console *console.Console
	// Look tells what is not in order.
	Look func(ctx context.Context) []Trouble
}

// Alarm looks after a server.
type Alarm struct {
	opt    Options
	now    func() time.Time
	state  map[string]*matter
	failed map[string]bool // whom the last message did not reach
}

// matter is one thing that is, or was, wrong.
type matter struct {
	Since time.Time `json:"since"`
	Text  string    `json:"text"`
	Told  time.Time `json:"told"` // when the last alert went out; zero: it is still to go
	Well  bool      `json:"well"` // it is in order again
	// Left are those whom the message did not reach yet.
	Left []string `json:"left,omitempty"`
}

const (
	period    = 15 * time.Second
	lookLimit = 10 * time.Second
)

// New makes the alarm of a server.
func New(opt Options) *Alarm {
	a := &Alarm{opt: opt, now: time.Now, state: map[string]*matter{}, failed: map[string]bool{}}
	if b, err := os.ReadFile(opt.State); err == nil {
		if json.Unmarshal(b, &a.state) != nil || a.state == nil {
			a.state = map[string]*matter{}
		}
	}
	return a
}

// Run looks and tells until ctx ends.
func (a *Alarm) Run(ctx context.Context) {
	t := time.NewTicker(period)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			a.round(ctx)
		}
	}
}

// round looks once and tells what is new.
func (a *Alarm) round(ctx context.Context) {
	look, cancel := context.WithTimeout(ctx, lookLimit)
	found := a.opt.Look(look)
	cancel()
	if ctx.Err() != nil {
		return
	}
	now, wrong := a.now(), map[string]bool{}
	for _, t := range found {
		wrong[t.Key] = true
		m := a.state[t.Key]
		switch {
		case m == nil:
			a.state[t.Key] = &matter{Since: now, Text: t.Text}
		case m.Well: // wrong again
			m.Well, m.Since, m.Left = false, now, nil
			if m.Text = t.Text; now.Sub(m.Told) >= a.opt.Quiet {
				m.Told = time.Time{}
			}
		default:
			m.Text = t.Text
		}
	}
	for key, m := range a.state {
		a.attend(ctx, key, m, wrong[key], now)
	}
	a.save()
}

// attend tells of one matter what is to be told.
func (a *Alarm) attend(ctx context.Context, key string, m *matter, wrong bool, now time.Time) {
	quiet := !m.Told.IsZero() && now.Sub(m.Told) < a.opt.Quiet
	switch {
	case len(m.Left) > 0:
		m.Left = a.send(ctx, m.Left, a.message(key, m, now))
	case wrong && m.Told.IsZero():
		m.Told = now
		m.Left = a.send(ctx, a.opt.To, a.message(key, m, now))
	case !wrong && !m.Well:
		m.Well = true
		if m.Told.IsZero() {
			delete(a.state, key) // it came and went before anybody was told
			return
		}
		if m.Told.Before(m.Since) {
			return // wrong and well again within the quiet time
		}
		m.Left = a.send(ctx, a.opt.To, a.message(key, m, now))
	case !wrong && m.Well && !quiet:
		delete(a.state, key)
	case wrong && !quiet && m.Told.Before(m.Since):
		m.Told = now // it went wrong again while it was quiet, and still is
		m.Left = a.send(ctx, a.opt.To, a.message(key, m, now))
	}
}

// Message is what is told.
type Message struct {
	Server string    `json:"server"`
	State  string    `json:"state"` // wrong, well
	What   string    `json:"what"`
	How    string    `json:"how"`
	Since  time.Time `json:"since"`
	Time   time.Time `json:"time"`
	Text   string    `json:"text"` // all of it, as chat programs show it
}

func (a *Alarm) message(key string, m *matter, now time.Time) Message {
	msg := Message{Server: a.opt.Server, State: "wrong", What: key, How: m.Text, Since: m.Since, Time: now}
	msg.Text = a.opt.Server + ": " + key + " is not in order: " + m.Text
	if m.Well {
		msg.State = "well"
		msg.Text = a.opt.Server + ": " + key + " is in order again; it was not since " + m.Since.Format("2006-01-02 15:04")
	}
	return msg
}

// send sends a message and gives back those whom it did not reach.
func (a *Alarm) send(ctx context.Context, to []string, msg Message) (left []string) {
	for _, address := range to {
		var err error
		if isHook(address) {
			err = post(ctx, address, msg)
		} else {
			err = a.opt.Mail.send(ctx, address, msg)
		}
		if err != nil {
			left = append(left, address)
			if !a.failed[address] {
				a.opt.Console.Event("*** alert not sent, it is tried again", "to", withoutQuery(address), "about", msg.What, "error", err)
			}
		}
		a.failed[address] = err != nil
	}
	return left
}

func isHook(address string) bool {
	return strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
}

// withoutQuery hides what may be a secret of a web hook.
func withoutQuery(address string) string {
	if !isHook(address) {
		return address
	}
	scheme, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host[strings.LastIndexByte(host, '@')+1:]
}

// save keeps what was told.
func (a *Alarm) save() {
	b, err := json.Marshal(a.state)
	if err == nil {
		err = os.WriteFile(a.opt.State+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(a.opt.State+".new", a.opt.State)
	}
	if err != nil && !a.failed["state"] {
		a.opt.Console.Event("*** what was told of troubles can not be kept", "error", err)
	}
	a.failed["state"] = err != nil
}

// errRefused is what a web hook says that does not take a message.
var errRefused = errors.New("refused")
