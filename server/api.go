package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"conquest/api"
	"conquest/api/archive"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/pacs/site"
	"conquest/sitecheck"
	"conquest/web"
)

// newAPI builds the REST interface.
func (s *Server) newAPI() *api.Handler {
	a := &archive.Archive{
		PACS: s.PACS, Build: s.build, Ready: s.readyForWeb, Recent: s.recent, ConfigOf: s.configOf, LintText: s.lintText,
		Lint: func() []finding.Finding { return sitecheck.Findings(s.Live.Current(), s.AEs, s.SOPs.Current()) },
	}
	services := a.Services()
	if gate := s.gate.Load(); gate != nil {
		services.Accounts = accounts{gate, s.Live.Current().HTTPLogins()}
	}
	return api.New(services, api.Options{
		Version: site.Version, ReadOnly: s.readOnly, Log: slog.New(consoleHandler{con: s.Console}),
	})
}

// openAPI makes the interface reachable by commands; mountAPI by the web.
func (s *Server) openAPI() {
	s.api = sync.OnceValue(s.newAPI)
	s.Commands.API = func(ctx context.Context, method, path string, body []byte) []byte {
		ctx = api.Commanded(web.WithCaller(ctx, web.Caller{Role: web.Admin, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1})}))
		r, err := http.NewRequestWithContext(ctx, method, api.Root+path, bytes.NewReader(body))
		if err != nil {
			return fmt.Appendf(nil, `{"title":"Bad Request","status":400,"detail":%q}`+"\n", err)
		}
		if len(body) > 0 {
			r.Header.Set("Content-Type", "application/json")
		}
		w := &written{header: http.Header{}}
		s.api().ServeHTTP(w, r)
		return w.Bytes()
	}
}

// written is an answer in memory.
type written struct {
	bytes.Buffer
	header http.Header
}

func (w *written) Header() http.Header { return w.header }
func (w *written) WriteHeader(int)     {}

func (s *Server) mountAPI(w *web.Server) {
	h := s.named("REST", s.api(), asksForPatients)
	w.Mount(api.Root, h)
	w.Mount(api.Root+"/", h)
}

// configOf reads a text of dicom.ini that is not in use.
func (s *Server) configOf(text []byte) (*dicomini.Config, error) {
	f, err := os.CreateTemp("", "dgate*.ini")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	loc := s.Live.Location()
	loc.Path = f.Name()
	live, err := dicomini.Open(loc, dicomini.Options{})
	if err != nil {
		return nil, err
	}
	return live.Current(), nil
}

// lintText tells what lint says of a text of dicom.ini.
func (s *Server) lintText(text []byte) ([]finding.Finding, error) {
	cfg, err := s.configOf(text)
	if err != nil {
		return nil, err
	}
	list := sitecheck.Findings(cfg, s.AEs, s.SOPs.Current())
	for i := range list {
		if strings.HasPrefix(filepath.Base(list[i].File), "dgate") && filepath.Ext(list[i].File) == ".ini" {
			list[i].File = s.Live.Location().Path
		}
	}
	return list, nil
}
