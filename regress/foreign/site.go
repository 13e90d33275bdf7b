package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/regress/rig"
)

// site is a server in a folder of its own that keeps objects as they come and accepts
// every class and transfer syntax.
type site struct {
	dir     string
	port    int
	release func()
	process *rig.Process
}

func startSite() (*site, error) {
	binary, err := rig.Binary()
	if err != nil {
		return nil, err
	}
	s := &site{}
	if s.dir, err = os.MkdirTemp("", "foreign"); err != nil {
		return nil, err
	}
	if s.port, s.release, err = rig.Ports(); err != nil {
		return nil, err
	}
	ini := fmt.Sprintf("[sscscp]\nMicroPACS = sscscp\nMyACRNema = FOREIGN\nTCPPort = %d\nSQLServer = ./data/dbase/conquest.db3\nSQLite = 1\n"+
		"MAGDevices = 1\nMAGDevice0 = ./data/\nFileNameSyntax = 4\nIncomingCompression = as\nDroppedFileCompression = as\n", s.port)
	if err := os.MkdirAll(filepath.Join(s.dir, "data/dbase"), 0o777); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"dicom.ini": ini, "dgatesop.lst": "# everything\n"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	if err := os.Link(binary, filepath.Join(s.dir, "dgate")); err != nil {
		if err := os.Symlink(binary, filepath.Join(s.dir, "dgate")); err != nil {
			return nil, err
		}
	}
	if s.process, err = rig.Start(s.dir, filepath.Join(s.dir, "server.log"), binary, "-v", "-w"+s.dir); err != nil {
		return nil, err
	}
	echo := func() error {
		a, err := s.dial(nil, dimse.Verification)
		if err != nil {
			return err
		}
		defer a.Release(context.Background())
		return a.Echo(context.Background())
	}
	if !rig.Await(func() bool { return echo() == nil || !s.process.Running() }) || !s.process.Running() {
		text, _ := os.ReadFile(filepath.Join(s.dir, "server.log"))
		return nil, fmt.Errorf("the server does not start:\n%s", text)
	}
	return s, nil
}

func (s *site) stop() {
	s.process.Stop()
	s.release()
	os.RemoveAll(s.dir)
}

// command runs a server command.
func (s *site) command(text string) error {
	cmd := exec.Command("./dgate", text)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) > 0 && cmd.ProcessState.ExitCode() == 1 {
		return fmt.Errorf("%s: %s", text, out)
	}
	return nil
}

func (s *site) dial(syntaxes []string, classes ...string) (*dimse.Association, error) {
	r := dimse.Request{Calling: "FOREIGN", Called: "FOREIGN"}
	for _, c := range classes {
		pc := dimse.ContextRequest{AbstractSyntax: c}
		switch c {
		case dimse.Verification, dimse.StudyRootFind, dimse.StudyRootGet:
		default:
			pc.TransferSyntaxes = syntaxes
			r.Roles = append(r.Roles, dimse.RoleSelection{SOPClassUID: c, SCU: true, SCP: true})
		}
		r.Contexts = append(r.Contexts, pc)
	}
	return dimse.Dial(context.Background(), fmt.Sprintf("127.0.0.1:%d", s.port), r)
}

// store sends an object in its own syntax.
func (s *site) store(ctx context.Context, o *dicom.Dataset) error {
	class := o.String(dicom.SOPClassUID)
	a, err := s.dial([]string{o.TransferSyntax().UID}, class)
	if err != nil {
		return err
	}
	defer a.Release(ctx)
	_, err = a.Store(ctx, dimse.StoreRequest{SOPClassUID: class, SOPInstanceUID: o.String(dicom.SOPInstanceUID), Data: dimse.NewData(o)})
	return err
}

// find counts what a query at image level gives.
func (s *site) find(ctx context.Context, o *dicom.Dataset) (n int, err error) {
	a, err := s.dial(nil, dimse.StudyRootFind)
	if err != nil {
		return 0, err
	}
	defer a.Release(ctx)
	for _, err := range a.Find(ctx, dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: keys(o)}) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func keys(o *dicom.Dataset) *dicom.Dataset {
	k := dicom.NewDataset(4)
	k.SetString(dicom.QueryRetrieveLevel, "IMAGE")
	for _, t := range []dicom.Tag{dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID} {
		k.SetString(t, o.String(t))
	}
	return k
}

// get fetches an object in one syntax; nil without error when the server does not give
// it in that.
func (s *site) get(ctx context.Context, o *dicom.Dataset, syntax string) (got *dicom.Dataset, err error) {
	class := o.String(dicom.SOPClassUID)
	a, err := s.dial([]string{syntax}, dimse.StudyRootGet, class)
	if err != nil {
		return nil, err
	}
	defer a.Release(ctx)
	var bad error
	_, err = a.Get(ctx, dimse.Query{SOPClassUID: dimse.StudyRootGet, Identifier: keys(o)}, func(_ context.Context, m *dimse.Message) dimse.Status {
		if got, bad = m.Data.Dataset(dicom.ParseOptions{}); bad != nil {
			return dimse.CannotUnderstand
		}
		got = got.Clone()
		got.SetTransferSyntax(m.Context.TransferSyntax.UID)
		return dimse.Success
	}, func(*dimse.Command) {})
	if bad != nil {
		return nil, bad
	}
	if got != nil {
		err = nil
	}
	return got, err
}
