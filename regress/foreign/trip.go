package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"conquest/dicom"
	"conquest/dimse"
)

// compressions are the syntaxes that objects are fetched in, by the name in the table.
var compressions = []struct {
	name, uid string
}{
	{"rle", dicom.RLELossless}, {"jpeg", dicom.JPEGLosslessSV1}, {"ls", dicom.JPEGLSLossless}, {"j2k", dicom.JPEG2000Lossless}, {"htj2k", dicom.HTJ2KLossless},
}

// trip is the way of a file.
type trip struct {
	path, syntax string
	refused      string            // by the server, why; or what is no DICOM object
	fault        []string          // what is not in order
	steps        map[string]string // by the name of a compression: "ok", or why not
	plain        string            // file of the object as it came uncompressed
	back         string            // file of the object as it came back
	coded        map[string]string // files by the name of a compression
	picture      string
	judged       map[string]string // by judge
}

func (t *trip) wrong(format string, a ...any) { t.fault = append(t.fault, fmt.Sprintf(format, a...)) }

// shortSize is the largest file of a short run, in bytes.
const shortSize = 200 << 10

// run takes all files of folders on their way, and has the judges look at what came.
func run(ctx context.Context, folders []string, short bool) ([]*trip, error) {
	s, err := startSite()
	if err != nil {
		return nil, err
	}
	defer s.stop()
	out, err := os.MkdirTemp("", "foreign-out")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(out)
	var trips []*trip
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || ctx.Err() != nil {
				return errors.Join(err, ctx.Err())
			}
			if d.IsDir() && short && path != folder {
				return fs.SkipDir
			}
			if fi, err := d.Info(); short && err == nil && fi.Size() > shortSize {
				return nil
			}
			if d.Type().IsRegular() && mayBeDICOM(path) {
				trips = append(trips, s.take(ctx, path, filepath.Join(out, fmt.Sprint(len(trips)))))
			}
			return nil
		})
		if err != nil {
			return trips, err
		}
	}
	return trips, judge(ctx, trips)
}

// mayBeDICOM leaves out what obviously is something else.
func mayBeDICOM(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".py", ".txt", ".md", ".json", ".xml", ".gz", ".zip", ".png", ".jpg", ".pyc", ".html", ".csv", ".yml", ".yaml", ".js", ".ts", ".cs", ".java", ".rs", ".toml":
		return false
	}
	return true
}

func (s *site) take(ctx context.Context, path, out string) *trip {
	t := &trip{path: path, steps: map[string]string{}, coded: map[string]string{}, judged: map[string]string{}}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		t.refused = "not read: " + err.Error()
		return t
	}
	defer f.Close()
	o := f.Dataset
	t.syntax = o.TransferSyntax().UID
	if o.String(dicom.SOPClassUID) == "" || o.String(dicom.SOPInstanceUID) == "" {
		t.refused = "no SOP class or instance UID"
		return t
	}
	if err := s.store(ctx, o); err != nil {
		var status *dimse.StatusError
		if t.refused = err.Error(); !errors.As(err, &status) && !errors.Is(err, dimse.ErrNoContext) {
			t.wrong("store: %v", err)
		} else if errors.As(err, &status) && status.Comment == "" {
			t.wrong("refused without a reason")
		}
		return t
	}
	defer s.command("--deleteimage:" + o.String(dicom.SOPInstanceUID))
	os.MkdirAll(out, 0o777)
	if n, err := s.find(ctx, o); err != nil || n != 1 {
		t.wrong("found %d times, %v", n, err)
	}
	s.fetch(ctx, t, o, out)
	return t
}

// fetch gets the object in all forms.
func (s *site) fetch(ctx context.Context, t *trip, o *dicom.Dataset, out string) {
	back, err := s.get(ctx, o, t.syntax)
	if err != nil || back == nil {
		if back, err = s.sent(ctx, o); back == nil {
			t.wrong("not sent: %v", err)
			return
		}
	}
	t.back = save(t, filepath.Join(out, "back.dcm"), back)
	if what := differ(o, back); what != "" {
		t.wrong("came back otherwise: %s", what)
	}
	if !o.Has(dicom.PixelData) {
		return
	}
	plain, err := s.get(ctx, o, dicom.ExplicitLittleEndian)
	if err != nil || plain == nil {
		t.steps["plain"] = "kept"
		return
	}
	t.steps["plain"] = "ok"
	t.plain = save(t, filepath.Join(out, "plain.dcm"), plain)
	for _, c := range compressions {
		coded, err := s.get(ctx, o, c.uid)
		if err != nil || coded == nil {
			t.steps[c.name] = "-"
			continue
		}
		t.coded[c.name] = save(t, filepath.Join(out, c.name+".dcm"), coded)
		t.steps[c.name] = "ok"
		if again := s.again(ctx, coded); !samePixels(plain, again) && c.uid != t.syntax {
			t.steps[c.name] = "differs"
			t.wrong("%s and back is not the same", c.name)
		}
	}
	if err := s.store(ctx, o); err != nil { // as it was
		t.wrong("store again: %v", err)
	}
	t.picture = filepath.Join(out, "picture.jpg")
	s.command("--convert_to_jpg:" + o.String(dicom.PatientID) + ":" + o.String(dicom.SOPInstanceUID) + ",256," + t.picture)
}

// sent fetches an object in whatever uncompressed syntax it can be had.
func (s *site) sent(ctx context.Context, o *dicom.Dataset) (*dicom.Dataset, error) {
	return s.get(ctx, o, dicom.ImplicitLittleEndian)
}

// again is what is stored of a compressed object when it is fetched uncompressed.
func (s *site) again(ctx context.Context, coded *dicom.Dataset) *dicom.Dataset {
	if s.store(ctx, coded) != nil {
		return nil
	}
	d, _ := s.get(ctx, coded, dicom.ExplicitLittleEndian)
	return d
}

func samePixels(a, b *dicom.Dataset) bool {
	if a == nil || b == nil {
		return false
	}
	if a.String(dicom.PhotometricInterpretation) != b.String(dicom.PhotometricInterpretation) || a.String(dicom.PlanarConfiguration) != b.String(dicom.PlanarConfiguration) {
		return true // colour that became RGB pixel by pixel: for the judges
	}
	x, y := bytes.TrimRight(a.Value(dicom.PixelData), "\x00"), bytes.TrimRight(b.Value(dicom.PixelData), "\x00")
	return bytes.Equal(x, y)
}

func save(t *trip, path string, d *dicom.Dataset) string {
	f, err := os.Create(path)
	if err != nil {
		t.wrong("%v", err)
		return ""
	}
	defer f.Close()
	if err := dicom.WritePart10(f, d, dicom.Meta{}); err != nil {
		t.wrong("write %s: %v", filepath.Base(path), err)
		return ""
	}
	return path
}

// differ compares what came back with what was sent, element by element; the server may
// add a patient ID and change its own elements of the file meta information.
func differ(sent, back *dicom.Dataset) string {
	explicit, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	one := func(e *dicom.Element) []byte {
		d := dicom.NewDataset(1)
		d.Put(*e)
		var b bytes.Buffer
		dicom.Encode(&b, d, explicit)
		return b.Bytes()
	}
	for e := range sent.All() {
		if e.Tag.Group() == 2 || e.Tag.Element() == 0 || e.Fragments != nil || e.Tag == 0xfffcfffc {
			continue
		}
		got := back.Get(e.Tag)
		if got == nil {
			return fmt.Sprintf("%v is missing", e.Tag)
		}
		if e.Tag == dicom.PatientID || len(e.Items) > 0 {
			continue
		}
		if !bytes.Equal(e.Value, got.Value) && !bytes.Equal(one(e), one(got)) {
			return fmt.Sprintf("%v has %d bytes, %d were sent", e.Tag, len(got.Value), len(e.Value))
		}
	}
	e := sent.Get(dicom.PixelData)
	if e == nil || e.Fragments == nil {
		return ""
	}
	got := back.Get(dicom.PixelData)
	if got == nil || got.Fragments == nil || len(got.Fragments.Data) != len(e.Fragments.Data) {
		return "the fragments"
	}
	for i := range e.Fragments.Data {
		if !bytes.Equal(e.Fragments.Data[i], got.Fragments.Data[i]) {
			return fmt.Sprintf("fragment %d", i)
		}
	}
	return ""
}
