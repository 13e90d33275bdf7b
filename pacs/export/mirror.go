package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"conquest/db"
	"conquest/dicomini"
	"conquest/oplog"
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

func (s *Queues) startMirror(cfg *dicomini.Config) error {
	if !cfg.MirrorEnabled || len(cfg.MIRRORDevices) == 0 {
		return nil
	}
	q, err := queue.Open(queue.Options[mirrorJob]{
		Dir: ".", Name: "CopyQueue" + cfg.Owner(), Kind: "mirror", Sync: cfg.SyncWrites, FailFile: "CopyFailures" + cfg.Owner(),
		RecordSize: mirrorRecordSize, Marshal: mirrorJob.record, Unmarshal: parseMirrorRecord,
		Label:       func(j mirrorJob) string { return j.From },
		Destination: func(j mirrorJob) string { return j.To[:j.Device] },
		Run:         s.copyToMirror, Capacity: max(cfg.QueueSize, queueCapacity),
		HoldOff: seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay),
		Gate: s.Gate, Operator: s.SayLine, Failed: s.SayQueueError,
	})
	if err != nil {
		return fmt.Errorf("mirror queue: %w", err)
	}
	q.Start()
	s.mirrors = q
	oplog.MirrorStarted(s.Console)
	return nil
}

// QueueMirror enters a stored file for its mirror, if its device has one. What can
// not be entered is copied at once.
func (s *Queues) QueueMirror(ctx context.Context, cfg *dicomini.Config, path string, loc db.Location) error {
	if s.mirrors == nil || !strings.HasPrefix(loc.Device, "MAG") {
		return nil
	}
	n := dicomini.Atoi(loc.Device[len("MAG"):])
	dev := storage.NewDevices(cfg.Storage)
	mirror := dev.Mirror(n)
	if mirror == "" || !strings.HasPrefix(path, dev.MAG(n)) {
		return nil
	}
	j := mirrorJob{From: path, To: mirror + path[len(dev.MAG(n)):], Device: len(mirror)}
	if err := s.mirrors.Push(ctx, j); err != nil {
		s.Console.Event("*** mirror copy can not be put off", "file", path, "error", err)
		if s.copyToMirror(ctx, j) != queue.Done {
			return fmt.Errorf("enter %s for the mirror: %w", path, err)
		}
	}
	return nil
}

func (s *Queues) copyToMirror(ctx context.Context, j mirrorJob) queue.Outcome {
	err := s.Writer(s.Live.Current()).Copy(j.To[:j.Device], j.To[j.Device:], j.From)
	if errors.Is(err, os.ErrNotExist) && !storage.Exists(j.From) {
		return queue.Done // removed meanwhile
	}
	if err != nil {
		oplog.MirrorFailed(s.Console, j.To)
		if f, bad := os.Open(j.From); bad != nil {
			queue.FromContext(ctx).Refused(j.To[:j.Device], bad.Error(), false)
			return queue.Refused // the mirror is not to blame
		} else {
			f.Close()
		}
		s.Console.Event("*** mirror copy failed, kept for later", "file", j.From, "error", err)
		queue.FromContext(ctx).Failed(j.To[:j.Device], err.Error())
		return queue.Retry
	}
	oplog.MirrorCopied(s.Console, j.To)
	return queue.Done
}
