package compat

import (
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"

	"conquest/web"
)

// files serves the files of a folder; that of a link which leaves the folder is
// not served.
func (c *compat) files(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet) {
		return
	}
	root, err := os.OpenRoot(c.Files)
	if err != nil {
		c.Log.Error("files of HTTPCompatFiles can not be served", "folder", c.Files, "error", err)
		web.Problem(w, r, http.StatusNotFound, "nothing is at this address")
		return
	}
	defer root.Close()
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	f, info, err := open(root, name)
	if errors.Is(err, fs.ErrNotExist) && strings.Trim(path.Ext(name), ".0123456789") == "" {
		f, info, err = open(root, index(name))
	}
	if err != nil {
		web.Problem(w, r, http.StatusNotFound, "nothing is at this address")
		return
	}
	defer f.Close()
	if kind := fileType(info.Name()); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	w.Header().Set("Cache-Control", "private, max-age=0, must-revalidate")
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// index is the page of an application of whose addresses there is no file: OHIF and
// its like name what they show so, by UIDs too.
func index(name string) string {
	parts := strings.SplitN(name, "/", 3)
	if len(parts) < 2 || parts[0] != "app" {
		return "index.html"
	}
	return path.Join(parts[0], parts[1], "index.html")
}

// open opens a file, or the page of a folder. What begins with a dot and the files of
// a program's own are not for browsers.
func open(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return nil, nil, fs.ErrNotExist
		}
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".ini", ".lua", ".php", ".exe", ".db", ".map", ".lst", ".sql", ".cq":
		return nil, nil, fs.ErrNotExist
	}
	if name == "" {
		name = "index.html"
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		f.Close()
		return open(root, path.Join(name, "index.html"))
	}
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, nil, fs.ErrNotExist
	}
	return f, info, nil
}

func fileType(name string) string {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".wasm":
		return "application/wasm"
	case ".mjs", ".js":
		return "text/javascript; charset=utf-8"
	default:
		return mime.TypeByExtension(ext)
	}
}
