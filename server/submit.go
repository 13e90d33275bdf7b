package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"conquest/cformat"
	"conquest/dicom"
	"conquest/luabind"
	"conquest/pacs/pack"
	"conquest/queue"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// setStatus sets what status_string answers.
func (s *Server) setStatus(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	s.statusString.Store(&text)
}

// selection parts "PATIENT,STUDY,SERIES,SOP,..." into keys, as far as they are
// there, and at most n further parts, the first of which may be missing.
func selection(arg string, n int) (keys *dicom.Dataset, rest []string) {
	f := strings.SplitN(arg, ",", 4+n)
	keys = dicom.NewDataset(8)
	for i, t := range []dicom.Tag{dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID} {
		if i < len(f) {
			keys.SetString(t, f[i])
		}
	}
	if len(f) < 5 {
		return keys, []string{""}
	}
	return keys, f[4:]
}

func runExport(ctx context.Context, c *commandCall) ([]byte, error) {
	s := c.s
	keys, rest := selection(c.arg, 2)
	script := ""
	if len(rest) > 1 {
		script = rest[1]
	}
	s.setStatus("Starting submission")
	target := rest[0]
	answer := target == "" || target == "cgi" || target == "binary"
	if answer {
		dir, err := s.workDir("export*")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		target = filepath.Join(dir, "export.zip")
	}
	if err := s.pack(ctx, keys, script != "", script, target); err != nil || !answer {
		return nil, err
	}
	content, err := os.ReadFile(target)
	if err != nil || rest[0] == "binary" {
		return content, err
	}
	name, _, _ := strings.Cut(c.arg, ",")
	return withHeader("application/zip", strings.NewReplacer(`"`, "_", "\n", "_", "\r", "_").Replace(name)+".zip", content), nil
}

// workDir makes a folder for temporary files.
func (s *Server) workDir(pattern string) (string, error) {
	parent := s.tempDir(s.live.Current())
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, pattern)
}

// pack writes what keys select to an archive: the stored files or, when
// scripted, copies on which the script has worked.
func (s *Server) pack(ctx context.Context, keys *dicom.Dataset, scripted bool, script, target string) error {
	job := s.startJob(ctx, "export")
	defer job.endExport()
	paths, err := s.imageFiles(ctx, s.live.Current(), keys)
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
		dir, err := s.workDir("submit*")
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
	job.at(count+1, count+10)
	defer job.at(count+9, count+10)
	s.setStatus("Zipping processed images")
	if err := pack.Write(ctx, target, entries, s.con.Output()); err != nil {
		s.con.Operator("*** Failed zipping archive to submit/export")
		return err
	}
	job.at(count+5, count+10)
	if scripted {
		s.setStatus("Deleting processed images")
	}
	return nil
}

// processed runs a script on copies of objects and writes those that it does not
// reject below dir, named by their SOP instance UID.
func (s *Server) processed(ctx context.Context, job *job, paths []string, script, dir string) ([]pack.Entry, error) {
	cfg := s.live.Current()
	caller := &rules.Party{CallingAE: "submit", CalledAE: "submit", Variables: &scripting.Vars{}, State: &luabind.Session{}}
	defer caller.State.Close()
	var entries []pack.Entry
	for i, p := range paths {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.setStatus("Processing image %d of %d", i, len(paths))
		job.at(i+1, len(paths)+10)
		ds, err := s.loadFile(p)
		if err != nil {
			s.con.Operator("*** Failed to read DICOM image to process before submit")
			continue
		}
		out := s.rules.Script(ctx, cfg, script, rules.Request{Object: ds, Caller: caller})
		if out.Action == rules.Destroy || out.Action == rules.Reject {
			continue
		}
		name := storage.Harmless(ds.String(dicom.SOPInstanceUID)) + ".dcm"
		if err := s.writeObject(filepath.Join(dir, name), ds); err != nil {
			return nil, err
		}
		entries = append(entries, pack.Entry{Path: filepath.Join(dir, name), Name: name})
	}
	return entries, nil
}

// defaultSubmitScript works on submitted objects when no script is given.
const defaultSubmitScript = "call submit.cq"

func runSubmit(ctx context.Context, c *commandCall) ([]byte, error) {
	return nil, c.submit(ctx, func(archive, target, password string) error {
		return c.s.pscp(ctx, archive, target, password)
	})
}

func runSubmit2(ctx context.Context, c *commandCall) ([]byte, error) {
	return nil, c.submit(ctx, func(archive, target, command string) error {
		line, err := scripting.UploadCommand(command, archive, target)
		if err != nil {
			return err
		}
		return runShell(ctx, c.s.con, line)
	})
}

func (s *Server) runTool(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	out := s.con.Output()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	return nil
}

func (c *commandCall) submit(ctx context.Context, upload func(archive, target, how string) error) error {
	keys, rest := selection(c.arg, 3)
	if rest[0] == "" {
		return nil // nowhere to send it
	}
	how, script := "", defaultSubmitScript
	if len(rest) > 1 {
		how = rest[1]
	}
	if len(rest) > 2 {
		script = rest[2]
	}
	return c.s.sendArchive(ctx, keys, script, func(archive string) error { return upload(archive, rest[0], how) })
}

var errUpload = errors.New("archive not uploaded")

// sendArchive makes an archive and uploads it; one that could not be uploaded
// stays in the folder of temporary files.
func (s *Server) sendArchive(ctx context.Context, keys *dicom.Dataset, script string, upload func(archive string) error) error {
	s.setStatus("Starting submission")
	dir := s.tempDir(s.live.Current())
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	archive := filepath.Join(dir, s.uids.make(uidGeneral)+".zip")
	if err := s.pack(ctx, keys, true, script, archive); err != nil {
		return err
	}
	s.setStatus("Starting upload")
	if err := upload(archive); err != nil {
		s.con.Operator("*** Failed uploading archive to submit")
		s.setStatus("*** Failed uploading archive to submit")
		s.con.Debug("%v", err)
		return errUpload
	}
	s.setStatus("")
	return os.Remove(archive)
}

// delayedSubmit carries out the delayed commands submit and submit2, which are
// not tried again.
func (s *Server) delayedSubmit(ctx context.Context, d scripting.Delayed) queue.Outcome {
	keys := dicom.NewDataset(8)
	for _, k := range []struct {
		tag   dicom.Tag
		value string
	}{
		{dicom.PatientID, d.PatientID}, {dicom.StudyInstanceUID, d.StudyUID},
		{dicom.SeriesInstanceUID, d.SeriesUID}, {dicom.SOPInstanceUID, d.SOP},
	} {
		if k.value != "" {
			keys.SetString(k.tag, k.value)
		}
	}
	err := s.sendArchive(ctx, keys, d.Script, func(archive string) error {
		if d.Verb == "submit" {
			return s.pscp(ctx, archive, d.Target, d.Password)
		}
		return runShell(ctx, s.con, cformat.Sprintf(d.Upload, archive, d.Target))
	})
	if err != nil {
		s.con.Event("*** delayed submit failed", "patient", d.PatientID, "error", err)
	}
	return queue.Done
}
