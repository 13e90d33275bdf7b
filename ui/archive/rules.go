package archive

import (
	"context"
	"os"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/ui"
)

// Explain tells what the rules would do with an object: those that stand, or those
// of a scratch copy of dicom.ini, which is never written.
func (a *Archive) Explain(ctx context.Context, d *dicom.Dataset, calling, rules string) (string, []ui.Finding, error) {
	if rules == "" {
		return a.PACS.Explain(ctx, d, calling, ""), nil, nil
	}
	loc := a.PACS.Live.Location()
	text, err := os.ReadFile(loc.Path)
	if err != nil {
		return "", nil, err
	}
	changed := ui.ReplaceRules(string(text), rules)
	scratch, err := dicomini.Load(loc, dicomini.ParseFile(loc.Path, []byte(changed)))
	if err != nil {
		return "", nil, err
	}
	return a.PACS.ExplainBy(ctx, scratch, d, calling, ""), findings(a.Lint(scratch)), nil
}
