package main

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
)

// A testImage is a smooth image: a slope in both directions with a hill, the
// same every time.
type testImage struct {
	width, height, bits int
	rgb                 bool
}

var imageSpec = regexp.MustCompile(`^(\d{1,4})x(\d{1,4})(?:x(\d{1,2})|(rgb))?$`)

// parseImage reads WxH (16 bits), WxHxBITS or WxHrgb.
func parseImage(spec string) (testImage, error) {
	m := imageSpec.FindStringSubmatch(spec)
	if m == nil {
		return testImage{}, fmt.Errorf("read image size %q: want WxH, WxHxBITS or WxHrgb", spec)
	}
	img := testImage{bits: 16, rgb: m[4] != ""}
	img.width, _ = strconv.Atoi(m[1])
	img.height, _ = strconv.Atoi(m[2])
	switch {
	case img.rgb:
		img.bits = 8
	case m[3] != "":
		img.bits, _ = strconv.Atoi(m[3])
	}
	if img.width == 0 || img.height == 0 || img.bits < 1 || img.bits > 16 {
		return testImage{}, fmt.Errorf("read image size %q: out of range", spec)
	}
	return img, nil
}

// sample returns the value of one sample.
func (img testImage) sample(x, y, plane int) int {
	top := 1<<img.bits - 1
	w, h := max(img.width-1, 1), max(img.height-1, 1)
	slope := (x*h + y*w) * top / (2 * w * h)
	dx, dy := 2*x-w, 2*y-h
	hill := max(0, top/4-(dx*dx+dy*dy)*top/(w*w+h*h))
	return min(top, (slope+hill)/(plane+1))
}

// bytes returns the pixel data, little endian, padded to even length.
func (img testImage) bytes() []byte {
	planes := 1
	if img.rgb {
		planes = 3
	}
	var data []byte
	for y := range img.height {
		for x := range img.width {
			for p := range planes {
				v := img.sample(x, y, p)
				if img.bits > 8 {
					data = binary.LittleEndian.AppendUint16(data, uint16(v))
				} else {
					data = append(data, byte(v))
				}
			}
		}
	}
	if len(data)%2 == 1 {
		data = append(data, 0)
	}
	return data
}

// dump returns the image as lines of a dump whose pixel data is in a file.
func (img testImage) dump(file string) string {
	samples, photometric, allocated := 1, "MONOCHROME2", 8
	planar := ""
	if img.rgb {
		samples, photometric = 3, "RGB"
		planar = "(0028,0006) US 0\n"
	}
	if img.bits > 8 {
		allocated = 16
	}
	return fmt.Sprintf(`
(0028,0002) US %d
(0028,0004) CS %s
%s(0028,0010) US %d
(0028,0011) US %d
(0028,0100) US %d
(0028,0101) US %d
(0028,0102) US %d
(0028,0103) US 0
(7fe0,0010) OW =%s
`, samples, photometric, planar, img.height, img.width, allocated, img.bits, img.bits-1, file)
}
