package submit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"conquest/dicom"
	"conquest/luabind"
	"conquest/oplog"
	"conquest/pacs/pack"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// Pack writes what keys select to an archive: the stored files or, when
// scripted, copies on which the script has worked.
func (s *Submitter) Pack(ctx context.Context, keys *dicom.Dataset, scripted bool, script, target string) error {
	job := s.StartJob(ctx, "export")
	defer job.EndExport()
	paths, err := s.find.Files(ctx, s.Live.Current(), keys)
	if err != nil {
		return err
	}
	entries := make([]pack.Entry, 0, len(paths))
	count := 0 // of objects to process; what follows counts as ten more
	if !scripted {
		for _, p := range paths {
			entries = append(entries, pack.Entry{Path: p, Name: filepath.Base(p)})
		}
	} else {
		dir, err := s.WorkDir("submit*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		count = len(paths)
		if entries, err = s.processed(ctx, job, paths, script, dir); err != nil {
			return err
		}
	}
	slices.SortFunc(entries, func(a, b pack.Entry) int { return strings.Compare(a.Name, b.Name) })
	job.At(count+1, count+10)
	defer job.At(count+9, count+10)
	s.SetStatus("Zipping processed images")
	if err := pack.Write(ctx, target, entries, s.Console.Output()); err != nil {
		oplog.SubmitZipFailed(s.Console)
		return err
	}
	job.At(count+5, count+10)
	if scripted {
		s.SetStatus("Deleting processed images")
	}
	return nil
}

// processed runs a script on copies of objects and writes those that it does not
// reject below dir, named by their SOP instance UID.
func (s *Submitter) processed(ctx context.Context, job *site.Job, paths []string, script, dir string) ([]pack.Entry, error) {
	caller := &rules.Party{CallingAE: "submit", CalledAE: "submit", Variables: &scripting.Vars{}, State: &luabind.Session{}}
	defer caller.State.Close()
	var entries []pack.Entry
	for i, p := range paths {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.SetStatus("Processing image %d of %d", i, len(paths))
		job.At(i+1, len(paths)+10)
		name, err := s.processOne(ctx, p, script, dir, caller)
		if err != nil {
			return nil, err
		}
		if name != "" {
			entries = append(entries, pack.Entry{Path: filepath.Join(dir, name), Name: name})
		}
	}
	return entries, nil
}

// processOne runs a script on a copy of an object and writes it below dir; no name
// when it is not to be sent.
func (s *Submitter) processOne(ctx context.Context, path, script, dir string, caller rules.Caller) (name string, err error) {
	ctx, done := s.Work(ctx, "object")
	defer done()
	ds, err := s.ReadFile(ctx, path)
	if err != nil {
		oplog.SubmitReadFailed(s.Console)
		return "", nil
	}
	out := s.Rules.Script(ctx, s.Live.Current(), script, rules.Request{Object: ds, Caller: caller})
	if out.Action == rules.Destroy || out.Action == rules.Reject {
		return "", nil
	}
	name = storage.Harmless(ds.String(dicom.SOPInstanceUID)) + ".dcm"
	return name, s.WriteObject(filepath.Join(dir, name), ds)
}

func (s *Submitter) runTool(ctx context.Context, name string, args ...string) error {
	s.Did(site.DidProgram, "", "", name+" "+strings.Join(args, " "))
	if s.Rehearsal() != "" {
		return nil
	}
	cmd := pack.Tool(ctx, name, args...)
	out := s.Console.Output()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	return nil
}

var errUpload = errors.New("archive not uploaded")

// Send makes an archive and uploads it; one that could not be uploaded
// stays in the folder of temporary files.
func (s *Submitter) Send(ctx context.Context, keys *dicom.Dataset, script string, upload func(archive string) error) error {
	s.SetStatus("Starting submission")
	dir := s.TempDir(s.Live.Current())
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	archive := filepath.Join(dir, s.UIDs.New(site.UIDGeneral)+".zip")
	if err := s.Pack(ctx, keys, true, script, archive); err != nil {
		return err
	}
	s.SetStatus("Starting upload")
	if err := upload(archive); err != nil {
		oplog.SubmitUploadFailed(s.Console)
		s.SetStatus("*** Failed uploading archive to submit")
		oplog.DebugProblem(s.Console, err)
		return errUpload
	}
	s.SetStatus("")
	return os.Remove(archive)
}
