package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"conquest/api"
	"conquest/console"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/group"
	"conquest/oplog"
	"conquest/pacs"
	"conquest/pacs/browse"
)

// Archive is a running server as the REST interface sees it.
type Archive struct {
	PACS  *pacs.PACS
	Build string
	// Ready tells why the server can not work; nil when it can.
	Ready func(context.Context) error
	// Recent are the last lines of the log.
	Recent *console.Recent
	// ConfigOf reads a text of dicom.ini, and LintText checks it, without their being in
	// use.
	ConfigOf func(text []byte) (*dicomini.Config, error)
	LintText func(text []byte) ([]finding.Finding, error)
	// Lint checks the configuration as it stands.
	Lint func() []finding.Finding

	streams group.Group
}

var (
	_ api.Server  = (*Archive)(nil)
	_ api.Studies = (*Archive)(nil)
	_ api.Queues  = (*Archive)(nil)
	_ api.Jobs    = (*Archive)(nil)
	_ api.Actions = (*Archive)(nil)
	_ api.Config  = (*Archive)(nil)
	_ api.AEs     = (*Archive)(nil)
	_ api.Rules   = (*Archive)(nil)
	_ api.Watch   = (*Archive)(nil)
)

// Services are all parts of the interface.
func (a *Archive) Services() api.Services {
	return api.Services{Server: a, Studies: a, Queues: a, Jobs: a, Actions: a, Config: a, AEs: a, Rules: a, Watch: a}
}

// known is an error in the words of the interface.
func known(err error) error {
	if errors.Is(err, browse.ErrNotFound) {
		return fmt.Errorf("%w: %w", api.ErrNotFound, err)
	}
	return err
}

// State is how the server is now.
func (a *Archive) State(ctx context.Context) (api.ServerState, error) {
	st, n := a.PACS.Browse.State(ctx), &a.PACS.Counters
	s := api.ServerState{
		Version: st.Version, Build: a.Build, AE: st.AE, Port: st.Port, Started: st.Started, Associations: st.Associations,
		Ready: true, Problems: []string{}, Database: api.Database{Type: st.Database}, Devices: []api.Device{},
		Counters: api.Counters{
			Associations: n.Associations.Load(), Received: n.Received.Load(), Saved: n.Saved.Load(), Sent: n.Sent.Load(), Forwarded: n.Forwarded.Load(),
			Echo: n.Echo.Load(), Find: n.Find.Load(), Move: n.Move.Load(), Get: n.Get.Load(),
		},
	}
	if st.Images >= 0 {
		s.Database.Rows = &api.Rows{Patients: st.Patients, Studies: st.Studies, Series: st.Series, Instances: st.Images}
	}
	for _, d := range st.Devices {
		s.Devices = append(s.Devices, api.Device{Name: d.Name, Folder: d.Place, Free: d.Free, Total: d.Total, Problem: d.Problem})
	}
	if a.PACS.Draining.Load() {
		s.Ready, s.Problems = false, append(s.Problems, "the server is being drained")
	}
	for _, f := range a.PACS.Examine(ctx) {
		s.Ready, s.Problems = false, append(s.Problems, f.String())
	}
	return s, nil
}

// Reload reads the configuration and the AE map again.
func (a *Archive) Reload(context.Context) error {
	cfg, err := a.PACS.Live.Reload()
	if err != nil {
		return api.Invalid("dicom.ini: %v", err)
	}
	if err := a.PACS.AEs.Reload(cfg.ACRNemaMap); err != nil {
		return api.Invalid("acrnema.map: %v", err)
	}
	oplog.ReadAgain(a.PACS.Console)
	return nil
}

// timeOf is a time for JSON, nil when there is none.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
