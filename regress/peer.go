package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A peer is a storescp that receives what the server sends.
type peer struct {
	ae          string
	port        int
	compression string // column of acrnema.map
	dir         string // received files
	options     []string
	proc        *process
}

func (p *peer) stop() {
	if p.proc != nil {
		p.proc.stop()
		p.proc = nil
	}
}

func (p *peer) logFile() string { return p.dir + ".log" }

// cmdPeer: peer [-down|-stop] [-c XX] AE [storescp options]
func (s *stage) cmdPeer(args []string) (string, error) {
	down, stop, compression := false, false, ""
	for len(args) > 0 && len(args[0]) > 0 && args[0][0] == '-' {
		switch args[0] {
		case "-down":
			down = true
		case "-stop":
			stop = true
		case "-c":
			if len(args) < 2 {
				return "", errors.New("usage: peer -c COMPRESSION AE")
			}
			compression = args[1]
			args = args[1:]
		default:
			return "", fmt.Errorf("unknown option %s", args[0])
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return "", errors.New("usage: peer [-down|-stop] [-c XX] AE [storescp options]")
	}
	p, err := s.findPeer(args[0])
	if err != nil {
		if p, err = s.addPeer(args[0]); err != nil {
			return "", err
		}
	}
	if compression != "" {
		p.compression = compression
	}
	if len(args) > 1 {
		p.options = args[1:]
	}
	if down || stop {
		p.stop()
		return "", nil
	}
	return "", s.startPeer(p)
}

func (s *stage) addPeer(ae string) (*peer, error) {
	port, err := s.newPort()
	if err != nil {
		return nil, err
	}
	p := &peer{
		ae: ae, port: port, compression: "un",
		dir: filepath.Join(s.work, ae), options: []string{"+xa"},
	}
	if err := os.MkdirAll(p.dir, 0o777); err != nil {
		return nil, fmt.Errorf("make folder of peer: %w", err)
	}
	s.peers = append(s.peers, p)
	s.ts.Setenv("PORT_"+ae, fmt.Sprint(port))
	return p, nil
}

func (s *stage) startPeer(p *peer) error {
	if p.proc != nil && p.proc.running() {
		return nil
	}
	argv := append([]string{"storescp", "-d", "-aet", p.ae, "-od", p.dir}, p.options...)
	proc, err := startProcess(s.work, p.logFile(), append(argv, fmt.Sprint(p.port))...)
	if err != nil {
		return err
	}
	p.proc = proc
	if !s.poll(10*time.Second, func() bool { return !proc.running() || !portFree(p.port) }) || !proc.running() {
		text, _ := os.ReadFile(p.logFile())
		return fmt.Errorf("peer %s does not listen: %s", p.ae, text)
	}
	return nil
}
