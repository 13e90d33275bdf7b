package pixel

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
)

// TestEncodeJPEG holds that pictures of all kinds are what another decoder reads.
func TestEncodeJPEG(t *testing.T) {
	bounds := image.Rect(0, 0, 37, 21)
	grey, wide, colour, clear := image.NewGray(bounds), image.NewGray(image.Rect(0, 0, 60, 40)), image.NewNRGBA(bounds), image.NewNRGBA(bounds)
	plan := image.NewPaletted(bounds, color.Palette{color.Black, color.White, color.RGBA{200, 0, 0, 255}})
	for y := range 40 {
		for x := range 60 {
			wide.SetGray(x, y, color.Gray{uint8(2*x + 3*y)})
			grey.SetGray(x, y, color.Gray{uint8(5 * x)})
			colour.Set(x, y, color.NRGBA{uint8(4 * x), uint8(200 - 4*x), 90, 255})
			clear.Set(x, y, color.NRGBA{uint8(4 * x), 100, 90, uint8(x)})
			plan.Set(x, y, plan.Palette[x/13%3])
		}
	}
	for name, img := range map[string]image.Image{
		"grey": grey, "part": wide.SubImage(bounds), "colour": colour, "transparent": clear, "palette": plan, "one pixel": image.NewGray(image.Rect(0, 0, 1, 1)),
	} {
		data, err := EncodeJPEG(img, 95)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil || got.Bounds().Size() != img.Bounds().Size() {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := flat(img)
		worst := 0
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				r, g, b, _ := got.At(x, y).RGBA()
				c := want.RGBAAt(x, y)
				for _, d := range []int{int(r>>8) - int(c.R), int(g>>8) - int(c.G), int(b>>8) - int(c.B)} {
					worst = max(worst, d, -d)
				}
			}
		}
		if limit := map[bool]int{true: 120, false: 14}[name == "palette"]; worst > limit { // edges of colour are halved
			t.Errorf("%s: a sample is off by %d", name, worst)
		}
	}
}
