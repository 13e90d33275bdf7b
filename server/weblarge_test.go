package server_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"conquest/dicom"
)

// peakMemory is the largest resident size of the server so far in MB, and now.
func (s *site) peakMemory() (peak, now int) {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Skip("NOT TESTED: the memory of a process is told by /proc only")
	}
	number := func(name string) int {
		m := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(text)
		if m == nil {
			s.t.Fatalf("no %s in\n%s", name, text)
		}
		n, _ := strconv.Atoi(string(m[1]))
		return n >> 10
	}
	return number("VmHWM"), number("VmRSS")
}

// largeObject is an object of rows x 16384 pixels of 16 bits, which are all zero.
func largeObject(t *testing.T, sop string, rows int) (io.Reader, int64) {
	t.Helper()
	const columns = 16384
	d := image("LARGE", "1.2.93", "1.2.93.1", sop, 1)
	for tag, v := range map[dicom.Tag]uint16{dicom.Rows: uint16(rows), dicom.Columns: columns, dicom.BitsAllocated: 16, dicom.BitsStored: 16, dicom.HighBit: 15} {
		d.SetUint16(tag, v)
	}
	d.Delete(dicom.PixelData)
	var head bytes.Buffer
	if err := dicom.WritePart10(&head, d, dicom.Meta{}); err != nil {
		t.Fatal(err)
	}
	size := int64(rows) * columns * 2
	head.Write([]byte{0xe0, 0x7f, 0x10, 0, 'O', 'W', 0, 0})
	binary.Write(&head, binary.LittleEndian, uint32(size))
	n := int64(head.Len()) + size
	return io.MultiReader(&head, io.LimitReader(zeros{}, size)), n
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestWebLargeRequest: many large objects in one request cost no memory: 160 MB, or
// as many MB as DGATE_TEST_LARGE says.
func TestWebLargeRequest(t *testing.T) {
	total, each := 160, 32
	if n, err := strconv.Atoi(os.Getenv("DGATE_TEST_LARGE")); err == nil {
		total, each = n, 512
	}
	s, root := newWebSite(t)
	s.start()
	awaitWeb(t, root)
	if err := stow(root, image("LARGE", "1.2.93", "1.2.93.1", "1.2.93.1.0", 1)); err != nil {
		t.Fatal(err)
	}
	_, idle := s.peakMemory()
	var body []io.Reader
	objects := total / each
	for i := range objects {
		object, _ := largeObject(t, fmt.Sprint("1.2.93.1.", i+1), each*32)
		body = append(body, strings.NewReader("--b\r\nContent-Type: application/dicom\r\n\r\n"), object, strings.NewReader("\r\n"))
	}
	rq, err := http.NewRequest("POST", root+"/dicom-web/studies", io.MultiReader(append(body, strings.NewReader("--b--\r\n"))...))
	if err != nil {
		t.Fatal(err)
	}
	rq.Header.Set("Content-Type", `multipart/related; type="application/dicom"; boundary=b`)
	r, err := http.DefaultClient.Do(rq)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	answer, _ := io.ReadAll(r.Body)
	if r.StatusCode != 200 || strings.Count(string(answer), `"00081155"`) != objects {
		t.Fatalf("%d %.2000s\n%s", r.StatusCode, answer, s.log())
	}
	peak, _ := s.peakMemory()
	t.Logf("%d MB in %d objects: memory %d MB before, at most %d MB", total, objects, idle, peak)
	if peak-idle > 64 {
		t.Errorf("a request of %d MB takes %d MB of memory", total, peak-idle)
	}
	if n := s.count("LARGE"); n != objects+1 {
		t.Errorf("%d objects, want %d", n, objects+1)
	}
}
