package pixel

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"conquest/dicom"
)

// Tags of the image pixel module that package dicom does not name.
const (
	tagExtendedOffsets       dicom.Tag = 0x7FE00001
	tagExtendedLengths       dicom.Tag = 0x7FE00002
	tagWindowCenter          dicom.Tag = 0x00281050
	tagWindowWidth           dicom.Tag = 0x00281051
	tagRescaleIntercept      dicom.Tag = 0x00281052
	tagRescaleSlope          dicom.Tag = 0x00281053
	tagLossyImageCompression dicom.Tag = 0x00282110
	tagImplementationClass   dicom.Tag = 0x00020012
)

// maxNative is the longest plain value a 32-bit length can tell.
const maxNative = 1<<32 - 2

// Errors that callers can tell apart.
var (
	ErrNoPixelData = errors.New("object has no pixel data")
	ErrUnsupported = errors.New("pixel data are of a kind that is not supported")
)

// Module holds the attributes that describe pixel data (PS3.3 section
// C.7.6.3).
type Module struct {
	Rows, Columns int
	Samples       int
	Frames        int // at least 1
	BitsAllocated int
	BitsStored    int
	HighBit       int
	Signed        bool
	Planar        bool // colour by plane
	Photometric   string
}

// ReadModule reads the attributes of ds. Rows, columns and bits allocated have
// to be there and make sense.
func ReadModule(ds *dicom.Dataset) (Module, error) {
	number := func(t dicom.Tag, missing int) int {
		if n, ok := ds.Int(t); ok {
			return n
		}
		return missing
	}
	m := Module{
		Rows:          number(dicom.Rows, 0),
		Columns:       number(dicom.Columns, 0),
		Samples:       number(dicom.SamplesPerPixel, 1),
		Frames:        max(number(dicom.NumberOfFrames, 1), 1),
		BitsAllocated: number(dicom.BitsAllocated, 0),
		Signed:        number(dicom.PixelRepresentation, 0) == 1,
		Photometric:   strings.TrimSpace(ds.String(dicom.PhotometricInterpretation)),
	}
	m.Samples = max(m.Samples, 1)
	m.BitsStored = number(dicom.BitsStored, m.BitsAllocated)
	if m.BitsStored < 1 || m.BitsStored > m.BitsAllocated {
		m.BitsStored = m.BitsAllocated
	}
	m.HighBit = number(dicom.HighBit, m.BitsStored-1)
	m.Planar = m.Samples > 1 && number(dicom.PlanarConfiguration, 0) == 1
	if m.Rows < 1 || m.Columns < 1 || m.Rows > 65535 || m.Columns > 65535 || m.Samples > 4 ||
		m.BitsAllocated < 1 || m.BitsAllocated > 64 {
		return m, fmt.Errorf("image of %d x %d pixels, %d samples of %d bits: %w",
			m.Columns, m.Rows, m.Samples, m.BitsAllocated, ErrUnsupported)
	}
	return m, nil
}

// FrameSize is the number of bytes of one plain frame; frames of less than 8
// bits per sample need not begin at a byte.
func (m *Module) FrameSize() int64 {
	pixels := int64(m.Rows) * int64(m.Columns)
	if m.halvedChroma() {
		return (pixels + pixels%2) * 2 * int64(m.BitsAllocated) / 8
	}
	return (pixels*int64(m.Samples)*int64(m.BitsAllocated) + 7) / 8
}

// halvedChroma tells that two pixels share the chroma of plain pixel data.
func (m *Module) halvedChroma() bool {
	return m.Samples == 3 && !m.Planar && (m.Photometric == "YBR_FULL_422" || m.Photometric == "YBR_PARTIAL_422")
}

// NativeSize is the number of bytes of all plain frames, without padding; the
// largest number there is when attributes tell of more.
func (m *Module) NativeSize() int64 {
	frame, divisor := uint64(m.FrameSize()), uint64(1)
	if m.BitsAllocated < 8 {
		frame, divisor = uint64(m.Rows)*uint64(m.Columns)*uint64(m.Samples)*uint64(m.BitsAllocated), 8
	}
	high, low := bits.Mul64(frame, uint64(m.Frames))
	if high != 0 || low > math.MaxInt64-8 {
		return math.MaxInt64
	}
	return int64((low + divisor - 1) / divisor)
}

// put writes the attributes that decoding and encoding change into ds.
func (m *Module) put(ds *dicom.Dataset) {
	set := func(t dicom.Tag, n int) {
		if old, ok := ds.Int(t); !ok || old != n {
			ds.SetUint16(t, uint16(n))
		}
	}
	set(dicom.SamplesPerPixel, m.Samples)
	set(dicom.Rows, m.Rows)
	set(dicom.Columns, m.Columns)
	set(dicom.BitsAllocated, m.BitsAllocated)
	set(dicom.BitsStored, m.BitsStored)
	set(dicom.HighBit, m.HighBit)
	if m.Samples > 1 || ds.Has(dicom.PlanarConfiguration) {
		planar := 0
		if m.Planar {
			planar = 1
		}
		set(dicom.PlanarConfiguration, planar)
	}
	if m.Photometric != "" && strings.TrimSpace(ds.String(dicom.PhotometricInterpretation)) != m.Photometric {
		ds.SetString(dicom.PhotometricInterpretation, m.Photometric)
	}
}

// pixelVR is the VR of plain pixel data.
func (m *Module) pixelVR() dicom.VR {
	if m.BitsAllocated > 8 {
		return dicom.OW
	}
	return dicom.OB
}
