package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Errors of typed access.
var (
	ErrNotNumeric  = errors.New("value is not numeric")
	ErrOutOfRange  = errors.New("number does not fit the value representation")
	ErrNotInMemory = errors.New("value is no plain value in memory")
)

func (e *Element) plainValue() error {
	if e.Bulk != nil || e.Fragments != nil || e.Items != nil {
		return fmt.Errorf("element (%v): %w", e.Tag, ErrNotInMemory)
	}
	return nil
}

// Ints are all numbers of the value: by VR in binary, or the decimal text of IS
// and DS, of which the fraction is cut. OB, UN and other binary VRs give their
// bytes, AT its tags, UV beyond the range of int64 wraps. An incomplete number
// at the end is left out.
func (e *Element) Ints() ([]int64, error) {
	if err := e.plainValue(); err != nil {
		return nil, err
	}
	switch {
	case e.VR.IsText():
		fs, err := e.decimals()
		ns := make([]int64, len(fs))
		for i, f := range fs {
			ns[i] = int64(f)
		}
		return ns, err
	case e.VR == FL || e.VR == OF || e.VR == FD || e.VR == OD:
		fs, err := e.Floats()
		ns := make([]int64, len(fs))
		for i, f := range fs {
			ns[i] = int64(f)
		}
		return ns, err
	case e.VR == AT:
		ns := make([]int64, 0, len(e.Value)/4)
		for _, t := range e.Tags() {
			ns = append(ns, int64(t))
		}
		return ns, nil
	}
	size := e.VR.WordSize()
	ns := make([]int64, 0, len(e.Value)/size)
	for v := e.Value; len(v) >= size; v = v[size:] {
		ns = append(ns, e.VR.integer(v))
	}
	return ns, nil
}

// integer is the number v begins with.
func (vr VR) integer(v []byte) int64 {
	switch vr {
	case SS:
		return int64(int16(binary.LittleEndian.Uint16(v)))
	case US, OW:
		return int64(binary.LittleEndian.Uint16(v))
	case SL:
		return int64(int32(binary.LittleEndian.Uint32(v)))
	case UL, OL:
		return int64(binary.LittleEndian.Uint32(v))
	case SV, UV, OV:
		return int64(binary.LittleEndian.Uint64(v))
	}
	return int64(v[0])
}

// Floats are all numbers of the value: as [Element.Ints], with the fractions
// of FL, FD, OF, OD and DS.
func (e *Element) Floats() ([]float64, error) {
	if err := e.plainValue(); err != nil {
		return nil, err
	}
	v := e.Value
	switch e.VR {
	case FL, OF:
		fs := make([]float64, 0, len(v)/4)
		for ; len(v) >= 4; v = v[4:] {
			fs = append(fs, float64(math.Float32frombits(binary.LittleEndian.Uint32(v))))
		}
		return fs, nil
	case FD, OD:
		fs := make([]float64, 0, len(v)/8)
		for ; len(v) >= 8; v = v[8:] {
			fs = append(fs, math.Float64frombits(binary.LittleEndian.Uint64(v)))
		}
		return fs, nil
	}
	if e.VR.IsText() {
		return e.decimals()
	}
	ns, err := e.Ints()
	fs := make([]float64, len(ns))
	for i, n := range ns {
		fs[i] = float64(n)
	}
	return fs, err
}

// decimals reads the parts of decimal text; empty parts are left out.
func (e *Element) decimals() ([]float64, error) {
	s := e.String()
	if s == "" {
		return nil, nil
	}
	fs := make([]float64, 0, strings.Count(s, `\`)+1)
	for part := range strings.SplitSeq(s, `\`) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		f, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return fs, fmt.Errorf("element (%v), %q: %w", e.Tag, part, ErrNotNumeric)
		}
		fs = append(fs, f)
	}
	return fs, nil
}

// Tags are the attribute tags of an AT value.
func (e *Element) Tags() []Tag {
	ts := make([]Tag, 0, len(e.Value)/4)
	for v := e.Value; len(v) >= 4; v = v[4:] {
		ts = append(ts, NewTag(binary.LittleEndian.Uint16(v), binary.LittleEndian.Uint16(v[2:])))
	}
	return ts
}

// Ints are the numbers of t; nil when it is absent, empty, or not numeric.
func (d *Dataset) Ints(t Tag) []int64 {
	if e := d.Get(t); e != nil {
		if ns, err := e.Ints(); err == nil && len(ns) > 0 {
			return ns
		}
	}
	return nil
}

// Floats are the numbers of t; nil when it is absent, empty, or not numeric.
func (d *Dataset) Floats(t Tag) []float64 {
	if e := d.Get(t); e != nil {
		if fs, err := e.Floats(); err == nil && len(fs) > 0 {
			return fs
		}
	}
	return nil
}

// NewInts makes an element of numbers, binary or decimal text by vr.
func NewInts(t Tag, vr VR, ns ...int64) (Element, error) {
	if vr.IsText() {
		parts := make([]string, len(ns))
		for i, n := range ns {
			parts[i] = strconv.FormatInt(n, 10)
		}
		return NewText(t, vr, strings.Join(parts, `\`)), nil
	}
	if vr == FL || vr == FD || vr == OF || vr == OD {
		fs := make([]float64, len(ns))
		for i, n := range ns {
			fs[i] = float64(n)
		}
		return NewFloats(t, vr, fs...)
	}
	var v []byte
	for _, n := range ns {
		if !vr.fits(n) {
			return Element{}, fmt.Errorf("element (%v), %d as %v: %w", t, n, vr, ErrOutOfRange)
		}
		v = vr.appendInt(v, n)
	}
	if len(v)%2 == 1 {
		v = append(v, 0)
	}
	return Element{Tag: t, VR: vr, Value: v}, nil
}

func (vr VR) fits(n int64) bool {
	switch vr {
	case SS:
		return n >= math.MinInt16 && n <= math.MaxInt16
	case US, OW:
		return n >= 0 && n <= math.MaxUint16
	case SL:
		return n >= math.MinInt32 && n <= math.MaxInt32
	case UL, OL, AT:
		return n >= 0 && n <= math.MaxUint32
	case SV:
		return true
	case UV, OV:
		return n >= 0
	case SQ:
		return false
	}
	return n >= 0 && n <= math.MaxUint8
}

func (vr VR) appendInt(v []byte, n int64) []byte {
	switch vr {
	case AT:
		v = binary.LittleEndian.AppendUint16(v, uint16(n>>16))
		return binary.LittleEndian.AppendUint16(v, uint16(n))
	}
	switch vr.WordSize() {
	case 2:
		return binary.LittleEndian.AppendUint16(v, uint16(n))
	case 4:
		return binary.LittleEndian.AppendUint32(v, uint32(n))
	case 8:
		return binary.LittleEndian.AppendUint64(v, uint64(n))
	}
	return append(v, byte(n))
}

// NewFloats makes an element of numbers: FL, FD, OF and OD in binary, DS as
// text of at most 16 characters each; other VRs get the whole numbers.
func NewFloats(t Tag, vr VR, fs ...float64) (Element, error) {
	switch vr {
	case FL, OF:
		v := make([]byte, 0, 4*len(fs))
		for _, f := range fs {
			v = binary.LittleEndian.AppendUint32(v, math.Float32bits(float32(f)))
		}
		return Element{Tag: t, VR: vr, Value: v}, nil
	case FD, OD:
		v := make([]byte, 0, 8*len(fs))
		for _, f := range fs {
			v = binary.LittleEndian.AppendUint64(v, math.Float64bits(f))
		}
		return Element{Tag: t, VR: vr, Value: v}, nil
	}
	if vr.IsText() && vr != IS {
		parts := make([]string, len(fs))
		for i, f := range fs {
			parts[i] = FormatDS(f)
		}
		return NewText(t, vr, strings.Join(parts, `\`)), nil
	}
	ns := make([]int64, len(fs))
	for i, f := range fs {
		if math.IsNaN(f) || f < math.MinInt64 || f >= math.MaxInt64 {
			return Element{}, fmt.Errorf("element (%v), %g as %v: %w", t, f, vr, ErrOutOfRange)
		}
		ns[i] = int64(f)
	}
	return NewInts(t, vr, ns...)
}

// FormatDS is the decimal string of f with the most digits that fit the 16
// characters of VR DS (PS3.5 section 6.2).
func FormatDS(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	for digits := 15; len(s) > 16 && digits > 0; digits-- {
		s = strconv.FormatFloat(f, 'g', digits, 64)
	}
	return s
}
