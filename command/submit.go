package command

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"conquest/dicom"
	"conquest/scripting"
)

// selection makes keys of "PATIENT,STUDY,SERIES,SOP,...", as far as they are there.
func (c *call) selection() *dicom.Dataset {
	keys := dicom.NewDataset(8)
	for i, t := range []dicom.Tag{dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID} {
		if c.has(i) {
			keys.SetString(t, c.field(i))
		}
	}
	return keys
}

func runExport(ctx context.Context, c *call) ([]byte, error) {
	s := c.s
	keys, file, script := c.selection(), c.field(4), c.field(5)
	s.SetStatus("Starting submission")
	target := file
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
	if err != nil || file == "binary" {
		return content, err
	}
	return withHeader("application/zip", strings.NewReplacer(`"`, "_", "\n", "_", "\r", "_").Replace(c.field(0))+".zip", content), nil
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
	target, how, script := c.field(4), c.field(5), defaultSubmitScript
	if target == "" {
		return nil // nowhere to send it
	}
	if c.has(6) {
		script = c.field(6)
	}
	return c.s.Submit.Send(ctx, c.selection(), script, func(archive string) error { return upload(archive, target, how) })
}

// defaultSubmitScript works on submitted objects when no script is given.
const defaultSubmitScript = "call submit.cq"
