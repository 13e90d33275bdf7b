package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"conquest/access"
	"conquest/dicomini"
)

// serveNetwork accepts associations on the plain port and, when there is one, on
// the TLS port until ctx ends.
func (s *Server) serveNetwork(ctx context.Context, cfg *dicomini.Config, plain net.Listener) error {
	listeners := []net.Listener{s.guard(plain)}
	if port := cfg.Int(cfg.Main(), "TLSPort", 0); port != 0 {
		config, err := access.ServerTLS(cfg)
		if err != nil {
			plain.Close()
			return fmt.Errorf("TLSPort %d: %w", port, err)
		}
		l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
		if err != nil {
			plain.Close()
			return fmt.Errorf("listen on TLSPort %d: %w", port, err)
		}
		s.con.Operator("Listening for TLS on port: %d", port)
		listeners = append(listeners, tls.NewListener(s.guard(l), config))
	}
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

// guard lets only those in who may connect.
func (s *Server) guard(l net.Listener) net.Listener {
	return access.Guard(l, s.live.Current, s.con)
}
