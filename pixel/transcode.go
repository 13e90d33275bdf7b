package pixel

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/pixel/nki"
)

// defaultQuality is that of the setting LossyQuality.
const defaultQuality = 95

// Options steer Transcode.
type Options struct {
	// Quality is the default of lossy codes (setting LossyQuality); 0 is 95.
	Quality int
	// Script runs CompressionConverter n for the codes s0 to s9.
	Script func(n int, ds *dicom.Dataset) error
	// Warn receives what the operator should know, such as a change of mode. It
	// may be called from several goroutines at once.
	Warn func(format string, args ...any)
	// Damaged accepts frames of which only a part can be decoded, with a warning.
	Damaged bool
	// Workers is the largest number of goroutines; 0 means one for each core.
	Workers int
	// Limits bound memory and time.
	Limits Limits
}

func (o *Options) warn(format string, args ...any) {
	if o.Warn != nil {
		o.Warn(format, args...)
	}
}

// jpegFamily lists the syntaxes that the codes uj, nj and ja leave alone.
var jpegFamily = map[string]byte{
	dicom.JPEGBaseline: '3', dicom.JPEGExtended: '4', dicom.JPEGSpectral: '5', dicom.JPEGProgressive: '6',
	dicom.JPEGLossless: '2', dicom.JPEGLosslessSV1: '1', dicom.JPEGLSLossless: 's', dicom.JPEGLSNearLossless: '7',
	dicom.JPEG2000Lossless: 'k', dicom.JPEG2000: 'l', dicom.HTJ2KLossless: 'h', dicom.HTJ2KLosslessRPCL: modeRPCL, dicom.HTJ2K: modeHTLossy,
}

// Modes that codes do not name: jhNN is modeHTLossy.
const (
	modeHTLossy = 'H'
	modeRPCL    = 'R'
)

// Transcode brings the pixel data of ds into the form that the code names and
// sets the attributes that go with it, among them the transfer syntax. SOP
// instance UIDs stay. When the new form can not be made, ds is left as it was
// or plain, always consistent, and an error is returned; an unknown code
// leaves it alone. Objects without pixel data are left alone.
//
// n codes remove the elements of group 0002, which do not apply any more.
func Transcode(ds *dicom.Dataset, code string, opt Options) error {
	c, err := ParseCode(code)
	if err != nil {
		return fmt.Errorf("transcode: %w", err)
	}
	if opt.Quality == 0 {
		opt.Quality = defaultQuality
	}
	if c.Quality > 0 {
		opt.Quality = min(c.Quality, 100)
	}
	if c.Family != 's' && !c.AsIs() && PassedThrough(ds) {
		return fmt.Errorf("transcode to %s: %w", c, errPassedThrough(ds))
	}
	switch c.Family {
	case 'u':
		err = uncompress(ds, c, opt)
	case 'j':
		err = compressJPEG(ds, c, opt)
	case 'n':
		err = compressNKI(ds, c, opt)
	case 'k':
		_, err = downsize(ds, downsizeLimits[c.Mode], opt)
	case 's':
		if opt.Script == nil {
			err = errors.New("no compression converters here")
		} else {
			err = opt.Script(int(c.Mode-'0'), ds)
		}
	}
	if err != nil {
		return fmt.Errorf("transcode to %s: %w", c, err)
	}
	return nil
}

// plainSyntaxes are those that the codes ui, ul and ub name.
var plainSyntaxes = map[byte]string{
	'i': dicom.ImplicitLittleEndian, 'l': dicom.ExplicitLittleEndian, 'b': dicom.ExplicitBigEndian,
}

func uncompress(ds *dicom.Dataset, c Code, opt Options) error {
	if c.Mode == 'j' && jpegFamily[ds.TransferSyntax().UID] != 0 {
		return nil
	}
	if _, err := decompress(ds, opt, false); err != nil {
		return err
	}
	if wanted := plainSyntaxes[c.Mode]; wanted != "" {
		fixVR(ds, wanted)
		ds.SetTransferSyntax(wanted)
	}
	return nil
}

// fixVR gives pixel data of more than 8 bits the VR of words, so that byte
// order is applied to them.
func fixVR(ds *dicom.Dataset, syntax string) {
	e := ds.Get(dicom.PixelData)
	bits, _ := ds.Int(dicom.BitsAllocated)
	if e == nil || e.Fragments != nil || bits <= 8 || e.VR == dicom.OW || syntax == dicom.ImplicitLittleEndian {
		return
	}
	words := *e
	words.VR = dicom.OW
	ds.Put(words)
}

func compressNKI(ds *dicom.Dataset, c Code, opt Options) error {
	if c.Mode == 'j' && jpegFamily[ds.TransferSyntax().UID] != 0 {
		return nil
	}
	mode := int(c.Mode - '0')
	if present, ok := nkiMode(ds); ok && present == mode && hasNKI(ds) {
		deleteMeta(ds)
		return nil
	}
	if _, err := decompress(ds, opt, false); err != nil {
		return err
	}
	switch c.Mode {
	case 'j':
		mode = 5
	case '#':
		mode = 5
		if err := scaleClip(ds, c.Scale, c.Clip); err != nil {
			return err
		}
	}
	if mode > 0 {
		if err := putNKI(ds, mode, opt.Limits); err != nil {
			return err
		}
	}
	deleteMeta(ds)
	return nil
}

// putNKI replaces plain pixel data by the private element. Data that mode 5
// would not keep are coded in mode 4.
func putNKI(ds *dicom.Dataset, mode int, l Limits) error {
	e := ds.Get(dicom.PixelData)
	if e == nil || e.Length() == 0 {
		return nil
	}
	if ds.Has(dicom.NKIPixelData) {
		return fmt.Errorf("put NKI pixel data where another private block is: %w", ErrUnsupported)
	}
	// Plain, coded, and decoded for comparison.
	_, done, err := l.reserve(0, 3*e.Length(), 1)
	if err != nil {
		return err
	}
	defer done()
	pix, err := e.Bytes()
	if err != nil {
		return fmt.Errorf("read pixel data: %w", err)
	}
	if len(pix)%2 == 1 {
		pix = append(append([]byte(nil), pix...), 0)
	}
	if mode == 5 && !nki.Fits13Bits(pix) {
		mode = 4
	}
	data, err := nki.Encode(pix, mode)
	if err != nil {
		return err
	}
	if back, err := nki.Decode(data); err != nil || !bytes.Equal(back, pix) {
		return errors.Join(errVerify, err)
	}
	ds.Delete(dicom.PixelData)
	ds.Put(dicom.Element{Tag: dicom.NKIPixelData, VR: dicom.OW, Value: data})
	return nil
}

// deleteMeta removes the elements of group 0002.
func deleteMeta(ds *dicom.Dataset) {
	ds.DeleteFunc(func(e *dicom.Element) bool { return e.Tag.Group() == 2 })
}

func compressJPEG(ds *dicom.Dataset, c Code, opt Options) error {
	present := jpegFamily[ds.TransferSyntax().UID]
	switch {
	case c.Mode == 'h' && c.Quality > 0:
		c.Mode = modeHTLossy
	case c.Mode == 'h' && present == modeRPCL:
		return nil
	}
	if present != 0 && (present == c.Mode || c.Mode == 'a') {
		return nil
	}
	if _, err := decompress(ds, opt, c.Mode != '0'); err != nil {
		return err
	}
	modality := strings.TrimSpace(ds.String(dicom.Modality))
	if modality == "PR" || modality == "SR" || strings.HasPrefix(modality, "RT") {
		if e := ds.Get(dicom.PixelData); e == nil || e.Length() == 0 {
			return nil
		}
		return fmt.Errorf("modality %s is not compressed", modality)
	}
	switch c.Mode {
	case '0':
		return nil
	case '#':
		if err := scaleClip(ds, c.Scale, c.Clip); err != nil {
			return err
		}
		c.Mode = '2'
	}
	return encapsulatePresent(ds, c.Mode, opt)
}
