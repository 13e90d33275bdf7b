package ui

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"conquest/dicom"
	"conquest/web"
)

// rulesData is what the rules laboratory shows.
type rulesData struct {
	Rules    string // as they stand
	Changed  string // as they are tried
	UID      string
	Calling  string
	Findings []Finding // of the rules that are tried
	Now      []explained
	Then     []explained // by the changed rules; nil when nothing was changed
	Problem  string
	Tried    bool
}

// explained is a line of what is told of the rules.
type explained struct {
	Text   string
	Differ bool // only on this side
}

// mostUpload bounds an object that is tried, in bytes.
const mostUpload = 64 << 20

func (h *Handler) rules(w http.ResponseWriter, r *http.Request) {
	c, err := h.site.Config()
	if err != nil {
		h.fail(w, r, err)
		return
	}
	d := rulesData{Rules: RuleLines(c.Text), UID: r.URL.Query().Get("sop")}
	d.Changed = d.Rules
	for _, f := range c.Findings {
		if f.Severity != "hint" {
			d.Findings = append(d.Findings, f)
		}
	}
	h.show(w, r, "rules", "Rules", d)
}

// tryRules tells what the rules do with an object, and what changed rules would do
// with it. Nothing is stored, sent or written.
func (h *Handler) tryRules(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostUpload+1<<20)
	if err := r.ParseMultipartForm(8 << 20); err != nil {
		web.Problem(w, r, http.StatusBadRequest, "the form can not be read, or the object is larger than 64 MB")
		return
	}
	defer r.MultipartForm.RemoveAll()
	c, err := h.site.Config()
	if err != nil {
		h.fail(w, r, err)
		return
	}
	d := rulesData{Rules: RuleLines(c.Text), Changed: strings.ReplaceAll(r.FormValue("rules"), "\r\n", "\n"), UID: strings.TrimSpace(r.FormValue("sop")), Calling: strings.TrimSpace(r.FormValue("calling")), Tried: true}
	ds, err := h.object(r, d.UID)
	if err == nil {
		err = h.explain(r, &d, ds)
	}
	if err != nil {
		d.Problem = err.Error()
	}
	h.show(w, r, "rules", "Rules", d)
}

func (h *Handler) explain(r *http.Request, d *rulesData, ds *dicom.Dataset) error {
	now, _, err := h.site.Explain(r.Context(), ds, d.Calling, "")
	if err != nil {
		return err
	}
	then := now
	changed := strings.TrimSpace(d.Changed) != strings.TrimSpace(d.Rules)
	if changed {
		var findings []Finding
		if then, findings, err = h.site.Explain(r.Context(), ds, d.Calling, d.Changed+"\n"); err != nil {
			return err
		}
		for _, f := range findings {
			if f.Severity != "hint" {
				d.Findings = append(d.Findings, f)
			}
		}
		d.Then = onlyIn(then, now)
	}
	d.Now = onlyIn(now, then)
	return nil
}

// onlyIn are the lines of a text, with those marked that the other has not.
func onlyIn(text, other string) []explained {
	left := map[string]int{}
	for line := range strings.Lines(other) {
		left[strings.TrimSpace(line)]++
	}
	var list []explained
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		key := strings.TrimSpace(line)
		list = append(list, explained{line, left[key] == 0})
		left[key]--
	}
	return list
}

var errNoObject = errors.New("choose a file, or name a stored object by its SOP instance UID")

// object is the one that is tried: uploaded, or stored.
func (h *Handler) object(r *http.Request, uid string) (*dicom.Dataset, error) {
	f, head, err := r.FormFile("file")
	if err == nil && head.Size > 0 {
		defer f.Close()
		data, err := io.ReadAll(f)
		if err != nil {
			return nil, err
		}
		return dicom.ParsePart10(data, dicom.ParseOptions{})
	}
	if uid == "" {
		return nil, errNoObject
	}
	var kept *dicom.Dataset
	err = h.site.Object(r.Context(), "", "", uid, func(d *dicom.Dataset, _ Instance) error {
		kept = d.Clone()
		return nil
	})
	return kept, err
}
