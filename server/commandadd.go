package server

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/pack"
	"conquest/rules"
	"conquest/scripting"
)

// addCommands take objects in and show them (docs/original/commands.md 3.5).
var addCommands = map[string]serverCommand{
	"addimagefile": {runAddImageFile, "FILE[,PATIENT]", "add a file, archive or .hl7 file; a patient ID gives new UIDs too"},
	"attachfile":   {runAttachFile, "FILE,SCRIPT", "run a script on a file and store it"},
	"loadhl7":      {runLoadHL7, "FILE", "enter HL7 messages in the worklist"},
	"dump_header":  {runDumpHeader, "OBJECT[,FILE]", "header of an object as text"},
}

// uploaded writes the file that came with a command; done removes it. Without
// one, path itself is used.
func (c *commandCall) uploaded(path string) (file string, done func(), err error) {
	if c.upload == nil {
		return path, func() {}, nil
	}
	dir := c.s.tempDir(c.s.live.Current())
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

func runAddImageFile(ctx context.Context, c *commandCall) ([]byte, error) {
	path, patient := splitFileArgument(c.arg)
	file, done, err := c.uploaded(path)
	if err != nil {
		return []byte("1"), err
	}
	defer done()
	if patient == "" && path != c.arg { // a comma and nothing behind it
		c.s.con.Operator("***[ModifyPATIDofDDO] Empty patient ID not allowed")
		c.s.con.Operator("***[AddImageFile] Error changing patient ID for file: %s", path)
		return []byte("1"), nil
	}
	if err := c.s.AddFile(ctx, file, patient); err != nil {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}

// AddFile stores the object of a file, of the files of an archive, or the
// worklist entries of a .hl7 file. patientID other than "" gives the objects
// that ID and new UIDs. What failed is in the log already.
func (s *Server) AddFile(ctx context.Context, path, patientID string) error {
	return s.takeIn(ctx, path, intake{ae: s.live.Current().MyACRNema, patientID: patientID})
}

func runAttachFile(ctx context.Context, c *commandCall) ([]byte, error) {
	path, script, ok := strings.Cut(c.arg, ",")
	if !ok {
		return nil, nil
	}
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
		return nil, c.s.unpackAnd(ctx, file, attach)
	}
	attach(file)
	return nil, nil
}

// attach runs a script on the object of a file and stores it; the file stays.
func (s *Server) attach(ctx context.Context, caller rules.Caller, file, script string) (path string, err error) {
	ds, err := s.loadDesignated(ctx, file)
	if err != nil {
		s.con.Operator("***[AttachFile] %s -FAILED: Error on Load (input) ", file)
		return "", err
	}
	cfg := s.live.Current()
	in := s.ownArrival(cfg, caller, ds)
	if script != "" {
		out := s.rules.Script(ctx, cfg, script, s.request(in))
		if out.Action == rules.Destroy || out.Action == rules.Reject {
			s.con.Operator("[AttachFile] %s rejected by script", file)
			return "", errRejected
		}
		in.preferred = out.Storage
	}
	res, err := s.enter(ctx, cfg, in)
	if err != nil {
		s.con.Operator("***[AttachFile] Error entering object into server: %s", file)
		return "", err
	}
	s.con.Operator("Attached image: %s", res.path)
	return res.path, nil
}

// ownArrival is an object that a command of this server enters.
func (s *Server) ownArrival(cfg *dicomini.Config, caller rules.Caller, ds *dicom.Dataset) *arrival {
	if caller == nil {
		return &arrival{ds: ds, origin: entered, caller: s.self(cfg)}
	}
	return &arrival{ds: ds, origin: entered, caller: rules.Titled(caller, cfg.MyACRNema, cfg.MyACRNema)}
}

// self is the server as caller.
func (s *Server) self(cfg *dicomini.Config) rules.Caller {
	return &rules.Party{CallingAE: cfg.MyACRNema, CalledAE: cfg.MyACRNema, Variables: &scripting.Vars{}, Trusted: true}
}

func runLoadHL7(ctx context.Context, c *commandCall) ([]byte, error) {
	if fi, err := os.Stat(c.arg); err != nil || fi.Size() == 0 {
		return nil, nil
	}
	return nil, c.s.loadHL7(ctx, c.arg)
}

func runDumpHeader(ctx context.Context, c *commandCall) ([]byte, error) {
	object, file, _ := strings.Cut(c.arg, ",")
	ds, err := c.s.loadDesignated(ctx, object)
	var b bytes.Buffer
	if err == nil {
		if err := dicom.Dump(&b, ds); err != nil {
			return nil, err
		}
	}
	return c.deliver(file, b.Bytes(), asPage)
}
