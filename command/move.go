package command

import (
	"context"
	"errors"
	"strings"

	"conquest/dicom"
	"conquest/oplog"
	"conquest/pacs/peers"
	"conquest/pacs/prefetch"
)

// moveCommands send objects and fetch them (docs/original/commands.md 3.4).
var moveCommands = map[string]row{
	"movepatient":          {mover(6, func(k *peers.Selection, c *call) { k.Patient = c.field(2) }), "SOURCE,DESTINATION,PATIENT", "C-MOVE of a patient; source (local) is this server"},
	"movestudy":            {mover(7, func(k *peers.Selection, c *call) { k.Patient, k.Study = patientAnd(c.field(2)) }), "SOURCE,DESTINATION,[PATIENT:]STUDY", "C-MOVE of a study"},
	"moveaccession":        {mover(7777, func(k *peers.Selection, c *call) { k.Patient, k.Accession = patientAnd(c.field(2)) }), "SOURCE,DESTINATION,[PATIENT:]ACCESSION", "C-MOVE of the studies with an accession number"},
	"movestudies":          {mover(8, func(k *peers.Selection, c *call) { k.Date = c.field(2) }), "SOURCE,DESTINATION,DATE[-DATE]", "C-MOVE of the studies of a date or range"},
	"moveseries":           {mover(9, moveSeriesKeys), "SOURCE,DESTINATION,[PATIENT:]SERIES[,STUDY]", "C-MOVE of a series"},
	"move":                 {mover(10, moveAnyKeys), "SOURCE,DESTINATION,PATIENT[,STUDY[,SERIES[,SOP]]]", "C-MOVE at the level of the deepest key"},
	"forward":              {runForward, "FILE,COMPRESSION,AE", "send one file, to try out a destination"},
	"grabimagesfromserver": {runGrab, "AE,DATE", "fetch the images of a date that are not here"},
	"prefetch":             {runPrefetch, "PATIENT", "read all files of a patient into the cache of the system"},
}

// patientAnd parts "[PATIENT:]KEY" at the first colon.
func patientAnd(a string) (patient, key string) {
	before, after, ok := strings.Cut(a, ":")
	if !ok {
		return "", a
	}
	return before, after
}

func moveSeriesKeys(k *peers.Selection, c *call) {
	k.Patient, k.Series = patientAnd(c.field(2))
	k.Study = c.field(3)
}

func moveAnyKeys(k *peers.Selection, c *call) {
	k.Patient, k.Study, k.Series, k.SOP = c.field(2), c.field(3), c.field(4), c.field(5)
}

// mover makes a command that moves what fill finds behind source and destination.
func mover(messageID uint16, fill func(*peers.Selection, *call)) handler {
	return func(ctx context.Context, c *call) ([]byte, error) {
		if !c.has(2) {
			return nil, nil
		}
		source, destination := c.field(0), c.field(1)
		var k peers.Selection
		fill(&k, c)
		if !c.s.Peers.Transfer(ctx, source, destination, k, messageID) {
			return textAnswer("1 Move failed from %s to %s", source, destination), nil
		}
		return []byte("0"), nil
	}
}

func runForward(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	if !c.has(2) {
		return nil, nil
	}
	ds, err := c.s.loadDesignated(ctx, f[0])
	if err != nil {
		oplog.TestForwardNotLoaded(c.s.Console, f[0])
		return nil, nil
	}
	c.s.Peers.TestForward(ctx, ds, f[0], f[1], f[2])
	return nil, nil
}

func runGrab(ctx context.Context, c *call) ([]byte, error) {
	if !c.has(1) {
		return nil, nil
	}
	ae, date := c.field(0), c.field(1)
	err := c.s.Peers.Grab(ctx, ae, date)
	if errors.Is(err, peers.ErrNotGrabbed) || errors.Is(err, peers.ErrUnknownAE) {
		return nil, nil
	}
	return nil, err
}

func runPrefetch(ctx context.Context, c *call) ([]byte, error) {
	s := c.s
	if c.arg == "" {
		return nil, nil
	}
	oplog.PrefetchingPatient(s.Console, c.arg)
	if strings.ContainsAny(c.arg, "*?") { // one patient at a time
		return nil, nil
	}
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.PatientID, c.arg)
	refs, err := s.Index.LocateQuietly(ctx, keys)
	if err != nil {
		return nil, err
	}
	cfg := s.Live.Current()
	job := s.StartJob(ctx, "prefetchpatientdata")
	defer job.End()
	for i, ref := range refs {
		job.At(i, len(refs))
		if path, ok := s.Locate(cfg, ref.Device, ref.File); ok && ctx.Err() == nil {
			oplog.PrefetchingFile(s.Console, path)
			prefetch.Read(path)
		}
	}
	return nil, ctx.Err()
}
