package dicomweb

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// cache keeps what was made of objects in files of a folder, bounded in size:
// what was used last stays. It is only ever a copy: a folder that can not be
// written costs time, and nothing else.
type cache struct {
	dir   string
	limit int64

	load sync.Once

	mu     sync.Mutex // guards below
	order  *list.List // of *cached, the least recently used last
	byName map[string]*list.Element
	size   int64
}

type cached struct {
	name string // below dir
	size int64
	used time.Time
}

func newCache(dir string, limit int64) *cache {
	return &cache{dir: dir, limit: limit, order: list.New(), byName: map[string]*list.Element{}}
}

func (c *cache) on() bool { return c.dir != "" && c.limit > 0 }

// cacheName is the file name for a key; kind ends it.
func cacheName(kind, key string) string {
	sum := sha256.Sum256([]byte(key))
	text := hex.EncodeToString(sum[:20])
	return filepath.Join(text[:2], text[2:]+"."+kind)
}

// open opens a file of the cache, nil when there is none.
func (c *cache) open(name string) *os.File {
	if !c.on() {
		return nil
	}
	c.load.Do(c.scan)
	c.mu.Lock()
	e := c.byName[name]
	if e != nil {
		c.order.MoveToFront(e)
	}
	c.mu.Unlock()
	if e == nil {
		return nil
	}
	f, err := os.Open(filepath.Join(c.dir, name))
	if err != nil {
		return nil
	}
	return f
}

// scan finds what an earlier process left.
func (c *cache) scan() {
	var found []cached
	filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if filepath.Ext(path) == temporaryExt {
			os.Remove(path)
			return nil
		}
		if name, err := filepath.Rel(c.dir, path); err == nil {
			found = append(found, cached{name, info.Size(), info.ModTime()})
		}
		return nil
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range found {
		c.enter(x)
	}
}

const temporaryExt = ".new"

// create makes a file that becomes name when it is kept.
func (c *cache) create(name string) (*cacheFile, error) {
	if !c.on() {
		return nil, errors.New("nothing is cached here")
	}
	c.load.Do(c.scan)
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "*"+temporaryExt)
	if err != nil {
		return nil, err
	}
	return &cacheFile{File: f, cache: c, name: name}, nil
}

// put keeps data under a name.
func (c *cache) put(name string, data []byte) {
	f, err := c.create(name)
	if err != nil {
		return
	}
	if _, err := f.Write(data); err != nil {
		f.discard()
		return
	}
	f.keep()
}

// enter notes a file and removes those that do not fit any more. The caller holds
// mu.
func (c *cache) enter(x cached) {
	if e := c.byName[x.name]; e != nil {
		c.size -= c.order.Remove(e).(*cached).size
	}
	c.byName[x.name] = c.order.PushFront(&x)
	c.size += x.size
	for c.size > c.limit && c.order.Len() > 0 {
		old := c.order.Remove(c.order.Back()).(*cached)
		delete(c.byName, old.name)
		c.size -= old.size
		os.Remove(filepath.Join(c.dir, old.name))
	}
}

// cacheFile is a file of the cache on its way in.
type cacheFile struct {
	*os.File
	cache *cache
	name  string
}

// keep gives the file its name; the file is closed. An error means that it is not
// kept.
func (f *cacheFile) keep() error {
	info, err := f.Stat()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(f.cache.dir, f.name))
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	f.cache.mu.Lock()
	defer f.cache.mu.Unlock()
	f.cache.enter(cached{f.name, info.Size(), time.Now()})
	return nil
}

func (f *cacheFile) discard() {
	f.Close()
	os.Remove(f.Name())
}
