package dicomini

import (
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what the command line adds to dicom.ini.
type Options struct {
	AE      string           // -hAE: replaces MyACRNema until Reload
	Port    string           // -pN: replaces TCPPort until Reload
	Message func(string)     // receives operator messages without line end; may be nil
	Now     func() time.Time // nil: time.Now
}

// Live follows a dicom.ini. It has no goroutine: the file is looked at on use,
// at most once in each second of the clock.
type Live struct {
	loc     Location
	opt     Options
	current atomic.Pointer[Config]
	checked atomic.Int64 // Unix second of the last look

	mu   sync.Mutex // guards replacing current, and below
	size int64      // of the file that current was read from
	subs map[int]func(old, new *Config)
	next int
}

// Open reads dicom.ini. A missing file and an empty MicroPACS entry are a
// *StartError.
func Open(loc Location, opt Options) (*Live, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	l := &Live{loc: loc, opt: opt, subs: make(map[int]func(old, new *Config))}
	if _, err := os.Stat(loc.Path); err != nil {
		return nil, startError("Configuration file %s not found, but required.", loc.Path)
	}
	f, err := l.read()
	if err != nil {
		return nil, err
	}
	c, err := Load(loc, f)
	if err != nil {
		return nil, err
	}
	if opt.AE != "" {
		c.MyACRNema = opt.AE
	}
	if opt.Port != "" {
		c.TCPPort = opt.Port
	}
	l.current.Store(c)
	l.checked.Store(opt.Now().Unix())
	return l, nil
}

func (l *Live) read() (*File, error) {
	f, err := ReadFile(l.loc.Path)
	if err != nil {
		return nil, err
	}
	f.report = l.opt.Message
	l.size = int64(len(f.text))
	return f, nil
}

// Location is where the configuration lies.
func (l *Live) Location() Location { return l.loc }

// Current returns the snapshot for a unit of work that starts now. When the
// file was edited since the last look, its use and open keys are those of the
// new text; a file that cannot be read for the moment changes nothing.
func (l *Live) Current() *Config {
	second := l.opt.Now().Unix()
	if l.checked.Load() == second {
		return l.current.Load()
	}
	l.mu.Lock()
	if l.checked.Swap(second) == second {
		l.mu.Unlock()
		return l.current.Load()
	}
	c := l.current.Load()
	if st, err := os.Stat(l.loc.Path); err != nil || (st.ModTime().Equal(c.file.modTime) && st.Size() == l.size) {
		l.mu.Unlock()
		return c
	}
	_, _ = l.replace(false)
	return l.current.Load()
}

// Reload reads the file again and takes over all cfg keys too (--read_ini). On
// an error the old configuration stays.
func (l *Live) Reload() (*Config, error) {
	l.mu.Lock()
	return l.replace(true)
}

// replace reads the file and swaps the snapshot; it unlocks mu.
func (l *Live) replace(all bool) (*Config, error) {
	old := l.current.Load()
	f, err := l.read()
	if err != nil {
		l.mu.Unlock()
		return old, err
	}
	c, err := old.refresh(f, all)
	if err != nil {
		l.mu.Unlock()
		return old, err
	}
	l.swap(old, c)
	return c, nil
}

// swap stores c, unlocks mu and tells the subscribers.
func (l *Live) swap(old, c *Config) {
	l.current.Store(c)
	calls := make([]func(old, new *Config), 0, len(l.subs))
	for _, fn := range l.subs {
		calls = append(calls, fn)
	}
	l.mu.Unlock()
	for _, fn := range calls {
		fn(old, c)
	}
}

// Update replaces the snapshot by an edited copy: for values that are set while
// the server runs. A cfg key keeps the value until the next Reload, a use key
// until the next edit of the file. edit must replace slices, not change them.
func (l *Live) Update(edit func(*Config)) {
	l.mu.Lock()
	old := l.current.Load()
	c := *old
	edit(&c)
	l.swap(old, &c)
}

// Subscribe calls fn after each change of the snapshot, in the goroutine that
// caused it, until cancel is called. fn may use l.
func (l *Live) Subscribe(fn func(old, new *Config)) (cancel func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := l.next
	l.next++
	l.subs[id] = fn
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subs, id)
	}
}

// PutParam sets a key of dicom.ini as --put_param does and replaces the file
// atomically. Use keys follow at once, cfg keys with the next Reload.
func (l *Live) PutParam(key, value string) error {
	return l.rewrite(func(text []byte, main string) ([]byte, error) {
		return PutParam(text, main, key, value, l.opt.Now())
	})
}

// DeleteParam removes a key from dicom.ini as --delete_param does.
func (l *Live) DeleteParam(key string) error {
	return l.rewrite(func(text []byte, main string) ([]byte, error) {
		return DeleteParam(text, main, key, l.opt.Now())
	})
}

func (l *Live) rewrite(edit func(text []byte, main string) ([]byte, error)) error {
	l.mu.Lock()
	f, err := ReadFile(l.loc.Path)
	if err != nil {
		l.mu.Unlock()
		return err
	}
	text, err := edit(f.text, f.String(mainSection, "MicroPACS", mainSection, 64))
	if err == nil {
		err = replaceFile(l.loc.Path, text)
	}
	if err != nil {
		l.mu.Unlock()
		return err
	}
	_, err = l.replace(false)
	return err
}
