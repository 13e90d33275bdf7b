package archive

import (
	"context"

	"conquest/api"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/browse"
	"conquest/scripting"
)

type config = dicomini.Config

// Rules are the converters, by kind.
func (a *Archive) Rules() []api.Rule {
	cfg := a.PACS.Live.Current()
	path := a.PACS.Live.Location().Path
	all := a.LintConfig()
	var list []api.Rule
	for _, kind := range scripting.Kinds() {
		for _, c := range cfg.Converters(kind.Name()) {
			r := api.Rule{Name: c.Key(), Line: c.Line, Text: c.Text, Lua: c.Lua, Findings: []api.Finding{}}
			for _, f := range all {
				if f.Line == c.Line && c.Line > 0 && f.File == path {
					r.Findings = append(r.Findings, f)
				}
			}
			list = append(list, r)
		}
	}
	return list
}

// ExplainRules tells what the rules of a text would do with an object.
func (a *Archive) ExplainRules(ctx context.Context, text string, p api.Place, calling string) (out string, err error) {
	cfg := a.PACS.Live.Current()
	if text != "" {
		raw, err := a.file("config").Bytes(text)
		if err != nil {
			return "", api.Invalid("%v", err)
		}
		if cfg, err = a.ConfigOf(raw); err != nil {
			return "", api.Invalid("%v", err)
		}
	}
	refs, err := a.PACS.Browse.Refs(ctx, browse.Place{Study: p.Study, Series: p.Series, SOP: p.Instance})
	if err != nil {
		return "", known(err)
	}
	r := refs[0]
	err = a.PACS.Browse.Object(ctx, r.StudyInstanceUID, r.SeriesInstanceUID, r.SOPInstanceUID, func(d *dicom.Dataset, _ browse.Instance) error {
		out = a.PACS.ExplainBy(ctx, cfg, d, calling, "")
		return nil
	})
	return out, known(err)
}
