package ui

import (
	"net/http"
	"strconv"
	"strings"
)

// rowsAtOnce is how many studies a page has before one scrolls.
const rowsAtOnce = 50

type studiesData struct {
	StudiesPage
	Query StudiesQuery
	Next  string // address of the further rows
	First bool   // an empty server that has never been asked anything
	AE    string
	Port  string
	Host  string
}

func (h *Handler) studies(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	q := StudiesQuery{
		Text: strings.TrimSpace(v.Get("q")), Patient: strings.TrimSpace(v.Get("patient")), Date: strings.TrimSpace(v.Get("date")),
		Modality: strings.TrimSpace(v.Get("modality")), Limit: rowsAtOnce,
	}
	if n, err := strconv.Atoi(v.Get("offset")); err == nil && n > 0 {
		q.Offset = n
	}
	found, err := h.site.Studies(r.Context(), q)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	d := studiesData{StudiesPage: found, Query: q, AE: h.site.Name()}
	if found.More {
		v.Set("offset", strconv.Itoa(q.Offset+len(found.Studies)))
		d.Next = "/ui/studies?" + v.Encode()
	}
	if len(found.Studies) == 0 && q.Text+q.Patient+q.Date+q.Modality == "" && q.Offset == 0 {
		d.First = true
		d.Host, _, _ = strings.Cut(r.Host, ":")
		if s, err := h.site.Status(r.Context()); err == nil {
			d.Port = s.Port
		}
	}
	h.show(w, r, "studies", "Studies", d)
}

func (h *Handler) study(w http.ResponseWriter, r *http.Request) {
	s, err := h.site.Study(r.Context(), r.PathValue("study"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	aes, err := h.site.AEs()
	if err != nil {
		aes = nil // the page is of use without
	}
	h.show(w, r, "study", "Study", struct {
		*Study
		AEs []AE
	}{s, aes})
}

func (h *Handler) series(w http.ResponseWriter, r *http.Request) {
	study, err := h.site.Study(r.Context(), r.PathValue("study"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	for _, s := range study.SeriesList {
		if s.SeriesUID != r.PathValue("series") {
			continue
		}
		list, err := h.site.Instances(r.Context(), study.StudyUID, s.SeriesUID)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		h.show(w, r, "series", "Series", struct {
			*Study
			Series    Series
			Instances []Instance
		}{study, s, list})
		return
	}
	h.fail(w, r, ErrNotFound)
}

func (h *Handler) viewer(w http.ResponseWriter, r *http.Request) {
	s, err := h.site.Study(r.Context(), r.PathValue("study"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, "viewer", "Viewer", s)
}

func (h *Handler) upload(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, "upload", "Upload", nil)
}

// remove deletes a study or a series of it.
func (h *Handler) remove(w http.ResponseWriter, r *http.Request) {
	study, series := r.PathValue("study"), r.FormValue("series")
	if _, err := h.site.Delete(r.Context(), study, series); err != nil {
		h.fail(w, r, err)
		return
	}
	to := "/ui"
	if _, kept, err := h.site.Deeds(); kept && err == nil {
		to = "/ui/undo?done=deleted"
	} else if series != "" {
		to = "/ui/studies/" + study
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
