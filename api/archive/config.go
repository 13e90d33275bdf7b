package archive

import (
	"errors"
	"time"

	"conquest/api"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/pacs/edited"
)

// file is one of the files that can be edited.
func (a *Archive) file(name string) edited.File {
	if name == "aes" {
		return edited.File{Path: a.PACS.Live.Current().ACRNemaMap}
	}
	return edited.File{Path: a.PACS.Live.Location().Path}
}

func editError(err error) error {
	switch {
	case errors.Is(err, edited.ErrChanged):
		return api.ErrChanged
	case errors.Is(err, edited.ErrNotFound):
		return api.ErrNotFound
	}
	return err
}

// ConfigText is a file with its tag.
func (a *Archive) ConfigText(name string) (text, tag string, err error) {
	t, err := a.file(name).Read()
	return t.Text, t.Tag, err
}

// CheckConfig tells what lint says of a text of dicom.ini.
func (a *Archive) CheckConfig(text string) ([]api.Finding, error) {
	raw, err := a.file("config").Bytes(text)
	if err != nil {
		return nil, api.Invalid("%v", err)
	}
	list, err := a.LintText(raw)
	if err != nil {
		return nil, api.Invalid("%v", err)
	}
	return findings(list), nil
}

// LintConfig tells what lint says of the configuration in use.
func (a *Archive) LintConfig() []api.Finding { return findings(a.Lint()) }

func findings(list []finding.Finding) []api.Finding {
	var all []api.Finding
	for _, f := range list {
		all = append(all, api.Finding{File: f.File, Line: f.Line, Severity: f.Severity.String(), Message: f.Message, Fix: f.Fix})
	}
	return all
}

// CheckAEs tells what is remarkable in a text of acrnema.map.
func (a *Archive) CheckAEs(text string) []api.Finding {
	var all []api.Finding
	for _, n := range dicomini.ParseAEMap([]byte(text)).Notes() {
		all = append(all, api.Finding{Line: n.Line, Severity: finding.Warning.String(), Message: n.Message, Fix: n.Fix})
	}
	return all
}

// ReplaceConfig writes a file that still has the tag.
func (a *Archive) ReplaceConfig(name, text, tag string) (string, error) {
	f := a.file(name)
	raw, err := f.Bytes(text)
	if err != nil {
		return "", api.Invalid("%v", err)
	}
	if err := f.Replace(raw, tag, time.Now()); err != nil {
		return "", editError(err)
	}
	a.PACS.Console.Event("file was changed by the REST interface, what it was is in the folder history", "file", f.Path)
	if name == "aes" {
		if err := a.PACS.AEs.Reload(f.Path); err != nil {
			return "", err
		}
	}
	now, err := f.Read()
	return now.Tag, err
}

// ConfigHistory are the versions that were replaced.
func (a *Archive) ConfigHistory(name string) ([]api.Version, error) {
	list, err := a.file(name).History()
	var all []api.Version
	for _, v := range list {
		all = append(all, api.Version(v))
	}
	return all, err
}

// ConfigVersion is what a file was.
func (a *Archive) ConfigVersion(name, id string) (string, error) {
	raw, err := a.file(name).Version(id)
	return edited.Decoded(raw), editError(err)
}
