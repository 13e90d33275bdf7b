package server

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/pacs/sitetest"
)

// luaConverters are converters and hooks that touch what scripts share: the index, UIDs,
// the settings, the numbers of table Global and the compiled texts.
const luaConverters = `LuaMemory = 64
LuaTimeout = 60
ExportConverters = 1
[lua]
association = count = 0 function stamp(d) count = count + 1 d.PatientComments = Association.Calling .. ' ' .. count end
ImportConverter0 = stamp(Data) local c = Data:Copy() c.Modality = 'OT' Data.InstitutionName = changeuid(Data.StudyInstanceUID):sub(1, 5) .. gpps('sscscp', 'MyACRNema', '')
ImportConverter1 = Data.SamplesPerPixel = 1 setpixel(1, 1, 0, getpixel(1, 1, 0) + count) Data.AccessionNumber = loadstring('return ' .. count % 3)() script('set 0008,0070 to "%i"')
ExportConverter0 = exported = (exported or 0) + 1 Global.QueueSize = Global.QueueSize local r = dbquery('DICOMImages', 'SOPInstanc', "ImagePat = '" .. Data.PatientID .. "'") print('exported', exported)
endassociation = print('ended', Association.Calling, count)
[sscscp]`

// TestLuaConvertersAtOnce stores over eight associations at once, each with a Lua state
// of its own. It is there for the race detector, too.
func TestLuaConvertersAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	h := newHouse(t, "TCPPort = "+strconv.Itoa(port), luaConverters)
	ctx, end := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- h.Run(ctx, "") }()
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for {
		a, err := dimse.Dial(ctx, addr, dimse.Request{Calling: "FIRST", Called: "X", Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}}})
		if err == nil {
			a.Close()
			break
		}
		select {
		case err := <-over:
			t.Fatal(err)
		default:
		}
	}
	const associations, objects = 8, 12
	var wg sync.WaitGroup
	for n := range associations {
		wg.Go(func() { storeMany(t, addr, fmt.Sprintf("SCU%d", n), objects) })
	}
	wg.Wait()
	var said []string
	for last := fmt.Sprintf("exported\t%d", associations*objects); !slices.Contains(said, last); {
		said = append(said, h.log.Take("")...)
		select {
		case err := <-over:
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	end()
	if err := <-over; err != nil {
		t.Error(err)
	}
	for n := range associations {
		name := fmt.Sprintf("SCU%d", n)
		for i := range objects {
			ds, err := h.Load.Object(context.Background(), name, sitetest.Image(name, i+1).String(dicom.SOPInstanceUID))
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("%s %d", name, i+1)
			if got := ds.String(patientComments); got != want {
				t.Errorf("object %d of %s: %q", i+1, name, got)
			}
			if got := ds.String(0x00080070); got != name {
				t.Errorf("object %d of %s: manufacturer %q", i+1, name, got)
			}
		}
	}
	for _, line := range append(said, h.log.Take("")...) {
		if strings.Contains(line, "lua") && strings.Contains(line, "error") {
			t.Error(line)
		}
	}
}

func storeMany(t *testing.T, addr, name string, objects int) {
	ctx := context.Background()
	a, err := dimse.Dial(ctx, addr, dimse.Request{Calling: name, Called: "HOUSE", Contexts: []dimse.ContextRequest{{
		AbstractSyntax: "1.2.840.10008.5.1.4.1.1.2", TransferSyntaxes: []string{dicom.ExplicitLittleEndian},
	}}})
	if err != nil {
		t.Error(err)
		return
	}
	defer a.Close()
	for i := range objects {
		d := sitetest.Image(name, i+1)
		_, err := a.Store(ctx, dimse.StoreRequest{
			SOPClassUID: d.String(dicom.SOPClassUID), SOPInstanceUID: d.String(dicom.SOPInstanceUID), Data: dimse.NewData(d),
		})
		if err != nil {
			t.Errorf("%s %d: %v", name, i+1, err)
		}
	}
	if err := a.Release(ctx); err != nil {
		t.Error(err)
	}
}
