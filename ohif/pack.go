// Package ohif keeps the files of the OHIF viewer packed, and serves them below a
// path with a configuration for this server. The viewer itself is no part of it:
// [Pack] takes the npm package @ohif/app, or a zip file of its dist folder.
package ohif

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
)

// Prefix is the path that the viewer is served below.
const Prefix = "/ohif"

// ErrVersion tells that the files can not be brought below a path: they are of a
// version that is built in another way.
var ErrVersion = errors.New("this version of OHIF is not built as expected: it can not be served below a path")

const (
	maxFile  = 64 << 20  // bytes of one file
	maxFiles = 4000      // files of a package
	maxTotal = 512 << 20 // bytes of all
)

// Packed tells what was packed.
type Packed struct {
	Files int
	Bytes int64 // before packing
}

// Pack writes the files of src, a tgz of npm or a zip, to dst. The lean form lacks
// ort/, which segmentation by neural networks needs, and source maps.
func Pack(src, dst string, lean bool) (Packed, error) {
	out, err := os.CreateTemp(path.Dir(dst), ".ohif-*")
	if err != nil {
		return Packed{}, fmt.Errorf("pack OHIF: %w", err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	p := &packer{z: zip.NewWriter(out), lean: lean}
	if strings.HasSuffix(strings.ToLower(src), ".zip") {
		err = p.fromZip(src)
	} else {
		err = p.fromTar(src)
	}
	switch {
	case err != nil:
	case !p.index:
		err = fmt.Errorf("%s has no dist/index.html", src)
	case !p.loader:
		err = ErrVersion
	default:
		err = p.z.Close()
	}
	if err == nil {
		err = out.Sync()
	}
	if err == nil {
		err = out.Close()
	}
	if err == nil {
		err = os.Rename(out.Name(), dst)
	}
	if err != nil {
		return p.done, fmt.Errorf("pack OHIF: %w", err)
	}
	return p.done, os.Chmod(dst, 0o644)
}

type packer struct {
	z             *zip.Writer
	lean          bool
	done          Packed
	index, loader bool // what must be there was seen
}

func (p *packer) fromTar(src string) error {
	f, err := os.Open(src)
	if err != nil {
		return err
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", src, err)
	}
	t := tar.NewReader(unpacked)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && h.Typeflag == tar.TypeReg {
			err = p.add(h.Name, t)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", src, err)
		}
	}
}

func (p *packer) fromZip(src string) error {
	z, err := zip.OpenReader(src)
	if err != nil {
		return fmt.Errorf("read %s: %w", src, err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err == nil {
			err = p.add(f.Name, r)
			r.Close()
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", src, err)
		}
	}
	return nil
}

// add packs one file of the dist folder.
func (p *packer) add(name string, r io.Reader) error {
	name = path.Clean("/" + strings.ReplaceAll(name, `\`, "/"))[1:]
	if _, below, ok := strings.Cut("/"+name, "/dist/"); ok {
		name = below
	} else if strings.HasPrefix(name, "package/") {
		return nil // beside dist
	}
	if p.lean && (strings.HasPrefix(name, "ort/") || strings.HasSuffix(name, ".map")) || name == "app-config.js" {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return err
	}
	p.done.Files++
	p.done.Bytes += int64(len(data))
	if len(data) > maxFile || p.done.Files > maxFiles || p.done.Bytes > maxTotal {
		return fmt.Errorf("%s: more than a viewer has", name)
	}
	data = p.moved(name, data)
	w, err := p.z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

var (
	rootLinks = regexp.MustCompile(`(href|src|content)="/`)
	publicURL = regexp.MustCompile(`PUBLIC_URL\s*=\s*(["'])/["']`)
	loaderURL = regexp.MustCompile(`(__webpack_require__\.p\s*=\s*)"/"`)
)

// moved is a file that is built for the root, for the path.
func (p *packer) moved(name string, data []byte) []byte {
	switch {
	case name == "index.html":
		p.index = true
		data = rootLinks.ReplaceAll(data, []byte(`$1="`+Prefix+`/`))
		return publicURL.ReplaceAll(data, []byte(`PUBLIC_URL=$1`+Prefix+`/$1`))
	case strings.HasSuffix(name, ".js") && !strings.HasPrefix(name, "ort/"):
		if loaderURL.Match(data) {
			p.loader = true
			return loaderURL.ReplaceAll(data, []byte(`$1"`+Prefix+`/"`))
		}
	case strings.HasSuffix(name, ".css"):
		return bytes.ReplaceAll(data, []byte("url(/"), []byte("url("+Prefix+"/"))
	case name == "manifest.json":
		return bytes.ReplaceAll(data, []byte(`"/`), []byte(`"`+Prefix+`/`))
	}
	return data
}
