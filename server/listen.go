package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"

	"conquest/access"
	"conquest/dicomini"
)

// serveNetwork accepts associations on the plain port and, when there is one, on
// the TLS port until ctx ends.
func (s *Server) serveNetwork(ctx context.Context, cfg *dicomini.Config, plain []net.Listener) error {
	var listeners []net.Listener
	for _, l := range plain {
		listeners = append(listeners, s.guard(l))
	}
	secured, err := s.listenTLS(cfg)
	if err != nil {
		closeListeners(plain)
		return err
	}
	listeners = append(listeners, secured...)
	s.net.commitment.Resume(cfg)
	defer s.net.commitment.Close()
	defer s.net.prefetcher.Stop()
	srv := s.dimseServer(cfg)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(listeners))
	var wg sync.WaitGroup
	for i, l := range listeners {
		wg.Go(func() {
			defer cancel() // one port that is lost ends the server
			errs[i] = srv.Serve(ctx, l)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// listenTLS opens the TLS port, when there is to be one.
func (s *Server) listenTLS(cfg *dicomini.Config) ([]net.Listener, error) {
	port := cfg.Number("TLSPort")
	if port == 0 {
		return nil, nil
	}
	config, err := access.ServerTLS(cfg)
	if err != nil {
		return nil, fmt.Errorf("TLSPort %d: %w", port, err)
	}
	list, err := access.ListenHere(cfg, port)
	if err != nil {
		return nil, fmt.Errorf("listen on TLSPort %d: %w", port, err)
	}
	s.con.Operator("Listening for TLS on port: %d", port)
	for i, l := range list {
		list[i] = tls.NewListener(s.guard(l), config)
	}
	return list, nil
}

func closeListeners(list []net.Listener) {
	for _, l := range list {
		l.Close()
	}
}

// guard lets only those in who may connect.
func (s *Server) guard(l net.Listener) net.Listener {
	return access.Guard(l, s.live.Current, s.con)
}
