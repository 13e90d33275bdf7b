package ui

import "net/http"

func (h *Handler) queues(w http.ResponseWriter, r *http.Request) {
	lines, err := h.site.Queues(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	letters, err := h.site.Letters(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, "queues", "Queues", struct {
		Lines   []QueueLine
		Letters []Letter
	}{lines, letters})
}

// queueActions are what may be asked of a queue or a letter.
var queueActions = map[string]bool{"retry": true, "pause": true, "resume": true, "drop": true}

func (h *Handler) queueAction(w http.ResponseWriter, r *http.Request) {
	action := r.FormValue("action")
	if !queueActions[action] {
		http.Redirect(w, r, "/ui/queues", http.StatusSeeOther)
		return
	}
	if err := h.site.QueueAction(r.Context(), action, r.FormValue("kind"), r.FormValue("name")); err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/ui/queues", http.StatusSeeOther)
}
