package dicomweb

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"conquest/budget"
	"conquest/dicom"
	"conquest/pixel"
)

// object is a stored file that was parsed, its large values still in the file.
// It may be used by several requests at once.
type object struct {
	*dicom.Dataset
	file   File
	size   int64
	time   time.Time
	part10 bool
	memory *budget.Budget // what was read of it, until it is closed
	limits pixel.Limits   // of its frames

	once  sync.Once
	image *pixel.Image
	err   error // of image

	key  any
	refs int // guarded by the mutex of openObjects
	gone bool
}

const (
	// stayInFile is the size from which values are not read with the rest.
	stayInFile = 4 << 10
	// defaultHeld and heldHeaders bound what stays open after a request.
	defaultHeld = 32
	heldHeaders = 32 << 20
)

// frames gives access to the pixel data.
func (o *object) frames() (*pixel.Image, error) {
	o.once.Do(func() { o.image, o.err = pixel.OpenWith(o.Dataset, o.limits) })
	return o.image, o.err
}

// header is the size of what was read of the object, about.
func (o *object) header() int64 {
	e := o.Get(dicom.PixelData)
	switch {
	case e == nil:
		return min(o.size, heldHeaders)
	case e.Bulk != nil:
		return min(e.Bulk.Offset, heldHeaders)
	case e.Fragments != nil && len(e.Fragments.Bulk) > 0 && e.Fragments.Bulk[0] != nil:
		return min(e.Fragments.Bulk[0].Offset+int64(e.Fragments.Len())*64, heldHeaders)
	}
	return min(o.size, heldHeaders)
}

// openObjects keeps objects that were used last, so that the frames of one
// object are not looked for anew with each request.
type openObjects struct {
	mu   sync.Mutex // guards below
	list []*object  // the least recently used first
}

func newOpenObjects() *openObjects { return &openObjects{} }

type objectKey struct {
	uid  string
	size int64
	time time.Time
}

// open opens the object of an instance; release must be called.
func (s *Service) open(ctx context.Context, i Instance) (o *object, release func(), err error) {
	f, err := s.archive.Open(ctx, i)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("open object %s: %w", i.UID, err)
	}
	key := objectKey{i.UID, info.Size(), info.ModTime()}
	if o := s.objects.take(key); o != nil {
		f.Close()
		return o, func() { s.objects.release(o) }, nil
	}
	o = &object{file: f, size: info.Size(), time: info.ModTime(), key: key, refs: 1}
	o.memory, o.limits = s.opt.Memory.Part("object", 0), pixel.Limits{Budget: s.opt.Memory}
	if err := o.parse(); err != nil {
		o.close()
		return nil, nil, fmt.Errorf("read object %s: %w", i.UID, err)
	}
	s.objects.put(o)
	return o, func() { s.objects.release(o) }, nil
}

func (o *object) parse() (err error) {
	if o.part10, err = isPart10(o.file); err != nil {
		return err
	}
	o.Dataset, err = dicom.ReadPart10(o.file, o.size, dicom.ParseOptions{BulkThreshold: stayInFile, Budget: o.memory})
	return err
}

func (c *openObjects) take(key objectKey) *object {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, o := range c.list {
		if o.key == key {
			c.list = append(append(c.list[:i:i], c.list[i+1:]...), o)
			o.refs++
			return o
		}
	}
	return nil
}

func (c *openObjects) put(o *object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, o)
	held, total := defaultHeld, int64(0)
	if runtime.GOOS == "windows" {
		held = 0 // files that are open can not be removed there
	}
	for i := len(c.list) - 1; i >= 0; i-- {
		total += c.list[i].header()
		if len(c.list)-i > held || total > heldHeaders && i < len(c.list)-1 {
			for _, old := range c.list[:i+1] {
				c.drop(old)
			}
			c.list = append([]*object(nil), c.list[i+1:]...)
			return
		}
	}
}

// drop lets an object go when nobody uses it. The caller holds mu.
func (c *openObjects) drop(o *object) {
	o.gone = true
	if o.refs == 0 {
		o.close()
	}
}

func (o *object) close() {
	o.file.Close()
	o.memory.Close()
}

func (c *openObjects) release(o *object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.refs--; o.refs == 0 && o.gone {
		o.close()
	}
}

func (c *openObjects) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.list {
		c.drop(o)
	}
	c.list = nil
}
