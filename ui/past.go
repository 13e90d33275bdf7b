package ui

import (
	"net/http"
	"strings"
)

// deedsData is what the page of undo shows.
type deedsData struct {
	Deeds  []Deed
	Kept   bool
	Done   bool // something was just deleted
	Undone *Undone
}

func (h *Handler) deeds(w http.ResponseWriter, r *http.Request) { h.showDeeds(w, r, nil) }

func (h *Handler) showDeeds(w http.ResponseWriter, r *http.Request, u *Undone) {
	list, kept, err := h.site.Deeds()
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, "undo", "Undo", deedsData{list, kept, r.URL.Query().Get("done") != "", u})
}

func (h *Handler) undo(w http.ResponseWriter, r *http.Request) {
	u, err := h.site.Undo(r.Context(), strings.TrimSpace(r.FormValue("id")))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.showDeeds(w, r, &u)
}

// life shows what happened to an object, a series or a study.
func (h *Handler) life(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	list, on, err := h.site.Life(r.Context(), uid)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, "life", "Life line", struct {
		UID    string
		Events []LifeEvent
		On     bool
	}{uid, list, on})
}
