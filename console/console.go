package console

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Console takes messages from all goroutines. A message is one or more lines
// without the last line feed, which is added.
type Console struct {
	operator Channel
	debug    Channel
	level    atomic.Int32
	recorder recorders

	mu      sync.RWMutex
	trouble string // path of the trouble log
	user    string // path of the user log
}

// New makes a console without targets. trouble and user are the paths of the
// logs; "" writes none.
func New(trouble, user string) *Console { return &Console{trouble: trouble, user: user} }

// SetLogs changes the paths of trouble and user log.
func (c *Console) SetLogs(trouble, user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trouble, c.user = trouble, user
}

// OperatorChannel is where messages for the operator go.
func (c *Console) OperatorChannel() *Channel { return &c.operator }

// DebugChannel is where debug messages go.
func (c *Console) DebugChannel() *Channel { return &c.debug }

// SetName sets the name that channels on the network and pipes put in front.
func (c *Console) SetName(name string) {
	c.operator.SetName(name)
	c.debug.SetName(name)
}

// SetDebugLevel sets DebugLevel, 0 to 4.
func (c *Console) SetDebugLevel(n int) { c.level.Store(int32(n)) }

// DebugLevel is the level set last.
func (c *Console) DebugLevel() int { return int(c.level.Load()) }

// DebugOn tells whether anybody reads the debug channel.
func (c *Console) DebugOn() bool { return c.debug.On() }

// Operator says something on the operator channel.
func (c *Console) Operator(format string, a ...any) {
	m := message(format, a)
	c.recordLine(levelOf(format), m, a)
	c.say(&c.operator, m)
}

// Debug says something on the debug channel.
func (c *Console) Debug(format string, a ...any) {
	level := debugLevelOf(format)
	said := c.debug.On() || level != slog.LevelDebug
	if !said && c.recorder.takes(level) == nil {
		return
	}
	m := message(format, a)
	c.recordLine(level, m, a)
	if said {
		c.say(&c.debug, m)
	}
}

// Trouble writes to the trouble log only.
func (c *Console) Trouble(format string, a ...any) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	appendStamped(c.trouble, message(format, a))
}

// User writes a line to the user log: an operation and the calling AE title,
// which is padded to 16 characters.
func (c *Console) User(operation, calling string) {
	if r := c.recorder.takes(slog.LevelInfo); r != nil {
		r.Take(slog.LevelInfo, "access", operation+" by "+Printable(calling), []any{"operation", operation, "calling", calling})
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	appendStamped(c.user, fmt.Sprintf("\"%s\",\"%-16s\"\n", operation, Printable(calling)))
}

// Event says something that the original does not: what happened, then pairs of
// key and value.
func (c *Console) Event(what string, pairs ...any) {
	c.recordEvent(what, pairs)
	c.say(&c.operator, message("%s", []any{Line(what, pairs...)}))
}

// Line is the text of an event.
func Line(what string, pairs ...any) string {
	var b strings.Builder
	b.WriteString(what)
	for i := 0; i+1 < len(pairs); i += 2 {
		v := fmt.Sprint(pairs[i+1])
		if v == "" || strings.ContainsAny(v, " \"=") || strings.ContainsFunc(v, isControl) {
			v = strconv.Quote(v)
		}
		fmt.Fprintf(&b, " %v=%s", pairs[i], v)
	}
	return b.String()
}

func (c *Console) say(to *Channel, m string) {
	to.Write(m)
	c.troubled(m)
}

// troubled copies a message with *** to the trouble log.
func (c *Console) troubled(m string) {
	if !strings.Contains(m, "***") {
		return
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	appendStamped(c.trouble, m)
}

func message(format string, a []any) string {
	if len(a) == 0 {
		return format + "\n"
	}
	return fmt.Sprintf(format, harmless(format, a)...) + "\n"
}

// Stamp is the time in front of messages in files, and a blank: ctime's layout,
// another one on Windows.
func Stamp(t time.Time) string { return t.Format(stampLayout + " ") }

// Time is the layout of times that the original prints (C's ctime).
const Time = "Mon Jan _2 15:04:05 2006"

// appendStamped adds a message to a file that is opened just for it, so that
// logs may be moved or deleted at any time. A failure is silent: there is nobody
// left to tell.
func appendStamped(path, m string) {
	if path == "" {
		return
	}
	appendTo(path, Stamp(time.Now())+m)
}
