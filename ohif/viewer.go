package ohif

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Viewer serves the packed files.
type Viewer struct {
	opt   Options
	z     *zip.ReadCloser
	files map[string]*zip.File
	csp   string
}

// Options are what a [Viewer] is made of.
type Options struct {
	// Root is the address of the DICOMweb service, as the caller of r sees it.
	Root func(r *http.Request) string
	// MayStore tells whether the caller of r may upload.
	MayStore func(r *http.Request) bool
	// Own is the site's app-config.js; nil, or no text, has one written.
	Own func() []byte
}

// Open opens what [Pack] wrote.
func Open(name string, opt Options) (*Viewer, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, fmt.Errorf("open OHIF %s: %w", name, err)
	}
	v := &Viewer{opt: opt, z: z, files: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		v.files[f.Name] = f
	}
	index, err := v.read("index.html")
	if err != nil {
		z.Close()
		return nil, fmt.Errorf("open OHIF %s: %w", name, err)
	}
	v.csp = policy(index)
	return v, nil
}

// Close lets the files go.
func (v *Viewer) Close() error { return v.z.Close() }

func (v *Viewer) read(name string) ([]byte, error) {
	f := v.files[name]
	if f == nil {
		return nil, fmt.Errorf("%s is missing", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

var inlineScript = regexp.MustCompile(`(?s)<script(?:\s+type="[^"]*")?>(.*?)</script>`)

// policy is the content security policy: nothing leaves the origin, and of
// scripts in pages only those of the index run.
func policy(index []byte) string {
	scripts := ""
	for _, m := range inlineScript.FindAllSubmatch(index, -1) {
		sum := sha256.Sum256(m[1])
		scripts += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'self'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval' blob:" + scripts +
		"; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; connect-src 'self' data: blob:; object-src 'self' blob:; frame-src 'self' blob:; frame-ancestors 'self'"
}

// types of files that package mime may not know.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".json": "application/json", ".jsonc": "application/json", ".map": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml",
	".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2", ".webapp": "application/manifest+json", ".xml": "application/xml",
}

// hashed names are those of files that never change.
var hashed = regexp.MustCompile(`[.-][0-9a-f]{16}\.|^[0-9a-f]{16}\.`)

// ServeHTTP answers requests below the path of the viewer.
func (v *Viewer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(w, "the viewer takes GET", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+strings.TrimPrefix(r.URL.Path, Prefix)), "/")
	head := w.Header()
	head.Set("Content-Security-Policy", v.csp)
	head.Set("Cache-Control", "private, max-age=0, must-revalidate")
	if name == "app-config.js" {
		v.serveConfig(w, r)
		return
	}
	f := v.files[name]
	if f == nil && path.Ext(name) == "" {
		f = v.files["index.html"] // a screen of the viewer
	}
	if f == nil {
		http.NotFound(w, r)
		return
	}
	if hashed.MatchString(path.Base(f.Name)) {
		head.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	kind := types[path.Ext(f.Name)]
	if kind == "" {
		kind = "application/octet-stream"
	}
	head.Set("Content-Type", kind)
	tag := fmt.Sprintf(`W/"%08x-%x"`, f.CRC32, f.UncompressedSize64)
	head.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag[2:]) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	v.send(w, r, f)
}

// send sends a file as it is packed to those who take gzip.
func (v *Viewer) send(w http.ResponseWriter, r *http.Request, f *zip.File) {
	head := w.Header()
	if f.Method != zip.Deflate || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		head.Set("Content-Length", strconv.FormatUint(f.UncompressedSize64, 10))
		plain, err := f.Open()
		if err != nil {
			http.Error(w, "the file can not be read", http.StatusInternalServerError)
			return
		}
		defer plain.Close()
		if r.Method != http.MethodHead {
			io.Copy(w, plain) // a caller that goes away is none of our errors
		}
		return
	}
	raw, err := f.OpenRaw()
	if err != nil {
		http.Error(w, "the file can not be read", http.StatusInternalServerError)
		return
	}
	const around = 18 // bytes of head and end of a gzip file
	head.Set("Content-Encoding", "gzip")
	head.Add("Vary", "Accept-Encoding")
	head.Set("Content-Length", strconv.FormatUint(f.CompressedSize64+around, 10))
	if r.Method == http.MethodHead {
		return
	}
	w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
	io.Copy(w, raw)
	w.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, f.CRC32), uint32(f.UncompressedSize64)))
}
