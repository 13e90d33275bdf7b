package pacs

import (
	"context"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/rules"
	"conquest/storage"
)

// Explain tells what the rules would do with an object that arrives, without doing
// it. called is this server where it is empty.
func (s *PACS) Explain(ctx context.Context, ds *dicom.Dataset, calling, called string) string {
	return s.ExplainBy(ctx, s.Live.Current(), ds, calling, called)
}

// ExplainBy is Explain with the rules of another configuration.
func (s *PACS) ExplainBy(ctx context.Context, cfg *dicomini.Config, ds *dicom.Dataset, calling, called string) string {
	if called == "" {
		called = cfg.MyACRNema
	}
	return s.Rules.Explain(ctx, cfg, ds, calling, called, &placer{s, cfg, calling, called})
}

// placer tells where objects would be stored.
type placer struct {
	s               *PACS
	cfg             *dicomini.Config
	calling, called string
}

func (p *placer) Place(d *dicom.Dataset, preferred string) (device, file string, err error) {
	name, err := p.s.ObjectName(rules.Request{Object: d, Caller: &rules.Party{CallingAE: p.calling, CalledAE: p.called}})
	if err != nil {
		return "", "", err
	}
	choice, err := storage.NewDevices(p.cfg.Storage).Choose(preferred, true)
	if err != nil {
		return "", "", err
	}
	return choice.Device, choice.Dir + name, nil
}
