package printing_test

import (
	"context"
	"fmt"
	"image/png"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"conquest/console"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/pacs/printing"
	"conquest/storage"
)

// host keeps pictures in a folder and counts them.
type host struct {
	dir string

	mu      sync.Mutex
	uids    int
	printed []bool // in colour
}

func (h *host) Folder() string { return h.dir }

func (h *host) WriteObject(path string, ds *dicom.Dataset) error {
	return (storage.Writer{}).WriteTo(path, ds)
}

func (h *host) NewUID() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uids++
	return fmt.Sprintf("1.2.3.%d", h.uids)
}

func (h *host) Printed(colour bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.printed = append(h.printed, colour)
}

// printer serves the print classes and opens an association to itself; tell is
// the script, if any.
func printer(t *testing.T, h *host, tell printing.Tell) *dimse.Association {
	t.Helper()
	service := printing.New(h, console.New("", ""))
	var films printing.Films
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &dimse.Server{Handler: dimse.HandlerFunc(func(ctx context.Context, a *dimse.Association, m *dimse.Message) error {
		command, err := m.Command.Set()
		if err != nil {
			return err
		}
		served, err := service.Serve(ctx, printing.Request{Message: m, Command: command, Films: &films, To: a, Tell: tell})
		if !served {
			return dimse.ErrClose
		}
		return err
	})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, l) }()
	r := dimse.Request{Calling: "A", Called: "B"}
	for _, class := range printing.Classes {
		r.Contexts = append(r.Contexts, dimse.ContextRequest{AbstractSyntax: class})
	}
	a, err := dimse.Dial(ctx, l.Addr().String(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.Close()
		cancel()
		<-done
	})
	return a
}

// picture is a small image, bright all over.
func picture(samples uint16) *dicom.Dataset {
	ds := dicom.NewDataset(12)
	ds.SetString(dicom.PhotometricInterpretation, map[uint16]string{1: "MONOCHROME2", 3: "RGB"}[samples])
	for tag, v := range map[dicom.Tag]uint16{
		dicom.SamplesPerPixel: samples, dicom.Rows: 8, dicom.Columns: 8, dicom.BitsAllocated: 8,
		dicom.BitsStored: 8, dicom.HighBit: 7, dicom.PixelRepresentation: 0,
	} {
		ds.SetUint16(tag, v)
	}
	if samples == 3 {
		ds.SetUint16(dicom.PlanarConfiguration, 0)
	}
	ds.SetString(dicom.PatientName, "Not^For^Film")
	pix := slices.Repeat([]byte{200}, 64*int(samples))
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: pix})
	ds.SetTransferSyntax(dicom.ImplicitLittleEndian)
	return ds
}

func TestSendAndTake(t *testing.T) {
	tests := []struct {
		name    string
		samples []uint16
		options map[string]string
		films   int
		colour  bool
	}{
		{"one picture", []uint16{1}, nil, 1, false},
		{"a film and a half", []uint16{1, 1, 1, 1, 1, 1}, nil, 2, false},
		{"as the options lay out", []uint16{1, 1, 1}, map[string]string{"ImageDisplayFormat": `STANDARD\1,1`}, 3, false},
		{"colour", []uint16{3, 3}, map[string]string{"FilmOrientation": "LANDSCAPE"}, 1, true},
		{"colour and grey on one film are grey", []uint16{3, 1}, nil, 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &host{dir: t.TempDir()}
			job := printing.Job{Options: map[string]string{"FilmSizeID": "1INX1IN"}}
			maps.Copy(job.Options, tt.options)
			for _, n := range tt.samples {
				job.Objects = append(job.Objects, picture(n))
			}
			if err := printing.Send(context.Background(), printer(t, h, nil), job); err != nil {
				t.Fatal(err)
			}
			films, _ := filepath.Glob(filepath.Join(h.dir, "film_*.png"))
			pictures, _ := filepath.Glob(filepath.Join(h.dir, "*.dcm"))
			if len(films) != tt.films || len(pictures) != len(tt.samples) {
				t.Errorf("films %v, pictures %v", films, pictures)
			}
			if want := slices.Repeat([]bool{tt.colour}, len(tt.samples)); !slices.Equal(h.printed, want) {
				t.Errorf("counted %v, want %v", h.printed, want)
			}
			for _, path := range films {
				if !bright(t, path) {
					t.Errorf("%s is black", filepath.Base(path))
				}
			}
		})
	}
	if err := printing.Send(context.Background(), nil, printing.Job{}); err != printing.ErrNoImages {
		t.Errorf("a job without images: %v", err)
	}
}

// bright tells whether a film shows anything.
func bright(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	for y := im.Bounds().Min.Y; y < im.Bounds().Max.Y; y += 4 {
		for x := im.Bounds().Min.X; x < im.Bounds().Max.X; x += 4 {
			if r, _, _, _ := im.At(x, y).RGBA(); r>>8 == 200 {
				return true
			}
		}
	}
	return false
}

// A script is told of everything, in order, and takes the place of the files.
func TestScript(t *testing.T) {
	h := &host{dir: t.TempDir()}
	var events []string
	tell := func(_ context.Context, event string, command, data *dicom.Dataset) {
		if strings.HasSuffix(event, ".dcm") {
			if len(data.Items(0x20200110)) != 1 {
				t.Error("the script does not see the picture")
			}
			event = "picture"
		}
		events = append(events, event)
	}
	a := printer(t, h, tell)
	if err := printing.Send(context.Background(), a, printing.Job{Objects: []*dicom.Dataset{picture(1)}}); err != nil {
		t.Fatal(err)
	}
	want := []string{"creatingbasicfilmsession", "createbasicfilmbox", "picture", "printbasicfilmbox"}
	if !slices.Equal(events, want) {
		t.Errorf("events %v, want %v", events, want)
	}
	if left, _ := os.ReadDir(h.dir); len(left) > 0 {
		t.Errorf("files %v", left)
	}
}
