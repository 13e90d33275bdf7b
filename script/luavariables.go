package script

import (
	"strings"

	"conquest/dicomini"
)

// configNumbers are the numbers of Lua's Global that are keys of the
// configuration: they show the running value, and a script may change it until
// the configuration is read again.
var configNumbers = map[string]func(*dicomini.Config) number64{
	"debuglevel":               func(c *dicomini.Config) number64 { return intRef{&c.DebugLevel} },
	"enablereadaheadthread":    func(c *dicomini.Config) number64 { return boolRef{&c.EnableReadAheadThread} },
	"worklistmode":             func(c *dicomini.Config) number64 { return intRef{&c.WorkListMode} },
	"storagefailederrorcode":   func(c *dicomini.Config) number64 { return intRef{&c.StorageFailedErrorCode} },
	"failholdoff":              func(c *dicomini.Config) number64 { return intRef{&c.FailHoldOff} },
	"retrydelay":               func(c *dicomini.Config) number64 { return intRef{&c.RetryDelay} },
	"queuesize":                func(c *dicomini.Config) number64 { return intRef{&c.QueueSize} },
	"forwardcollectdelay":      func(c *dicomini.Config) number64 { return intRef{&c.ForwardCollectDelay} },
	"cachevirtualdata":         func(c *dicomini.Config) number64 { return boolRef{&c.CacheVirtualData} },
	"gjpegquality":             func(c *dicomini.Config) number64 { return intRef{&c.LossyQuality} },
	"guseopenjpeg":             func(c *dicomini.Config) number64 { return boolRef{&c.UseOpenJPG} },
	"fixkodak":                 func(c *dicomini.Config) number64 { return boolRef{&c.FixKodak} },
	"doublebackslashtodb":      func(c *dicomini.Config) number64 { return boolRef{&c.DoubleBackSlashToDB} },
	"useescapestringconstants": func(c *dicomini.Config) number64 { return boolRef{&c.UseEscapeStringConstants} },
	"enablecomputedfields":     func(c *dicomini.Config) number64 { return boolRef{&c.EnableComputedFields} },
	"filecompressmode":         func(c *dicomini.Config) number64 { return intRef{&c.FileCompressMode} },
	"nodicomcheck":             func(c *dicomini.Config) number64 { return boolRef{&c.NoDicomCheck} },
}

// number64 is a field of the configuration as a number.
type number64 interface {
	get() int64
	set(int64)
}

type intRef struct{ p *int }

func (r intRef) get() int64 { return int64(*r.p) }

func (r intRef) set(n int64) { *r.p = int(n) }

type boolRef struct{ p *bool }

func (r boolRef) get() int64 { return r.number() }

func (r boolRef) set(n int64) { *r.p = n != 0 }

// Variable is the number that Lua's Global knows under name.
func (h *luaAPI) Variable(name string) int64 {
	key := strings.ToLower(name)
	if v, ok := h.s.shown.Load(key); ok && key == "starttime" {
		return v.(int64)
	} else if key == "starttime" {
		return h.s.Started.Unix()
	}
	ref, ok := configNumbers[key]
	if !ok {
		return h.s.Variable(name).Load()
	}
	c := *h.s.Live.Current()
	n := ref(&c).get()
	if v, ok := h.s.shown.Load(key); ok && n == 1 && v.(int64) != 0 {
		return v.(int64) // a switch that a script set to another number
	}
	return n
}

// SetVariable changes it.
func (h *luaAPI) SetVariable(name string, n int64) {
	key := strings.ToLower(name)
	n = int64(int32(n))
	ref, ok := configNumbers[key]
	switch {
	case key == "starttime":
		h.s.shown.Store(key, n)
		return
	case !ok:
		h.s.Variable(name).Store(n)
		return
	}
	if _, isSwitch := ref(&dicomini.Config{}).(boolRef); isSwitch {
		h.s.shown.Store(key, n)
	}
	h.s.Live.Update(func(c *dicomini.Config) { ref(c).set(n) })
	if key == "debuglevel" {
		h.s.Console.SetDebugLevel(int(n))
	}
}

func (r boolRef) number() int64 {
	if *r.p {
		return 1
	}
	return 0
}
