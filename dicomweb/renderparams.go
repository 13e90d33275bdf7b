package dicomweb

import (
	"image"
	"math"
	"net/http"
	"strconv"
	"strings"

	"conquest/pixel"
)

// rendering is how pictures are wanted (PS3.18 section 8.3.5.1).
type rendering struct {
	window  *pixel.Window
	room    image.Point // 0,0 is the image's own size
	region  image.Rectangle
	flipX   bool
	flipY   bool
	quality int // of JPEG, 1 to 100
}

const (
	defaultQuality = 85
	// maxRoom bounds the sides of a picture in pixels.
	maxRoom = 16384
)

// renderingOf reads the parameters of a rendered resource.
func renderingOf(r *http.Request) (rendering, error) {
	v := rendering{quality: defaultQuality}
	params, err := parametersOf(r.URL.RawQuery)
	if err != nil {
		return v, err
	}
	for _, p := range params {
		switch strings.ToLower(p.name) {
		case "window":
			v.window, err = windowOf(p.value)
		case "viewport":
			err = v.viewport(p.value)
		case "quality":
			v.quality, err = qualityOf(p.value)
		case "annotation":
			err = annotationOf(p.value)
		case "iccprofile":
			err = profileOf(p.value)
		}
		if err != nil {
			return v, err
		}
	}
	return v, nil
}

func bad(format string, a ...any) error { return refuse(http.StatusBadRequest, format, a...) }

func number(s string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// windowOf reads "centre,width,function"; the function may be left out only by
// callers of WADO-URI.
func windowOf(s string) (*pixel.Window, error) {
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		return nil, bad("window is centre,width,function")
	}
	w, err := newWindow(parts[0], parts[1])
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(strings.TrimSpace(parts[2])) {
	case "linear":
		w.Function = pixel.Linear
		if w.Width < 1 {
			return nil, bad("the width of a linear window is at least 1")
		}
	case "linear-exact":
		w.Function = pixel.LinearExact
	case "sigmoid":
		w.Function = pixel.Sigmoid
	default:
		return nil, bad("the function of a window is linear, linear-exact or sigmoid")
	}
	return w, nil
}

func newWindow(center, width string) (*pixel.Window, error) {
	c, ok1 := number(center)
	w, ok2 := number(width)
	if !ok1 || !ok2 || w <= 0 {
		return nil, bad("a window has a centre, and a width above 0")
	}
	return &pixel.Window{Center: c, Width: w}, nil
}

// viewport reads "vw,vh[,sx,sy,sw,sh]": the room for the picture, and the part of
// the image; negative sizes of the part mirror it.
func (v *rendering) viewport(s string) error {
	parts := strings.Split(s, ",")
	if len(parts) != 2 && len(parts) != 6 {
		return bad("viewport is vw,vh or vw,vh,sx,sy,sw,sh")
	}
	ns := make([]float64, len(parts))
	for i, p := range parts {
		if p == "" && i >= 2 {
			continue
		}
		n, ok := number(p)
		if !ok {
			return bad("viewport has numbers, not %.40q", p)
		}
		ns[i] = n
	}
	if ns[0] < 1 || ns[1] < 1 || ns[0] > maxRoom || ns[1] > maxRoom {
		return bad("a viewport is 1 to %d pixels wide and high", maxRoom)
	}
	v.room = image.Pt(int(ns[0]), int(ns[1]))
	if len(ns) == 2 {
		return nil
	}
	sx, sy, sw, sh := ns[2], ns[3], ns[4], ns[5]
	if sx < 0 || sy < 0 || max(sx, sy, math.Abs(sw), math.Abs(sh)) > maxSide {
		return bad("the part of a viewport lies in the image")
	}
	v.flipX, v.flipY = sw < 0, sh < 0
	v.region = image.Rect(int(sx), int(sy), int(sx+math.Abs(sw)), int(sy+math.Abs(sh)))
	if sw == 0 {
		v.region.Max.X = maxSide
	}
	if sh == 0 {
		v.region.Max.Y = maxSide
	}
	return nil
}

// maxSide is more than an image can have.
const maxSide = 1 << 16

// inside makes sure that the region is in an image, and fills what was left out.
func (v *rendering) inside(bounds image.Rectangle) error {
	if v.region.Empty() {
		return nil
	}
	if v.region.Max.X == maxSide {
		v.region.Max.X = bounds.Max.X
	}
	if v.region.Max.Y == maxSide {
		v.region.Max.Y = bounds.Max.Y
	}
	if v.region.Empty() || !v.region.In(bounds) {
		return bad("the part of a viewport lies in the image of %d x %d pixels", bounds.Dx(), bounds.Dy())
	}
	return nil
}

func (v *rendering) view() pixel.View {
	return pixel.View{Window: v.window, Region: v.region, Width: v.room.X, Height: v.room.Y, FlipX: v.flipX, FlipY: v.flipY}
}

func qualityOf(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 {
		return 0, bad("quality is 1 to 100")
	}
	return n, nil
}

// annotationOf accepts annotations; they are not drawn.
func annotationOf(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		switch strings.ToLower(strings.TrimSpace(part)) {
		case "patient", "technique", "":
		default:
			return bad("annotation is patient, technique or both")
		}
	}
	return nil
}

func profileOf(s string) error {
	switch strings.ToLower(s) {
	case "no", "yes", "srgb", "adobergb", "rommrgb":
		return nil
	}
	return bad("iccprofile is no, yes, srgb, adobergb or rommrgb")
}
