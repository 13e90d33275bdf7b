package rig

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Ports below those that systems give to clients, in blocks of which each
// belongs to one test of one process at a time.
const (
	firstPort = 13001
	blockSize = 10
	blocks    = 1000
)

// ErrNoPorts tells that all ports of the rig are in use.
var ErrNoPorts = errors.New("no free ports for a test")

var reserved struct {
	sync.Mutex
	blocks map[int]bool
}

// Ports reserves ten ports in a row on which nobody listens: the first of them,
// and what gives them back. Other test processes, which keep to the rig, do not
// get them meanwhile.
func Ports() (first int, release func(), err error) {
	for try := range 6 * blocks {
		b := rand.IntN(blocks)
		if try < 3*blocks && recent(b) {
			continue
		}
		unlock, ok := reserve(b)
		if !ok {
			continue
		}
		first := firstPort + b*blockSize
		if free(first) {
			return first, unlock, nil
		}
		unlock()
	}
	return 0, nil, ErrNoPorts
}

// cooling is how long connections of an ended test may still hold its ports.
const cooling = 2 * time.Minute

// recent tells whether a block was in use lately.
func recent(b int) bool {
	fi, err := os.Stat(lockPath(b))
	return err == nil && time.Since(fi.ModTime()) < cooling
}

func lockPath(b int) string {
	return filepath.Join(os.TempDir(), "dgate-rig-ports", fmt.Sprint(b))
}

// reserve takes a block for this process.
func reserve(b int) (unlock func(), ok bool) {
	reserved.Lock()
	defer reserved.Unlock()
	if reserved.blocks[b] {
		return nil, false
	}
	if err := os.MkdirAll(filepath.Dir(lockPath(b)), 0o777); err != nil {
		return nil, false
	}
	f, ok := lockFile(lockPath(b))
	if !ok {
		return nil, false
	}
	if reserved.blocks == nil {
		reserved.blocks = map[int]bool{}
	}
	reserved.blocks[b] = true
	return func() {
		reserved.Lock()
		defer reserved.Unlock()
		delete(reserved.blocks, b)
		now := time.Now()
		os.Chtimes(f.Name(), now, now) // without it the block only cools less long
		f.Close()
	}, true
}

// free tells whether nobody listens on the ports of a block.
func free(first int) bool {
	for i := range blockSize {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+i))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}
