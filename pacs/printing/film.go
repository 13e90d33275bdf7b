package printing

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"conquest/budget"
	"conquest/dicom"
	"conquest/pixel"
	"conquest/pixel/frame"
)

// Size of a drawn film: so many pixels for an inch, at most so many on a side.
const (
	filmResolution = 150
	maxFilmSide    = 4096
)

// filmSize is the size in pixels of a film size ID as 14INX17IN or 24CMX30CM.
func filmSize(id string, landscape bool) (width, height int) {
	w, h := 14.0, 17.0
	var a, b float64
	id = strings.ReplaceAll(strings.ToUpper(id), "_", ".")
	switch {
	case id == "A4":
		w, h = 8.27, 11.69
	case id == "A3":
		w, h = 11.69, 16.54
	case strings.Contains(id, "CM"):
		if n, _ := fmt.Sscanf(id, "%fCMX%fCM", &a, &b); n == 2 {
			w, h = a/2.54, b/2.54
		}
	default:
		if n, _ := fmt.Sscanf(id, "%fINX%fIN", &a, &b); n == 2 {
			w, h = a, b
		}
	}
	if landscape {
		w, h = h, w
	}
	limit := func(inches float64) int { return min(max(int(inches*filmResolution), 64), maxFilmSide) }
	return limit(w), limit(h)
}

// cells are the places of the image boxes on a film, in order of position.
func (l layout) cells(width, height int) []image.Rectangle {
	var list []image.Rectangle
	across, along := width, height // of a part, along its images; of the parts
	if l.columns {
		across, along = height, width
	}
	n := len(l.parts)
	for i, count := range l.parts {
		for k := range count {
			r := image.Rect(k*across/count, i*along/n, (k+1)*across/count, (i+1)*along/n)
			if l.columns {
				r = image.Rect(r.Min.Y, r.Min.X, r.Max.Y, r.Max.X)
			}
			list = append(list, r.Inset(filmMargin))
		}
	}
	return list
}

// filmMargin is the space around each picture, in pixels.
const filmMargin = 4

// renderFilm draws the pictures of a film at their places into a PNG file.
func renderFilm(ctx context.Context, path string, f *film) error {
	landscape := f.attrs.String(tagFilmOrientation) == "LANDSCAPE"
	width, height := filmSize(f.attrs.String(tagFilmSizeID), landscape)
	sheet := image.NewRGBA(image.Rect(0, 0, width, height))
	fill(sheet, sheet.Bounds(), density(f.attrs.String(tagBorderDensity)))
	smooth := f.attrs.String(tagMagnificationType) != "REPLICATE" && f.attrs.String(tagMagnificationType) != "NONE"
	drawn := 0
	var last error
	for i, cell := range f.layout.cells(width, height) {
		picture, ok := f.images[f.boxes[i]]
		if !ok {
			fill(sheet, cell, density(f.attrs.String(tagEmptyImageDensity)))
			continue
		}
		if err := drawPicture(ctx, sheet, cell, picture, smooth); err != nil {
			last = err
			continue
		}
		drawn++
	}
	if drawn == 0 {
		return fmt.Errorf("%w: %w", errNoPicture, last)
	}
	file, done, err := create(path)
	if err != nil {
		return err
	}
	return done((&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(file, sheet))
}

// density is the colour of a density: white, or black for anything else.
func density(text string) color.RGBA {
	if text == "WHITE" {
		return color.RGBA{255, 255, 255, 255}
	}
	return color.RGBA{0, 0, 0, 255}
}

func fill(sheet *image.RGBA, r image.Rectangle, c color.RGBA) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			sheet.SetRGBA(x, y, c)
		}
	}
}

// drawPicture scales the first frame of a file into a cell, its shape kept.
func drawPicture(ctx context.Context, sheet *image.RGBA, cell image.Rectangle, p printImage, smooth bool) error {
	ctx, done := budget.Work(ctx, "picture")
	defer done()
	f, err := dicom.ReadFile(p.path, dicom.ParseOptions{Budget: budget.From(ctx)})
	if err != nil {
		return err
	}
	defer f.Close()
	im, err := pixel.OpenWith(f.Dataset, pixel.Limits{Budget: budget.From(ctx)})
	if err != nil {
		return err
	}
	fr, err := im.Frame(0)
	if fr == nil {
		return err
	}
	pix, err := bytesOf(fr)
	if err != nil {
		return err
	}
	if (f.Dataset.String(dicom.PhotometricInterpretation) == "MONOCHROME1") != p.reverse {
		for i := range pix {
			pix[i] = 255 - pix[i]
		}
	}
	w, h := cell.Dx(), cell.Dy()
	if w < 1 || h < 1 {
		return nil
	}
	if fr.Width*h > fr.Height*w {
		h = max(fr.Height*w/fr.Width, 1)
	} else {
		w = max(fr.Width*h/fr.Height, 1)
	}
	at := cell.Min.Add(image.Pt((cell.Dx()-w)/2, (cell.Dy()-h)/2))
	scale(sheet, image.Rectangle{at, at.Add(image.Pt(w, h))}, pix, fr, smooth)
	return nil
}

// bytesOf are the samples of a frame as 8 bits: prepared pictures use the whole
// range of their bits.
func bytesOf(fr *frame.Frame) ([]byte, error) {
	n := fr.Samples()
	out := make([]byte, n)
	switch fr.BitsAllocated {
	case 8:
		shift := 8 - fr.BitsStored
		for i, v := range fr.Pix[:n] {
			out[i] = v << shift
			if fr.Signed {
				out[i] += 128
			}
		}
	case 16:
		for i := range n {
			v := uint16(fr.Pix[2*i]) | uint16(fr.Pix[2*i+1])<<8
			if fr.Signed {
				v += 1 << (fr.BitsStored - 1)
			}
			out[i] = byte(v << (16 - fr.BitsStored) >> 8)
		}
	default:
		return nil, fmt.Errorf("picture of %d bits", fr.BitsAllocated)
	}
	return out, nil
}

// scale draws pix, the samples of fr, into r.
func scale(sheet *image.RGBA, r image.Rectangle, pix []byte, fr *frame.Frame, smooth bool) {
	sx, sy := float64(fr.Width)/float64(r.Dx()), float64(fr.Height)/float64(r.Dy())
	c := fr.Components
	sample := func(x, y, k int) float64 {
		x, y = min(max(x, 0), fr.Width-1), min(max(y, 0), fr.Height-1)
		return float64(pix[(y*fr.Width+x)*c+k])
	}
	for y := range r.Dy() {
		fy := (float64(y)+0.5)*sy - 0.5
		for x := range r.Dx() {
			fx := (float64(x)+0.5)*sx - 0.5
			var v [3]byte
			for k := range min(c, 3) {
				if smooth {
					v[k] = byte(bilinear(fx, fy, k, sample) + 0.5)
				} else {
					v[k] = byte(sample(int(fx+0.5), int(fy+0.5), k))
				}
			}
			if c < 3 {
				v[1], v[2] = v[0], v[0]
			}
			sheet.SetRGBA(r.Min.X+x, r.Min.Y+y, color.RGBA{v[0], v[1], v[2], 255})
		}
	}
}

func bilinear(fx, fy float64, k int, sample func(x, y, k int) float64) float64 {
	x, y := int(fx+1)-1, int(fy+1)-1
	dx, dy := fx-float64(x), fy-float64(y)
	top := sample(x, y, k)*(1-dx) + sample(x+1, y, k)*dx
	bottom := sample(x, y+1, k)*(1-dx) + sample(x+1, y+1, k)*dx
	return top*(1-dy) + bottom*dy
}
