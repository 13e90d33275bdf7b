package scp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"conquest/access"
	"conquest/dicomini"
	"conquest/group"
	"conquest/oplog"
)

// Serve accepts associations on the plain listeners and, when there is one, on the
// TLS port until ctx ends.
func (s *SCP) Serve(ctx context.Context, cfg *dicomini.Config, plain []net.Listener) error {
	var listeners []net.Listener
	for _, l := range plain {
		listeners = append(listeners, s.guard(l))
	}
	secured, err := s.listenTLS(cfg)
	if err != nil {
		CloseListeners(plain)
		return err
	}
	listeners = append(listeners, secured...)
	s.Commitment.Resume(cfg)
	defer s.Commitment.Close()
	defer s.Find.Prefetcher.Stop()
	srv := s.dimseServer(cfg)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(listeners))
	var listening group.Group
	for i, l := range listeners {
		listening.Go("listener", func() {
			defer cancel() // one port that is lost ends the server
			errs[i] = srv.Serve(ctx, l)
		})
	}
	listening.Wait()
	return errors.Join(errs...)
}

// listenTLS opens the TLS port, when there is to be one.
func (s *SCP) listenTLS(cfg *dicomini.Config) ([]net.Listener, error) {
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
	oplog.ListeningTLS(s.Console, port)
	for i, l := range list {
		list[i] = tls.NewListener(s.guard(l), config)
	}
	return list, nil
}

// CloseListeners closes listeners that are not served.
func CloseListeners(list []net.Listener) {
	for _, l := range list {
		l.Close()
	}
}

// guard lets only those in who may connect.
func (s *SCP) guard(l net.Listener) net.Listener {
	return access.Guard(l, s.Live.Current, s.Console)
}
