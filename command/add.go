package command

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"conquest/dicom"
	"conquest/oplog"
	"conquest/pacs/pack"
	"conquest/pacs/store"
	"conquest/rules"
)

// addCommands take objects in and show them (docs/original/commands.md 3.5).
var addCommands = map[string]row{
	"addimagefile": {runAddImageFile, "FILE[,PATIENT]", "add a file, archive or .hl7 file; a patient ID gives new UIDs too"},
	"attachfile":   {runAttachFile, "FILE,SCRIPT", "run a script on a file and store it"},
	"loadhl7":      {runLoadHL7, "FILE", "enter HL7 messages in the worklist"},
	"dump_header":  {runDumpHeader, "OBJECT[,FILE]", "header of an object as text"},
}

// uploaded writes the file that came with a command; done removes it. Without
// one, path itself is used.
func (c *call) uploaded(path string) (file string, done func(), err error) {
	if c.upload == nil {
		return path, func() {}, nil
	}
	dir := c.s.TempDir(c.s.Live.Current())
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", nil, err
	}
	f, err := os.CreateTemp(dir, "upload*"+filepath.Ext(path))
	if err != nil {
		return "", nil, err
	}
	done = func() { os.Remove(f.Name()) }
	_, err = f.Write(c.upload)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		done()
		return "", nil, fmt.Errorf("keep uploaded file: %w", err)
	}
	return f.Name(), done, nil
}

func runAddImageFile(ctx context.Context, c *call) ([]byte, error) {
	path, patient := c.field(0), c.field(1)
	file, done, err := c.uploaded(path)
	if err != nil {
		return []byte("1"), err
	}
	defer done()
	if patient == "" && c.has(1) { // a comma and nothing behind it
		oplog.NewIDEmpty(c.s.Console)
		oplog.AddNotChanged(c.s.Console, path)
		return []byte("1"), nil
	}
	if err := c.s.Intake.AddFile(ctx, file, patient); err != nil {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}

func runAttachFile(ctx context.Context, c *call) ([]byte, error) {
	if !c.has(1) {
		return nil, nil
	}
	path, script := c.field(0), c.field(1)
	file, done, err := c.uploaded(path)
	if err != nil {
		return nil, err
	}
	defer done()
	attach := func(file string) error {
		_, err := c.s.attach(ctx, c.caller, file, script)
		return err
	}
	if pack.Is(file) {
		return nil, c.s.Intake.Unpack(ctx, file, attach)
	}
	attach(file)
	return nil, nil
}

// attach runs a script on the object of a file and stores it; the file stays.
func (s *Commands) attach(ctx context.Context, caller rules.Caller, file, script string) (path string, err error) {
	ds, err := s.loadDesignated(ctx, file)
	if err != nil {
		oplog.AttachNotLoaded(s.Console, file)
		return "", err
	}
	cfg := s.Live.Current()
	in := s.Store.Own(cfg, caller, ds)
	if script != "" {
		out := s.Rules.Script(ctx, cfg, script, s.Store.Request(in))
		if out.Action == rules.Destroy || out.Action == rules.Reject {
			oplog.AttachRejected(s.Console, file)
			return "", store.ErrRejected
		}
		in.Device = out.Storage
	}
	res, err := s.Store.Enter(ctx, cfg, in)
	if err != nil {
		oplog.AttachNotEntered(s.Console, file)
		return "", err
	}
	oplog.Attached(s.Console, res.Path)
	return res.Path, nil
}

func runLoadHL7(ctx context.Context, c *call) ([]byte, error) {
	if fi, err := os.Stat(c.arg); err != nil || fi.Size() == 0 {
		return nil, nil
	}
	return nil, c.s.Worklist.LoadHL7(ctx, c.arg)
}

func runDumpHeader(ctx context.Context, c *call) ([]byte, error) {
	file := c.field(1)
	ds, err := c.s.loadDesignated(ctx, c.field(0))
	var b bytes.Buffer
	if err == nil {
		if err := dicom.Dump(&b, ds); err != nil {
			return nil, err
		}
	}
	return c.deliver(file, b.Bytes(), asPage)
}
