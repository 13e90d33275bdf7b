package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// rawRequest sends bytes as they are and gives the status and all that came; 0 is a
// connection that was closed without an answer.
func rawRequest(t *testing.T, addr, request string) (status int, answer string) {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		return 0, ""
	}
	b, _ := io.ReadAll(io.LimitReader(c, 1<<20)) // what is cut off is looked at as it is
	fmt.Sscanf(string(b), "HTTP/1.1 %d", &status)
	return status, string(b)
}

// TestWebAttacks: paths that climb, headers that split, lie or do not end, bodies that
// are not what they claim. None is answered with a file, a stack or a 5xx, and the
// server answers others afterwards.
func TestWebAttacks(t *testing.T) {
	s, root := newWebSite(t, "HTTPCompatFiles = <DIR>/data", "HTTPCompat = <DIR>")
	s.start()
	awaitWeb(t, root)
	addr := strings.TrimPrefix(root, "http://")
	if err := stow(root, image("ATTACK", "1.2.91", "1.2.91.1", "1.2.91.1.1", 1)); err != nil {
		t.Fatal(err)
	}
	const end = "\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	get := func(path string, header ...string) string {
		return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + strings.Join(append(header, ""), "\r\n") + "\r\n"
	}
	post := func(kind, body string, header ...string) string {
		return fmt.Sprintf("POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s", kind, len(body), strings.Join(append(header, ""), "\r\n"), body)
	}
	long := strings.Repeat("a", 70<<10)
	for name, c := range map[string]struct {
		request string
		want    []int
	}{
		"climbing path":           {get("/../../../../etc/passwd"), []int{400, 404}},
		"climbing, coded":         {get("/dicom-web/%2e%2e/%2e%2e/etc/passwd"), []int{400, 404}},
		"climbing, coded twice":   {get("/dicom-web/%252e%252e%252fetc%252fpasswd"), []int{400, 404}},
		"climbing below OHIF":     {get("/ohif/..%2f..%2fdicom.ini"), []int{400, 404}},
		"climbing in files":       {get("/printer_files/../../dicom.ini"), []int{400, 404}},
		"configuration as a file": {get("/dicom.ini"), []int{404}},
		"backslashes":             {get(`/app/..\..\dicom.ini`), []int{400, 404}},
		"drive":                   {get("/C:/windows/win.ini"), []int{400, 404}},
		"zero byte":               {get("/dicom-web/studies/1.2%00.dcm"), []int{400}},
		"UID that is SQL":         {get("/dicom-web/studies/1'%20OR%20'1'='1/series"), []int{400}},
		"SQL as a key":            {get("/dicom-web/studies?PatientID=x'%20OR%20'1'%3D'1"), []int{200}},
		"SQL as an order":         {get("/dicom-web/studies?limit=1%3BDROP%20TABLE%20DICOMStudies"), []int{400}},
		"UID too long":            {get("/dicom-web/studies/" + strings.Repeat("1", 65)), []int{400}},
		"header split in a path":  {get("/dicom-web/studies%0d%0aSet-Cookie:%20a=b"), []int{400, 404}},
		"header split in a query": {get("/app/newweb/?mode=x%0d%0aSet-Cookie:%20a=b"), []int{400, 403, 404}},
		"long header":             {get("/dicom-web/studies", "X-Long: "+long), []int{431}},
		"long address":            {get("/dicom-web/studies?x=" + long), []int{431, 414, 400}},
		"many headers":            {get("/dicom-web/studies", strings.Repeat("X-A: b\r\n", 20000)+"X-B: c"), []int{431}},
		"Host of a stranger":      {"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", []int{421}},
		"two Hosts":               {"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n", []int{400}},
		"address of a stranger":   {"GET http://evil.example/dicom-web/studies HTTP/1.1" + end, []int{400, 421}},
		"CONNECT":                 {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", []int{400, 404, 405, 421}},
		"TRACE":                   {"TRACE / HTTP/1.1" + end, []int{404, 405, 302}},
		"forwarded for":           {get("/dicom-web/studies", "X-Forwarded-For: 8.8.8.8", "X-Forwarded-Host: evil.example"), []int{200}},
		"Accept without end":      {get("/dicom-web/studies", "Accept: "+strings.Repeat("a/b;q=0.1,", 3000)), []int{406, 400, 431}},
		"Range without sense":     {get("/dicom-web/studies/1.2.91/series/1.2.91.1/instances/1.2.91.1.1/bulkdata/7FE00010", "Accept: application/octet-stream", "Range: bytes="+strings.Repeat("0-1,", 5000)+"0-1"), []int{200, 206, 400, 416, 431}},
		"two lengths":             {"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", []int{400}},
		"length and chunks":       {"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /dicom-web/studies HTTP/1.1\r\n\r\n", []int{400, 415}},
		"length below zero":       {"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: -1\r\n\r\n", []int{400}},
		"huge length":             {"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/dicom\r\nContent-Length: 9223372036854775807\r\n\r\n", []int{413}},
		"boundary of nothing":     {post(`multipart/related; boundary=""`, "x"), []int{400}},
		"boundary too long":       {post(`multipart/related; boundary=`+strings.Repeat("b", 80), "x"), []int{400}},
		"header of a part no end": {post(`multipart/related; type="application/dicom"; boundary=b`, "--b\r\nX: "+long), []int{400, 409}},
		"parts without end":       {post(`multipart/related; type="application/dicom"; boundary=b`, strings.Repeat("--b\r\n\r\n\r\n", 20000)), []int{400, 409}},
		"gzip that is none":       {post("application/dicom", "hello", "Content-Encoding: gzip"), []int{400, 409}},
		"JSON as deep as can be":  {post(`multipart/related; type="application/dicom+json"; boundary=b`, "--b\r\nContent-Type: application/dicom+json\r\n\r\n"+strings.Repeat(`[{"00081199":{"vr":"SQ","Value":`, 20000)+"\r\n--b--\r\n"), []int{400, 409}},
		"XML with entities":       {post(`multipart/related; type="application/dicom+xml"; boundary=b`, "--b\r\nContent-Type: application/dicom+xml\r\n\r\n<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><NativeDicomModel>&x;</NativeDicomModel>\r\n--b--\r\n"), []int{400, 409}},
		"page of another program": {get("/cgi-bin/../../bin/sh"), []int{400, 404}},
		"page that climbs":        {get("/app/newweb/dgate.exe?mode=../../../etc/passwd"), []int{400, 403, 404}},
		"no HTTP at all":          {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", []int{400, 0}},
		"a DICOM association":     {"\x01\x00\x00\x00\x00\xcd\x00\x01\x00\x00ANY-SCP         \r\n\r\n", []int{400, 0}},
	} {
		status, answer := rawRequest(t, addr, c.request)
		good := false
		for _, w := range c.want {
			good = good || status == w
		}
		head, _, _ := strings.Cut(answer, "\r\n\r\n")
		if !good || strings.Contains(answer, "root:") || strings.Contains(answer, "goroutine ") || strings.Contains(head, "Set-Cookie") || strings.Contains(answer, "MicroPACS") {
			t.Errorf("%s: %d %.300q, want %v", name, status, answer, c.want)
		}
	}
	if status, text, _ := s.web("GET", root+"/dicom-web/studies", ""); status != 200 || strings.Count(text, `"0020000D"`) != 1 {
		t.Errorf("afterwards: %d %s", status, text)
	}
	if strings.Contains(s.log(), "internal error") {
		t.Errorf("a request met an internal error:\n%s", s.log())
	}
}

// TestWebManyConnections: a thousand connections, of which many send or read slowly,
// keep nobody else from being answered.
func TestWebManyConnections(t *testing.T) {
	s, root := newWebSite(t)
	s.start()
	awaitWeb(t, root)
	addr := strings.TrimPrefix(root, "http://")
	large := image("MANY", "1.2.92", "1.2.92.1", "1.2.92.1.1", 1)
	large.SetUint16(0x00280010, 2000)
	large.SetUint16(0x00280011, 4000)
	e := *large.Get(0x7fe00010)
	e.Value = bytes.Repeat([]byte{1, 200}, 4_000_000)
	large.Put(e)
	if err := stow(root, large); err != nil {
		t.Fatal(err)
	}
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	dial := func(text string) net.Conn {
		t.Helper()
		c, err := net.DialTimeout("tcp", addr, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for range 900 {
		dial("GET /dicom-web/studies HTTP/1.1\r\nHost: loc") // and no more
	}
	for range 25 {
		dial("POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/related; type=\"application/dicom\"; boundary=b\r\nContent-Length: 1000000\r\n\r\n--b\r\n")
		dial("GET /dicom-web/studies/1.2.92/series/1.2.92.1/instances/1.2.92.1.1 HTTP/1.1\r\nHost: localhost\r\nAccept: application/dicom\r\n\r\n") // and does not read
	}
	for range 50 {
		dial("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	client := http.Client{Timeout: 20 * time.Second}
	for _, path := range []string{"/dicom-web/studies", "/dicom-web/studies/1.2.92/metadata", "/dicom-web/studies/1.2.92/series/1.2.92.1/instances/1.2.92.1.1/rendered?viewport=64,64", "/healthz"} {
		r, err := client.Get(root + path)
		if err != nil {
			t.Errorf("%s beside others: %v", path, err)
			continue
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s beside others: %d", path, r.StatusCode)
		}
	}
	if err := stow(root, image("MANY", "1.2.92", "1.2.92.1", "1.2.92.1.2", 2)); err != nil {
		t.Errorf("store beside others: %v", err)
	}
	r := textproto.NewReader(bufio.NewReader(open[len(open)-1]))
	if line, err := r.ReadLine(); err != nil || !strings.Contains(line, "200") {
		t.Errorf("a connection among the thousand: %q %v", line, err)
	}
}
