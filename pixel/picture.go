package pixel

import (
	"image"
	"image/draw"

	"conquest/pixel/frame"
	"conquest/pixel/jpeg"
)

// EncodeJPEG codes a picture for browsers (JPEG baseline), in grey or, with colours at
// half the resolution, in YCbCr. What is transparent is black. The quality is 1 to 100.
// It takes about half the time of image/jpeg, and as its Huffman tables are made for
// the picture the result is smaller.
func EncodeJPEG(img image.Image, quality int) ([]byte, error) {
	f := &frame.Frame{Width: img.Bounds().Dx(), Height: img.Bounds().Dy(), Components: 1, BitsAllocated: 8, BitsStored: 8}
	opt := jpeg.EncodeOptions{Process: jpeg.Baseline, Quality: quality}
	if g, ok := img.(*image.Gray); ok {
		f.Pix = rows(g.Pix, g.Stride, f.Width, f.Height)
		return jpeg.Encode(f, opt)
	}
	f.Components, opt.ConvertToYCbCr, opt.Subsampling = 3, true, jpeg.Subsample420
	f.Pix = rgb(img)
	return jpeg.Encode(f, opt)
}

// rows are the samples without what stands between the rows.
func rows(pix []byte, stride, width, height int) []byte {
	if stride == width {
		return pix[:width*height]
	}
	out := make([]byte, 0, width*height)
	for y := range height {
		out = append(out, pix[y*stride:y*stride+width]...)
	}
	return out
}

// rgb are the colours of a picture.
func rgb(img image.Image) []byte {
	b := img.Bounds()
	var pix []byte
	var stride int
	switch p := img.(type) {
	case *image.RGBA:
		pix, stride = p.Pix, p.Stride
	case *image.NRGBA:
		if !p.Opaque() {
			return rgb(flat(img))
		}
		pix, stride = p.Pix, p.Stride
	default:
		return rgb(flat(img))
	}
	out := make([]byte, 0, 3*b.Dx()*b.Dy())
	for y := range b.Dy() {
		row := pix[y*stride : y*stride+4*b.Dx()]
		for x := 0; x < len(row); x += 4 {
			out = append(out, row[x], row[x+1], row[x+2])
		}
	}
	return out
}

func flat(img image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(out, out.Rect, image.Black, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Over)
	return out
}
