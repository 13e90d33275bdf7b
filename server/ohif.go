package server

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"conquest/dicomini"
	"conquest/ohif"
	"conquest/web"
)

// ohifFile is the packed viewer beside dicom.ini; ohifConfig is a configuration of
// the site's own.
const (
	ohifFile   = "ohif.zip"
	ohifConfig = "ohif-config.js"
)

// OHIFFile is where the packed viewer of a site is.
func OHIFFile(cfg *dicomini.Config) string {
	if name := cfg.Value("HTTPOHIF"); name != "" {
		return name
	}
	return filepath.Join(cfg.BaseDir(), ohifFile)
}

// mountOHIF serves the viewer, when the site has it.
func (s *Server) mountOHIF(cfg *dicomini.Config, w *web.Server, services []string) *ohif.Viewer {
	if !slices.Contains(services, "ohif") || !slices.Contains(services, "dicomweb") {
		return nil
	}
	v, err := ohif.Open(OHIFFile(cfg), ohif.Options{
		Root:     func(r *http.Request) string { return w.Origin(r) + "/dicom-web" },
		MayStore: func(r *http.Request) bool { return web.CallerOf(r.Context()).Role >= web.User },
		Own: func() []byte {
			text, err := os.ReadFile(filepath.Join(cfg.BaseDir(), ohifConfig))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.Console.Event("*** configuration of OHIF can not be read", "file", ohifConfig, "error", err)
			}
			return text
		},
	})
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) || cfg.Value("HTTPOHIF") != "" {
			s.Console.Event("*** OHIF is not served", "error", err)
		}
		return nil
	}
	w.Mount(ohif.Prefix, v)
	w.Mount(ohif.Prefix+"/", v)
	w.Mount("/app/ohif/viewer/", http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		study := strings.TrimPrefix(r.URL.Path, "/app/ohif/viewer/")
		if strings.Trim(study, "0123456789.") != "" {
			http.NotFound(out, r)
			return
		}
		http.Redirect(out, r, w.Origin(r)+ohif.Prefix+"/viewer?StudyInstanceUIDs="+study, http.StatusFound)
	}))
	return v
}
