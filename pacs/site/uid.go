package site

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"conquest/db"
)

// UIDMaker makes UIDs below the site's prefix: PREFIX.CLASS.TIME.COUNTER.
type UIDMaker struct {
	Prefix string
	Node   int // NodeNumber: makers of one prefix have different ones; 0 as the original

	mu      sync.Mutex // guards below
	Counter uint32
	second  int64
}

// Classes of UIDs, the digit behind the prefix.
const (
	UIDGeneral = 6
	UIDMapped  = 7
)

// uidsPerSecond is how far the counter of a UID goes.
const uidsPerSecond = 10000

// New returns a new UID. When a second's numbers are used up the next second
// is borrowed, so that no UID comes twice.
func (m *UIDMaker) New(class int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := time.Now().Unix(); now > m.second {
		m.second = now
	}
	n := m.Counter % uidsPerSecond
	m.Counter++
	uid := fmt.Sprintf("%s.%d.%d.%d", m.Prefix, class, m.second, m.Node*uidsPerSecond+int(n))
	if n == uidsPerSecond-1 {
		m.second++
	}
	if len(uid) > maxUID {
		return randomUID()
	}
	return uid
}

// maxUID is the length of UIDs (PS3.5 section 9.1).
const maxUID = 64

// randomUID is a UID made of a UUID (PS3.5 section B.2), where the site's prefix
// leaves no room.
func randomUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return "2.25." + new(big.Int).SetBytes(b[:]).String()
}

// ChangeUID is the UID that old was changed to: the one in table UIDMODS, else uid,
// else a fresh one. Stages that begin with '#' use no table; the UID is then
// computed.
func (s *Site) ChangeUID(ctx context.Context, old, uid, stage, typ string) (string, error) {
	if strings.HasPrefix(stage, "#") {
		return db.StageUID(s.UIDs.Prefix+".7", old, stage), nil // of an empty UID too
	}
	return s.Index.MapUID(ctx, old, uid, stage, typ, func() string { return s.UIDs.New(UIDMapped) })
}
