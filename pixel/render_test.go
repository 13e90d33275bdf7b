package pixel

import (
	"archive/zip"
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"strings"
	"testing"

	"conquest/dicom"
)

// pictureChanges are the attributes put into a source for the recordings with
// this name.
var pictureChanges = map[string]struct {
	source string
	values map[dicom.Tag]string
}{
	"x_window":       {"mono12", map[dicom.Tag]string{tagWindowCenter: "800.6", tagWindowWidth: "600"}},
	"x_ct":           {"mono12", map[dicom.Tag]string{dicom.Modality: "CT", tagRescaleIntercept: "-1024", tagRescaleSlope: "1"}},
	"x_ctwindow":     {"mono12", map[dicom.Tag]string{dicom.Modality: "CT", tagRescaleIntercept: "-1024", tagRescaleSlope: "1", tagWindowCenter: "40", tagWindowWidth: "400"}},
	"x_signedwindow": {"signed12", map[dicom.Tag]string{tagWindowCenter: "-100", tagWindowWidth: "1500"}},
	"x_inverse":      {"mono1_12", map[dicom.Tag]string{tagWindowCenter: "800", tagWindowWidth: "600"}},
	"x_slope":        {"mono16", map[dicom.Tag]string{tagRescaleIntercept: "-1024", tagRescaleSlope: "2", tagWindowCenter: "40", tagWindowWidth: "40000"}},
}

// pictureOptions are those of the recordings, by the part of the name between
// source and extension.
var pictureOptions = map[string]RenderOptions{
	"":   {},
	"20": {Size: 20},
	"w":  {Level: 500, Window: 1000, Frame: 1},
	"f1": {Frame: 1},
	"f2": {Frame: 2},
}

// TestRecordedPictures compares with the pictures that the original makes
// (testdata/pictures.zip): bmp byte for byte, gif by its pixels, jpg within
// what the difference in coding explains.
func TestRecordedPictures(t *testing.T) {
	r := openReference(t)
	pictures, err := zip.OpenReader("testdata/pictures.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer pictures.Close()
	for _, f := range pictures.File {
		parts := strings.Split(f.Name, ".")
		name, ext := parts[0], path.Ext(f.Name)[1:]
		opt := pictureOptions[strings.Join(parts[1:len(parts)-1], ".")]
		if strings.HasSuffix(f.Name, ".w.gif") {
			opt.Size = 17
		}
		change, ok := pictureChanges[name]
		if !ok {
			change.source = name
		}
		ds := r.dataset(t, "src/"+change.source+".dcm")
		for tag, value := range change.values {
			ds.SetString(tag, value)
		}
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(rc)
		rc.Close()
		if err != nil {
			t.Fatal(err)
		}
		format, _ := ParseFormat(ext)
		var got bytes.Buffer
		if err := Render(&got, ds, format, opt); err != nil {
			if len(want) > 0 {
				t.Errorf("%s: %v", f.Name, err)
			}
			continue
		}
		comparePicture(t, f.Name, format, got.Bytes(), want)
	}
}

func comparePicture(t *testing.T, name string, format Format, got, want []byte) {
	t.Helper()
	if format == BMP {
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d, or others", name, len(got), len(want))
		}
		return
	}
	decode := gif.Decode
	limit := 0
	if format == JPEG {
		decode, limit = jpeg.Decode, 14
	}
	a, err := decode(bytes.NewReader(got))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	b, err := decode(bytes.NewReader(want))
	if err != nil {
		t.Errorf("%s: recording: %v", name, err)
		return
	}
	if a.Bounds() != b.Bounds() {
		t.Errorf("%s: size %v, want %v", name, a.Bounds(), b.Bounds())
		return
	}
	if worst := pictureDifference(a, b); worst > limit {
		t.Errorf("%s: differs by %d", name, worst)
	}
}

func pictureDifference(a, b image.Image) int {
	worst := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			worst = max(worst, distance(int(r1>>8), int(r2>>8)), distance(int(g1>>8), int(g2>>8)), distance(int(b1>>8), int(b2>>8)))
		}
	}
	return worst
}

func TestAnimatedGIF(t *testing.T) {
	ds := openReference(t).dataset(t, "src/multi8.dcm")
	var out bytes.Buffer
	if err := Render(&out, ds, GIF, RenderOptions{Frame: AnimatedFrame + 25}); err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(&out)
	if err != nil || len(g.Image) != 3 || g.Delay[1] != 4 {
		t.Fatalf("%v, %v", g, err)
	}
}

func TestPNG(t *testing.T) {
	r := openReference(t)
	for _, name := range []string{"mono12", "rgb", "palette8", "mono8_odd"} {
		ds := r.dataset(t, "src/"+name+".dcm")
		m, _ := ReadModule(ds)
		var out bytes.Buffer
		if err := Render(&out, ds, PNG, RenderOptions{}); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&out)
		if err != nil || img.Bounds().Dx() != m.Columns || img.Bounds().Dy() != m.Rows {
			t.Errorf("%s: %v, %v", name, img.Bounds(), err)
		}
	}
}

func TestGamma(t *testing.T) {
	ds := openReference(t).dataset(t, "src/mono8.dcm")
	plain, bent := picturePixels(t, ds, 1), picturePixels(t, ds, 2)
	for i, v := range plain {
		want := int(float64(v)*float64(v)/255 + 0.5)
		if distance(int(bent[i]), want) > 1 {
			t.Fatalf("pixel %d: %d became %d, want %d", i, v, bent[i], want)
		}
	}
}

func picturePixels(t *testing.T, ds *dicom.Dataset, gamma float64) []byte {
	t.Helper()
	r, err := newRenderer(ds, PNG, RenderOptions{Gamma: gamma})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.picture(0)
	if err != nil {
		t.Fatal(err)
	}
	return p.pix
}
