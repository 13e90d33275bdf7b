package command

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"conquest/dicom"
	"conquest/scripting"
)

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

func runExport(ctx context.Context, c *call) ([]byte, error) {
	s := c.s
	keys, rest := selection(c.arg, 2)
	script := ""
	if len(rest) > 1 {
		script = rest[1]
	}
	s.SetStatus("Starting submission")
	target := rest[0]
	answer := target == "" || target == "cgi" || target == "binary"
	if answer {
		dir, err := s.WorkDir("export*")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		target = filepath.Join(dir, "export.zip")
	}
	if err := s.Submit.Pack(ctx, keys, script != "", script, target); err != nil || !answer {
		return nil, err
	}
	content, err := os.ReadFile(target)
	if err != nil || rest[0] == "binary" {
		return content, err
	}
	name, _, _ := strings.Cut(c.arg, ",")
	return withHeader("application/zip", strings.NewReplacer(`"`, "_", "\n", "_", "\r", "_").Replace(name)+".zip", content), nil
}

func runSubmit(ctx context.Context, c *call) ([]byte, error) {
	return nil, c.submit(ctx, func(archive, target, password string) error {
		return c.s.Submit.Pscp(ctx, archive, target, password)
	})
}

func runSubmit2(ctx context.Context, c *call) ([]byte, error) {
	return nil, c.submit(ctx, func(archive, target, command string) error {
		line, err := scripting.UploadCommand(command, archive, target)
		if err != nil {
			return err
		}
		return c.s.RunShell(ctx, line)
	})
}

func (c *call) submit(ctx context.Context, upload func(archive, target, how string) error) error {
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
	return c.s.Submit.Send(ctx, keys, script, func(archive string) error { return upload(archive, rest[0], how) })
}

// defaultSubmitScript works on submitted objects when no script is given.
const defaultSubmitScript = "call submit.cq"
