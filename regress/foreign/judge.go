package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
)

// judge has dcmtk, gdcm and pydicom look at what came, in one run of Python.
func judge(ctx context.Context, trips []*trip) error {
	type work struct {
		ID                             int
		Original, Back, Plain, Picture string
		Coded                          map[string]string
	}
	var in bytes.Buffer
	for i, t := range trips {
		if t.back == "" {
			continue
		}
		line, err := json.Marshal(work{i, t.path, t.back, t.plain, t.picture, t.coded})
		if err != nil {
			return err
		}
		in.Write(append(line, '\n'))
	}
	if in.Len() == 0 {
		return nil
	}
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", "-c", judges)
	cmd.Stdin = &in
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the judges (python3-pydicom, python3-gdcm, dcmtk): %w\n%s", err, complaint.Bytes())
	}
	for line := range bytes.Lines(out) {
		var said struct {
			ID     int
			Judged map[string]string
		}
		if err := json.Unmarshal(line, &said); err != nil {
			return fmt.Errorf("the judges say %q: %w", line, err)
		}
		t := trips[said.ID]
		t.judged = said.Judged
		for who, what := range said.Judged {
			if what != "ok" && what != "-" {
				t.wrong("%s: %s", who, what)
			}
		}
	}
	return nil
}

//go:embed judge.py
var judges string
