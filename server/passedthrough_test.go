package server_test

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// passedThrough are syntaxes that the server can not turn into another, with what a
// first fragment of each looks like.
var passedThrough = []struct{ uid, data string }{
	{"1.2.840.10008.1.2.4.100", "\x00\x00\x01\xb3MPEG-2"},
	{"1.2.840.10008.1.2.4.101.1", "\x00\x00\x01\xb3MPEG-2 in pieces"},
	{"1.2.840.10008.1.2.4.102", "\x00\x00\x00\x18ftypmp42"},
	{"1.2.840.10008.1.2.4.105", "\x00\x00\x00\x18ftypmp42 3D"},
	{"1.2.840.10008.1.2.4.107", "\x00\x00\x00\x01HEVC"},
	{"1.2.840.10008.1.2.4.108", "\x00\x00\x00\x01HEVC 10"},
	{"1.2.840.10008.1.2.4.110", "\xff\x0aJXL"},
	{"1.2.840.10008.1.2.4.112", "\x00\x00\x00\x0cJXL \r\n\x87\n"},
	{"1.2.840.113619.9.9.9", "a compression of a maker"},
}

// inSyntax is an object of two frames in one fragment.
func inSyntax(n int, uid, data string) *dicom.Dataset {
	d := image("PASS", "1.2.66", "1.2.66.1", fmt.Sprint("1.2.66.1.", n), n)
	d.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.77.1.2.1") // Video Photographic Image
	d.SetString(dicom.NumberOfFrames, "2")
	if len(data)%2 == 1 {
		data += "\x00"
	}
	d.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Fragments: &dicom.Fragments{Data: [][]byte{[]byte(data)}}})
	d.SetTransferSyntax(uid)
	return d
}

// storeIn sends an object in its own syntax.
func storeIn(s *site, d *dicom.Dataset) error {
	a := s.dial([]string{d.TransferSyntax().UID}, d.String(dicom.SOPClassUID))
	defer a.Release(context.Background())
	_, err := a.Store(context.Background(), dimse.StoreRequest{
		SOPClassUID: d.String(dicom.SOPClassUID), SOPInstanceUID: d.String(dicom.SOPInstanceUID), Data: dimse.NewData(d),
	})
	return err
}

// storedFile finds the file of an object, "" when there is none.
func (s *site) storedFile(patient, sop string) string {
	list, _ := filepath.Glob(filepath.Join(s.dir, "data", patient, "*.dcm"))
	for _, f := range list {
		d, err := dicom.ReadFile(f, dicom.ParseOptions{StopBefore: dicom.StudyDate})
		if err != nil {
			continue
		}
		d.Close()
		if d.String(dicom.SOPInstanceUID) == sop {
			return f
		}
	}
	return ""
}

// sameFragments compares a stored file with what was sent.
func sameFragments(t *testing.T, path string, want *dicom.Dataset) {
	t.Helper()
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := f.Get(dicom.PixelData)
	if f.TransferSyntax().UID != want.TransferSyntax().UID || e == nil || e.Fragments == nil ||
		!bytes.Equal(e.Fragments.Data[0], want.Get(dicom.PixelData).Fragments.Data[0]) {
		t.Errorf("%s is not what was sent: %s", filepath.Base(path), f.TransferSyntax().Name)
	}
}

// TestPassedThrough: video, JPEG XL and unknown compressions are kept, exported,
// moved and sent by Lua in their own syntax, whatever was wished.
func TestPassedThrough(t *testing.T) {
	names := []string{"export", "move", "lua", "delayed"}
	var dests []*site
	lines := []string{"ExportConverters = 1", "ExportConverter0 = forward compressed as j2 to EXPORT",
		"ImportConverters = 1", "ImportConverter0 = compression j2; forward study to DELAYED after 1"}
	maps := "<AE> 127.0.0.1 <PORT> un\n"
	for i, name := range names {
		d := newSite(t)
		d.ae = strings.ToUpper(name)
		d.sops = "# everything\n"
		d.start()
		dests = append(dests, d)
		maps += fmt.Sprintf("%s 127.0.0.1 %d %s\n", d.ae, d.port, []string{"un", "as", "j2", "n4"}[i])
	}
	s := newSite(t, lines...)
	s.aemap, s.sops = maps, "# everything\n"
	s.start()
	for i, p := range passedThrough {
		if err := storeIn(s, inSyntax(i+1, p.uid, p.data)); err != nil {
			t.Fatalf("%s: %v", p.uid, err)
		}
	}
	if strings.Contains(s.log(), "not recompressed") {
		t.Errorf("tried to recompress:\n%s", s.log())
	}
	a := s.dial(nil, dimse.StudyRootMove)
	keys := new(dicom.Dataset)
	keys.SetString(dicom.QueryRetrieveLevel, "STUDY")
	keys.SetString(dicom.StudyInstanceUID, "1.2.66")
	r, err := a.Move(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootMove, Identifier: keys, Destination: "MOVE"}, nil)
	if err != nil || int(r.Command.Progress.Completed) != len(passedThrough) {
		t.Fatalf("C-MOVE: %v %+v\n%s", err, r, s.log())
	}
	a.Release(context.Background())
	s.write("send.lua", `q = newdicomobject(); q.PatientID = 'PASS'; q.QueryRetrieveLevel = 'IMAGE'; q.SOPInstanceUID = ''
		r = dicomquery('CONQUESTSRV1', 'IMAGE', q)
		for i = 0, #r-1 do x = newdicomobject(); x:Read('PASS:' .. r[i].SOPInstanceUID); dicomstore('LUA', x) end`)
	s.run("--lua:dofile([[" + filepath.Join(s.dir, "send.lua") + "]])")
	for k, d := range dests {
		for i, p := range passedThrough {
			want := inSyntax(i+1, p.uid, p.data)
			path := ""
			await(t, p.uid+" at "+d.ae, func() bool { path = d.storedFile("PASS", want.String(dicom.SOPInstanceUID)); return path != "" })
			sameFragments(t, path, want)
		}
		t.Logf("%s: %d objects", names[k], len(passedThrough))
	}
}

// TestFragmentsUnderAnUncompressedLabel: what is stored can be sent, the rest is
// refused.
func TestFragmentsUnderAnUncompressedLabel(t *testing.T) {
	s := newSite(t)
	s.ini = strings.ReplaceAll(s.ini, "IncomingCompression = un", "IncomingCompression = as")
	s.start()
	dir := t.TempDir()
	coded := func(n int, syntax string) *dicom.Dataset {
		plain := writeObject(t, filepath.Join(dir, fmt.Sprint(n, ".dcm")), image("LABEL", "1.2.67", "1.2.67.1", fmt.Sprint("1.2.67.1.", n), n))
		tool := map[string]string{"rle": "dcmcrle", "jpeg": "dcmcjpeg"}[syntax]
		command(t, dir, tool, plain, plain)
		f, err := dicom.ReadFile(plain, dicom.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return f.Dataset
	}
	for n, kind := range []string{"rle", "jpeg"} {
		d := coded(n+1, kind)
		own := d.TransferSyntax().UID
		raw := new(bytes.Buffer)
		if err := dicom.WritePart10(raw, d, dicom.Meta{}); err != nil {
			t.Fatal(err)
		}
		// the data set of the file, sent on a context of explicit little endian
		explicit, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
		at := 132 + 12 + int(raw.Bytes()[140]) + int(raw.Bytes()[141])<<8
		a := s.dial([]string{dicom.ExplicitLittleEndian}, d.String(dicom.SOPClassUID))
		_, err := a.Store(context.Background(), dimse.StoreRequest{SOPClassUID: d.String(dicom.SOPClassUID),
			SOPInstanceUID: d.String(dicom.SOPInstanceUID), Data: dimse.EncodedData(raw.Bytes()[at:], explicit)})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		path := s.storedFile("LABEL", d.String(dicom.SOPInstanceUID))
		if path == "" {
			t.Fatalf("%s is not stored\n%s", kind, s.log())
		}
		sameFragments(t, path, d)
		got := filepath.Join(dir, kind)
		os.Mkdir(got, 0o777)
		command(t, dir, "getscu", "-S", "-od", got, "-aec", s.ae, "127.0.0.1", fmt.Sprint(s.port), "-k", "QueryRetrieveLevel=IMAGE",
			"-k", "StudyInstanceUID=1.2.67", "-k", "SeriesInstanceUID=1.2.67.1", "-k", "SOPInstanceUID="+d.String(dicom.SOPInstanceUID))
		if list, _ := filepath.Glob(got + "/*"); len(list) != 1 {
			t.Errorf("%s (%s): %d objects came by C-GET", kind, own, len(list))
		}
		a.Release(context.Background())
	}
	bad := inSyntax(9, "1.2.840.10008.1.2.4.102", "video")
	raw := new(bytes.Buffer)
	dicom.WritePart10(raw, bad, dicom.Meta{})
	explicit, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	at := 132 + 12 + int(raw.Bytes()[140]) + int(raw.Bytes()[141])<<8
	a := s.dial([]string{dicom.ExplicitLittleEndian}, bad.String(dicom.SOPClassUID))
	_, err := a.Store(context.Background(), dimse.StoreRequest{SOPClassUID: bad.String(dicom.SOPClassUID),
		SOPInstanceUID: bad.String(dicom.SOPInstanceUID), Data: dimse.EncodedData(raw.Bytes()[at:], explicit)})
	if err == nil || s.storedFile("PASS", bad.String(dicom.SOPInstanceUID)) != "" {
		t.Errorf("fragments of no known kind were taken: %v", err)
	}
}

// TestDeflatedFrames: frames that are deflated each, and those that are plain in
// fragments, become plain.
func TestDeflatedFrames(t *testing.T) {
	s := newSite(t)
	s.sops = "# everything\n"
	s.start()
	plain := bytes.Repeat([]byte{7, 200}, 128)
	var deflated bytes.Buffer
	w, _ := flate.NewWriter(&deflated, flate.BestCompression)
	w.Write(plain)
	w.Close()
	for n, c := range []struct {
		uid  string
		data []byte
	}{{dicom.DeflatedImageFrame, deflated.Bytes()}, {dicom.EncapsulatedUncompressed, plain}} {
		d := inSyntax(n+1, c.uid, string(c.data))
		d.SetString(dicom.NumberOfFrames, "1")
		if err := storeIn(s, d); err != nil {
			t.Fatal(err)
		}
		f, err := dicom.ReadFile(s.storedFile("PASS", d.String(dicom.SOPInstanceUID)), dicom.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if f.TransferSyntax().UID != dicom.ExplicitLittleEndian || !bytes.Equal(f.Value(dicom.PixelData), plain) {
			t.Errorf("%s: stored as %s", c.uid, f.TransferSyntax().Name)
		}
		f.Close()
	}
}
