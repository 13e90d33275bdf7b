package pixel

import (
	"image"
	"math"
	"strings"

	"conquest/dicom"
	"conquest/pixel/frame"
)

// Tags of grey scale transformations.
const (
	tagPixelPadding          dicom.Tag = 0x00280120
	tagWindowFunction        dicom.Tag = 0x00281056
	tagModalityLUT           dicom.Tag = 0x00283000
	tagLUTDescriptor         dicom.Tag = 0x00283002
	tagLUTData               dicom.Tag = 0x00283006
	tagVOILUT                dicom.Tag = 0x00283010
	tagFrameVOI              dicom.Tag = 0x00289132
	tagPixelValues           dicom.Tag = 0x00289145
	tagSharedGroups          dicom.Tag = 0x52009229
	tagPerFrameGroups        dicom.Tag = 0x52009230
	tagPresentationLUTShape  dicom.Tag = 0x20500020
	greyLevels                         = 255
	entriesOf16Bits                    = 1 << 16
	maxLUTEntries                      = 1 << 16
	presentationShapeInverse           = "INVERSE"
)

// grey brings the samples of a region to shades of grey: stored values by the
// modality LUT or rescaling, then by the window or VOI LUT (PS3.4 section N.2).
func (d *Drawer) grey(f *frame.Frame, r image.Rectangle, n int, window *Window) []byte {
	t := d.transformation(n)
	if f.BitsAllocated == 16 && r.Dx() == f.Width {
		return d.grey16(f, r, t, window)
	}
	values := regionValues(f, r, d.im)
	lo, hi := bounds(values, t.padding)
	shade := t.shades(window, lo, hi)
	out := make([]byte, len(values))
	span := int64(hi) - int64(lo)
	var table [1 << 8]byte
	if span < int64(len(table)) {
		for i := range span + 1 {
			table[i] = shade(lo + int32(i))
		}
	}
	for i, v := range values {
		if at := int64(v) - int64(lo); at >= 0 && at <= span && span < int64(len(table)) {
			out[i] = table[at]
		} else {
			out[i] = shade(v)
		}
	}
	return out
}

// grey16 is grey for whole rows of 16 bits, by a table of all values that occur.
func (d *Drawer) grey16(f *frame.Frame, r image.Rectangle, t *transformation, window *Window) []byte {
	pix := f.Pix[2*f.Width*r.Min.Y : 2*f.Width*r.Max.Y]
	var used [entriesOf16Bits]bool
	for i := 0; i+1 < len(pix); i += 2 {
		used[uint16(pix[i])|uint16(pix[i+1])<<8] = true
	}
	unused := uint(0)
	if d.im.HighBit == d.im.BitsStored-1 && d.im.BitsAllocated == 16 {
		unused = uint(16 - d.im.BitsStored)
	}
	value := func(raw int) int32 {
		if f.Signed {
			return int32(int16(uint16(raw)<<unused) >> unused)
		}
		return int32(uint16(raw) << unused >> unused)
	}
	var present []int32
	for raw, yes := range used {
		if yes {
			present = append(present, value(raw))
		}
	}
	lo, hi := bounds(present, t.padding)
	shade := t.shades(window, lo, hi)
	var table [entriesOf16Bits]byte
	for raw, yes := range used {
		if yes {
			table[raw] = shade(value(raw))
		}
	}
	out := make([]byte, len(pix)/2)
	for i := range out {
		out[i] = table[uint16(pix[2*i])|uint16(pix[2*i+1])<<8]
	}
	return out
}

// regionValues are the stored values of a region, without bits that are not
// stored.
func regionValues(f *frame.Frame, r image.Rectangle, im *Image) []int32 {
	out := make([]int32, 0, r.Dx()*r.Dy())
	unused := uint(0)
	if im.HighBit == im.BitsStored-1 && f.BitsAllocated <= 16 && im.BitsAllocated == f.BitsAllocated {
		unused = uint(f.BitsAllocated - im.BitsStored)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := y*f.Width + r.Min.X
		switch f.BitsAllocated {
		case 8:
			for _, v := range f.Pix[at : at+r.Dx()] {
				if f.Signed {
					out = append(out, int32(int8(v<<unused)>>unused))
				} else {
					out = append(out, int32(v<<unused>>unused))
				}
			}
		case 16:
			row := f.Pix[2*at : 2*(at+r.Dx())]
			for i := 0; i+1 < len(row); i += 2 {
				v := uint16(row[i]) | uint16(row[i+1])<<8
				if f.Signed {
					out = append(out, int32(int16(v<<unused)>>unused))
				} else {
					out = append(out, int32(v<<unused>>unused))
				}
			}
		default:
			row := f.Pix[4*at : 4*(at+r.Dx())]
			for i := 0; i+3 < len(row); i += 4 {
				v := uint32(row[i]) | uint32(row[i+1])<<8 | uint32(row[i+2])<<16 | uint32(row[i+3])<<24
				if !f.Signed && v > math.MaxInt32 {
					v = math.MaxInt32
				}
				out = append(out, int32(v))
			}
		}
	}
	return out
}

// bounds is the range of values, without padding where there are others.
func bounds(values []int32, padding *int32) (lo, hi int32) {
	lo, hi = math.MaxInt32, math.MinInt32
	for _, v := range values {
		if padding != nil && v == *padding {
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	if lo > hi {
		return values[0], values[0]
	}
	return lo, hi
}

// transformation is what an object says of the way from stored values to grey.
type transformation struct {
	slope, intercept float64
	modality, voi    *lut
	window           *Window
	inverse          bool
	padding          *int32
}

// transformation reads it for frame n: of its functional groups, then those that
// all frames share, then the object itself.
func (d *Drawer) transformation(n int) *transformation {
	t := &transformation{slope: 1, inverse: d.im.Photometric == "MONOCHROME1"}
	sources := []*dicom.Dataset{d.ds}
	for _, item := range d.ds.Items(tagSharedGroups) {
		sources = append([]*dicom.Dataset{item}, sources...)
	}
	if frames := d.ds.Items(tagPerFrameGroups); n < len(frames) && frames[n] != nil {
		sources = append([]*dicom.Dataset{frames[n]}, sources...)
	}
	voiFound, valuesFound := false, false
	for _, s := range sources {
		voi, values := s, s
		if s != d.ds {
			voi, values = firstItem(s, tagFrameVOI), firstItem(s, tagPixelValues)
		}
		if voi != nil && !voiFound {
			voiFound = t.readVOI(voi)
		}
		if values != nil && !valuesFound {
			valuesFound = t.readValues(values, d.im.Signed)
		}
	}
	if v := d.ds.Get(tagPixelPadding); v != nil {
		if ns, err := v.Ints(); err == nil && len(ns) > 0 {
			p := int32(ns[0])
			if d.im.Signed && d.im.BitsAllocated == 16 {
				p = int32(int16(ns[0]))
			}
			t.padding = &p
		}
	}
	if strings.TrimSpace(d.ds.String(tagPresentationLUTShape)) == presentationShapeInverse {
		t.inverse = true
	}
	return t
}

func firstItem(d *dicom.Dataset, t dicom.Tag) *dicom.Dataset {
	if items := d.Items(t); len(items) > 0 {
		return items[0]
	}
	return nil
}

func (t *transformation) readVOI(d *dicom.Dataset) bool {
	center, width := d.Floats(tagWindowCenter), d.Floats(tagWindowWidth)
	if len(center) > 0 && len(width) > 0 && width[0] > 0 {
		t.window = &Window{Center: center[0], Width: width[0]}
		switch strings.TrimSpace(d.String(tagWindowFunction)) {
		case "LINEAR_EXACT":
			t.window.Function = LinearExact
		case "SIGMOID":
			t.window.Function = Sigmoid
		}
		return true
	}
	if item := firstItem(d, tagVOILUT); item != nil {
		t.voi = readLUT(item, true)
	}
	return t.voi != nil
}

func (t *transformation) readValues(d *dicom.Dataset, signed bool) bool {
	if item := firstItem(d, tagModalityLUT); item != nil {
		if t.modality = readLUT(item, signed); t.modality != nil {
			return true
		}
	}
	slope, intercept := d.Floats(tagRescaleSlope), d.Floats(tagRescaleIntercept)
	if len(slope) > 0 && slope[0] != 0 {
		t.slope = slope[0]
	}
	if len(intercept) > 0 {
		t.intercept = intercept[0]
	}
	return len(slope) > 0 || len(intercept) > 0
}

// lut is a look-up table of a LUT sequence (PS3.3 section C.11.1.1).
type lut struct {
	first int32
	bits  int
	data  []uint16
}

func readLUT(d *dicom.Dataset, signed bool) *lut {
	descriptor := d.Ints(tagLUTDescriptor)
	e := d.Get(tagLUTData)
	if len(descriptor) != 3 || e == nil {
		return nil
	}
	raw, err := e.Bytes()
	if err != nil {
		return nil
	}
	n := int(uint16(descriptor[0]))
	if n == 0 {
		n = maxLUTEntries
	}
	l := &lut{first: int32(uint16(descriptor[1])), bits: int(min(max(descriptor[2], 8), 16))}
	if signed {
		l.first = int32(int16(descriptor[1]))
	}
	if len(raw) < 2*n && len(raw) >= n {
		for _, v := range raw[:n] {
			l.data = append(l.data, uint16(v))
		}
		return l
	}
	for i := 0; i+1 < len(raw) && len(l.data) < n; i += 2 {
		l.data = append(l.data, uint16(raw[i])|uint16(raw[i+1])<<8)
	}
	if len(l.data) == 0 {
		return nil
	}
	return l
}

func (l *lut) at(v float64) float64 {
	i := int(math.Round(v)) - int(l.first)
	return float64(l.data[min(max(i, 0), len(l.data)-1)])
}

// shades is the shade of grey for a stored value; lo and hi are the range of
// values in the picture.
func (t *transformation) shades(window *Window, lo, hi int32) func(int32) byte {
	if window == nil {
		window = t.window
	}
	var voi func(float64) float64 // to 0..1
	switch {
	case window != nil:
		voi = window.level
	case t.voi != nil:
		full := float64(int(1)<<t.voi.bits - 1)
		voi = func(v float64) float64 { return t.voi.at(v) / full }
	default:
		a, b := t.value(lo), t.value(hi)
		a, b = min(a, b), max(a, b)
		if b == a {
			b = a + 1
		}
		voi = func(v float64) float64 { return (v - a) / (b - a) }
	}
	return func(v int32) byte {
		g := min(max(voi(t.value(v)), 0), 1)*greyLevels + 0.5
		if t.inverse {
			return greyLevels - byte(g)
		}
		return byte(g)
	}
}

// value is a stored value in the units of the modality.
func (t *transformation) value(v int32) float64 {
	if t.modality != nil {
		return t.modality.at(float64(v))
	}
	return float64(v)*t.slope + t.intercept
}

// level maps a value to 0..1, or beyond (PS3.3 section C.11.2.1.2 and .3).
func (w *Window) level(v float64) float64 {
	switch w.Function {
	case Sigmoid:
		return 1 / (1 + math.Exp(-4*(v-w.Center)/w.Width))
	case LinearExact:
		return (v-w.Center)/w.Width + 0.5
	}
	if w.Width <= 1 {
		if v <= w.Center-0.5 {
			return 0
		}
		return 1
	}
	return (v-(w.Center-0.5))/(w.Width-1) + 0.5
}
