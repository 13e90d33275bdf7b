package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"conquest/db"
	"conquest/dicomini"
	"conquest/queue"
	"conquest/storage"
)

// mirrorJob is a copy of a stored file to its mirror device.
type mirrorJob struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Device int    `json:"device"` // length of the device part of To
}

// A record of CopyFailuresPORT: two paths and a byte (docs/original/scripting.md 1.5).
const (
	mirrorRecordSize = 2050
	mirrorPathSize   = 1024
)

func (j mirrorJob) record() ([]byte, bool) {
	if len(j.From) >= mirrorPathSize || len(j.To) >= mirrorPathSize || j.Device > 255 {
		return nil, false
	}
	rec := make([]byte, mirrorRecordSize)
	copy(rec, j.From)
	copy(rec[mirrorPathSize:], j.To)
	rec[2*mirrorPathSize] = byte(j.Device)
	return rec, true
}

func parseMirrorRecord(rec []byte) (mirrorJob, error) {
	from, _, _ := bytes.Cut(rec[:mirrorPathSize], []byte{0})
	to, _, _ := bytes.Cut(rec[mirrorPathSize:2*mirrorPathSize], []byte{0})
	j := mirrorJob{string(from), string(to), int(rec[2*mirrorPathSize])}
	if j.From == "" || j.To == "" || j.Device > len(j.To) {
		return j, errors.New("incomplete copy record")
	}
	return j, nil
}

func (s *Server) startMirror(cfg *dicomini.Config) error {
	if !cfg.MirrorEnabled || len(cfg.MIRRORDevices) == 0 {
		return nil
	}
	q, err := queue.Open(queue.Options[mirrorJob]{
		Dir: ".", Name: "CopyQueue" + cfg.TCPPort, Kind: "mirror", Sync: cfg.SyncWrites, FailFile: "CopyFailures" + cfg.TCPPort,
		RecordSize: mirrorRecordSize, Marshal: mirrorJob.record, Unmarshal: parseMirrorRecord,
		Label:       func(j mirrorJob) string { return j.From },
		Destination: func(j mirrorJob) string { return j.To[:j.Device] },
		Run:         s.copyToMirror, Capacity: max(cfg.QueueSize, queueCapacity),
		HoldOff: seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay),
		Gate: s.gate, Operator: s.sayLine, Failed: s.sayQueueError,
	})
	if err != nil {
		return fmt.Errorf("mirror queue: %w", err)
	}
	q.Start()
	s.mirrors = q
	s.con.Operator("Started mirror copy queue thread")
	return nil
}

// queueMirror enters a stored file for its mirror, if its device has one. What can
// not be entered is copied at once.
func (s *Server) queueMirror(ctx context.Context, cfg *dicomini.Config, res stored) error {
	if s.mirrors == nil || !strings.HasPrefix(res.loc.Device, "MAG") {
		return nil
	}
	n := dicomini.Atoi(res.loc.Device[len("MAG"):])
	dev := storage.NewDevices(cfg.Storage)
	mirror := dev.Mirror(n)
	if mirror == "" || !strings.HasPrefix(res.path, dev.MAG(n)) {
		return nil
	}
	j := mirrorJob{From: res.path, To: mirror + res.path[len(dev.MAG(n)):], Device: len(mirror)}
	if err := s.mirrors.Push(ctx, j); err != nil {
		s.con.Event("*** mirror copy can not be put off", "file", res.path, "error", err)
		if s.copyToMirror(ctx, j) != queue.Done {
			return fmt.Errorf("enter %s for the mirror: %w", res.path, err)
		}
	}
	return nil
}

func (s *Server) copyToMirror(ctx context.Context, j mirrorJob) queue.Outcome {
	err := s.writer(s.live.Current()).Copy(j.To[:j.Device], j.To[j.Device:], j.From)
	if errors.Is(err, os.ErrNotExist) && !storage.Exists(j.From) {
		return queue.Done // removed meanwhile
	}
	if err != nil {
		s.con.Operator("***Writing mirror copy failed: %s", j.To)
		if f, bad := os.Open(j.From); bad != nil {
			queue.FromContext(ctx).Refused(j.To[:j.Device], bad.Error(), false)
			return queue.Refused // the mirror is not to blame
		} else {
			f.Close()
		}
		s.con.Event("*** mirror copy failed, kept for later", "file", j.From, "error", err)
		queue.FromContext(ctx).Failed(j.To[:j.Device], err.Error())
		return queue.Retry
	}
	s.con.Operator("Mirror copy: %s", j.To)
	return queue.Done
}

// removeMirror removes the mirror copy of a removed object.
func (s *Server) removeMirror(dev *storage.Devices, loc db.Location) {
	if !strings.HasPrefix(loc.Device, "MAG") {
		return
	}
	dir := dev.Mirror(dicomini.Atoi(loc.Device[len("MAG"):]))
	if dir == "" || !storage.Exists(dir+loc.File) {
		return
	}
	if err := storage.Remove(dir, loc.File); err != nil {
		s.con.Operator("***Could not remove mirror file %s", dir+loc.File)
	}
}
