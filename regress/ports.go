package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// defaultPorts lies below the usual range of ephemeral ports.
const defaultPorts = "24000-24999"

// A portPool hands out TCP ports of a range, round and round, and only those on
// which a server that does not set SO_REUSEADDR could listen now: nobody
// listens and no connection is in TIME_WAIT.
type portPool struct {
	mu     sync.Mutex
	lo, hi int
	next   int
	used   map[int]bool
	free   func(port int) bool
}

// newPortPool reads a range "LO-HI". The starting place depends on the process,
// so that runs at the same time or soon after each other seldom meet.
func newPortPool(text string) (*portPool, error) {
	los, his, ok := strings.Cut(text, "-")
	lo, err1 := strconv.Atoi(los)
	hi, err2 := strconv.Atoi(his)
	if !ok || err1 != nil || err2 != nil || lo < 1 || hi > 65535 || hi < lo {
		return nil, fmt.Errorf("read port range %q: want LO-HI", text)
	}
	return &portPool{
		lo: lo, hi: hi, next: lo + (os.Getpid()*131)%(hi-lo+1),
		used: map[int]bool{}, free: portFree,
	}, nil
}

// get reserves a port; it waits up to limit for one to become free.
func (p *portPool) get(limit time.Duration) (int, error) {
	deadline := time.Now().Add(limit)
	for {
		if port := p.tryGet(); port != 0 {
			return port, nil
		}
		if time.Now().After(deadline) {
			return 0, errors.New("get a port: all of the range are in use")
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (p *portPool) tryGet() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range p.hi - p.lo + 1 {
		port := p.next
		if p.next++; p.next > p.hi {
			p.next = p.lo
		}
		if !p.used[port] && p.free(port) {
			p.used[port] = true
			return port
		}
	}
	return 0
}

// put gives a port back.
func (p *portPool) put(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.used, port)
}

// canListen reports whether a server could listen on the port again.
func (p *portPool) canListen(port int) bool { return p.free(port) }
