package luabind

import (
	"encoding/binary"
	"math"

	glua "github.com/yuin/gopher-lua"

	"conquest/budget"
	"conquest/dicom"
	"conquest/lua"
	"conquest/pixel"
)

// ownedPixels is pixel data that a script changes in place: bytes it got for
// itself, which no other data set holds.
type ownedPixels struct {
	ds    *dicom.Dataset
	value []byte
}

// image is the plain pixel data of an object.
type image struct {
	ds                  *dicom.Dataset
	rows, cols, samples int
	bytes, frames       int // bytes per sample
	planar              bool
	value               []byte
	vr                  dicom.VR
}

// readImage describes the pixels of o, false when there are none to work on.
func (s *State) readImage(o *object) (m image, ok bool) {
	if o == nil {
		return m, false
	}
	ds := o.data()
	number := func(t dicom.Tag, missing int) int {
		if e := ds.Get(t); e != nil && len(e.Value) >= 2 {
			return int(binary.LittleEndian.Uint16(e.Value))
		}
		return missing
	}
	if ds.NKI() != nil && !ds.Has(dicom.PixelData) {
		if _, err := pixel.Decompress(ds, pixel.Limits{Budget: budget.From(s.vm.Context())}); err != nil {
			return m, false
		}
	}
	e := ds.Get(dicom.PixelData)
	if e == nil || e.Items != nil {
		return m, false
	}
	m = image{ds: ds, rows: number(dicom.Rows, 0), cols: number(dicom.Columns, 0), vr: e.VR,
		samples: number(dicom.SamplesPerPixel, 0), bytes: (number(dicom.BitsAllocated, 0) + 7) / 8}
	planar := number(dicom.PlanarConfiguration, 0)
	m.planar = planar == 1 && m.samples > 1
	if m.rows == 0 || m.cols == 0 || planar > 1 || m.samples == 0 {
		return m, false
	}
	if e.Fragments != nil {
		return m, false
	}
	if m.value = e.Value; e.Bulk != nil {
		v, err := e.Bytes()
		if err != nil {
			return m, false
		}
		m.value = v
		ds.Put(dicom.Element{Tag: dicom.PixelData, VR: e.VR, Value: v})
	}
	m.frames = len(m.value) / max(m.frameSize(), 1)
	return m, len(m.value) > 0
}

func (m *image) frameSize() int { return m.rows * m.cols * m.samples * m.bytes }

// offset is where sample k of a pixel lies, false when it is outside. x beyond
// the row goes on in the next one, y beyond the frame in the next frame.
func (m *image) offset(x, y, frame, k int) (int, bool) {
	const far = math.MaxInt32
	if x < -far || x > far || y < -far || y > far || frame < -far || frame > far {
		return 0, false
	}
	size := m.rows * m.cols
	p := frame*size + y*m.cols + x
	if p < 0 || p > len(m.value) {
		return 0, false
	}
	at := (p*m.samples + k) * m.bytes
	if m.planar {
		at = p/size*m.frameSize() + (k*size+p%size)*m.bytes
	}
	return at, at+m.bytes <= len(m.value)
}

func (m *image) get(at int) float64 {
	switch m.bytes {
	case 1:
		return float64(m.value[at])
	case 2:
		return float64(binary.LittleEndian.Uint16(m.value[at:]))
	case 4:
		return float64(int32(binary.LittleEndian.Uint32(m.value[at:])))
	}
	return 0
}

// hasNumbers tells whether rows and columns of such samples are read and written;
// single pixels of others read 0.
func (m *image) hasNumbers() bool { return m.bytes == 1 || m.bytes == 2 || m.bytes == 4 }

func (m *image) put(at int, f float64) {
	n := lua.ToInt(f)
	switch m.bytes {
	case 1:
		m.value[at] = byte(n)
	case 2:
		binary.LittleEndian.PutUint16(m.value[at:], uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(m.value[at:], uint32(n))
	}
}

// own makes the value of m the script's own, to be changed in place.
func (s *State) own(m *image) {
	p := &s.pixels
	if p.ds == m.ds && len(p.value) == len(m.value) && &p.value[0] == &m.value[0] {
		return
	}
	v := append(make([]byte, 0, len(m.value)), m.value...)
	m.ds.Put(dicom.Element{Tag: dicom.PixelData, VR: m.vr, Value: v})
	m.value = v
	*p = ownedPixels{ds: m.ds, value: v}
}

func fnGetPixel(s *State, l *glua.LState) int {
	o, n := s.target(l, 1)
	m, ok := s.readImage(o)
	if !ok {
		return 0
	}
	x, y, frame := looseInt(l, n), looseInt(l, n+1), looseInt(l, n+2)
	for k := range m.samples {
		at, ok := m.offset(x, y, frame, k)
		if !ok {
			return 0
		}
		l.Push(glua.LNumber(m.get(at)))
	}
	return m.samples
}

func fnSetPixel(s *State, l *glua.LState) int {
	o, n := s.target(l, 1)
	m, ok := s.readImage(o)
	if !ok {
		return 0
	}
	x, y, frame := looseInt(l, n), looseInt(l, n+1), looseInt(l, n+2)
	for k := range m.samples {
		at, inside := m.offset(x, y, frame, k)
		if n+3+k > l.GetTop() || !inside {
			continue
		}
		f, _ := lua.ToNumber(l.Get(n + 3 + k))
		s.own(&m)
		m.put(at, f)
	}
	return 0
}

func fnGetRow(s *State, l *glua.LState) int {
	return s.line(l, func(m *image, at, i int) (x, y int) { return i, at }, func(m *image) int { return m.cols })
}

func fnGetColumn(s *State, l *glua.LState) int {
	return s.line(l, func(m *image, at, i int) (x, y int) { return at, i }, func(m *image) int { return m.rows })
}

// line reads a row or column into a table from 0.
func (s *State) line(l *glua.LState, place func(m *image, at, i int) (x, y int), count func(*image) int) int {
	o, n := s.target(l, 1)
	m, ok := s.readImage(o)
	if !ok {
		return 0
	}
	at, frame := looseInt(l, n), looseInt(l, n+1)
	t := l.CreateTable(count(&m)*m.samples, 1)
	for i := range count(&m) {
		x, y := place(&m, at, i)
		for k := range m.samples {
			off, ok := m.offset(x, y, frame, k)
			if !ok {
				return 0
			}
			if m.hasNumbers() {
				t.RawSetInt(i*m.samples+k, glua.LNumber(m.get(off)))
			}
		}
	}
	l.Push(t)
	return 1
}

func fnSetRow(s *State, l *glua.LState) int {
	return s.setLine(l, func(at, i int) (x, y int) { return i, at }, func(m *image) int { return m.cols })
}

func fnSetColumn(s *State, l *glua.LState) int {
	return s.setLine(l, func(at, i int) (x, y int) { return at, i }, func(m *image) int { return m.rows })
}

// setLine writes a row or column from the table that is the last argument; what
// is missing is 0.
func (s *State) setLine(l *glua.LState, place func(at, i int) (x, y int), count func(*image) int) int {
	o, n := s.target(l, 1)
	t, isTable := l.Get(l.GetTop()).(*glua.LTable)
	m, ok := s.readImage(o)
	if !ok || !isTable || l.GetTop() < n+2 || !m.hasNumbers() {
		return 0
	}
	at, frame := looseInt(l, n), looseInt(l, n+1)
	for i := range count(&m) {
		x, y := place(at, i)
		for k := range m.samples {
			off, ok := m.offset(x, y, frame, k)
			if !ok {
				return 0
			}
			f, _ := lua.ToNumber(lua.RawAt(t, i*m.samples+k))
			s.own(&m)
			m.put(off, f)
		}
	}
	return 0
}

// fnGetImage gives a frame as bytes.
func fnGetImage(s *State, l *glua.LState) int {
	o, n := s.target(l, 1)
	m, ok := s.readImage(o)
	frame := looseInt(l, n)
	if !ok || frame < 0 || (frame+1)*m.frameSize() > len(m.value) {
		return 0
	}
	s.vm.Room(l, m.frameSize())
	return lua.GiveText(l, string(m.value[frame*m.frameSize():(frame+1)*m.frameSize()]))
}

// fnSetImage sets a frame from bytes, or of 16-bit images from 32-bit floating
// point numbers times an optional factor.
func fnSetImage(s *State, l *glua.LState) int {
	o, n := s.target(l, 1)
	m, ok := s.readImage(o)
	frame := looseInt(l, n)
	if !ok || frame < 0 || (frame+1)*m.frameSize() > len(m.value) {
		return 0
	}
	if l.GetTop() < n+1 {
		return 0
	}
	data, _ := lua.ToText(l.Get(n + 1))
	size := m.frameSize()
	switch {
	case len(data) == size:
		s.own(&m)
		copy(m.value[frame*size:], data)
	case m.bytes == 2 && len(data) == 2*size:
		s.own(&m)
		factor := 1.0
		if l.GetTop() > n+1 {
			factor, _ = lua.ToNumber(l.Get(n + 2))
		}
		setFloats(m.value[frame*size:(frame+1)*size], data, factor)
	default:
		l.RaiseError("Failed to set image, data and image dimensions incompatible")
	}
	return 0
}

func setFloats(dst []byte, src string, factor float64) {
	for i := 0; i+2 <= len(dst); i += 2 {
		f := math.Float32frombits(uint32(src[2*i]) | uint32(src[2*i+1])<<8 | uint32(src[2*i+2])<<16 | uint32(src[2*i+3])<<24)
		binary.LittleEndian.PutUint16(dst[i:], uint16(lua.ToInt(float64(f)*factor)))
	}
}
