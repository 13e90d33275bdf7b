package worklist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"conquest/access"
	"conquest/dicomini"
	"conquest/group"
	"conquest/hl7"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/regular"
)

// maxHL7 bounds a file of HL7 messages.
const maxHL7 = 64 << 20

// LoadHL7 enters the messages of a file in the worklist.
func (s *Worklist) LoadHL7(ctx context.Context, path string) error {
	f, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxHL7))
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if len(text) == 0 {
		return fmt.Errorf("file %s is empty", path)
	}
	return s.enterHL7(ctx, string(text))
}

var errNothingMapped = errors.New("no field of the message is in the worklist table")

// enterHL7 enters each message as one row of the worklist; nothing that is there
// is changed. An index in Unicode has them by the character set that they name.
func (s *Worklist) enterHL7(ctx context.Context, text string) error {
	makeUID := func() string { return s.UIDs.New(site.UIDGeneral) }
	var log func(hl7.Item)
	if s.Console.DebugOn() {
		log = func(it hl7.Item) { oplog.HL7Item(s.Console, it.Type, it.Contents) }
	}
	if s.Index.Unicode() {
		text = hl7.UTF8(text)
	}
	var errs []error
	n := 0
	err := hl7.Rows(text, &s.Schema.WorkList, makeUID, log, func(row hl7.Row) {
		n++
		if err := s.Index.AddWorklist(ctx, row); err != nil {
			s.SaySQLFailure(err)
			errs = append(errs, fmt.Errorf("enter worklist row: %w", err))
		}
	})
	if err == nil && n == 0 {
		err = errNothingMapped
	}
	return errors.Join(append(errs, err)...)
}

// ListenHL7 takes HL7 messages on HL7Port from the hosts of HL7IPs (this machine
// only when absent) until ctx ends.
func (s *Worklist) ListenHL7(ctx context.Context, work *group.Group, cfg *dicomini.Config) error {
	port := cfg.Number("HL7Port")
	if port == 0 {
		return nil
	}
	list, err := access.ListenHL7(cfg, port)
	if err != nil {
		return fmt.Errorf("listen for HL7 on port %d: %w", port, err)
	}
	s.Console.Event("HL7 messages are taken", "port", port)
	mllp := &hl7.Listener{
		Accept:  func(ctx context.Context, message string) error { return s.enterHL7(ctx, message) },
		Allowed: func(peer net.Addr) bool { return access.MaySendHL7(s.Live.Current(), peer) },
		Failed: func(peer net.Addr, err error) {
			s.Console.Event("*** HL7 connection ended", "peer", peer, "error", err)
		},
	}
	for _, l := range list {
		work.Go("HL7", func() {
			if err := mllp.Serve(ctx, l); err != nil {
				s.Console.Event("*** HL7 messages are not taken any more", "error", err)
			}
		})
	}
	return nil
}
