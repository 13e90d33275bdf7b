package ui

import "net/http"

// users shows accounts, sessions and tokens, which its script asks the REST
// interface for.
func (h *Handler) users(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, "users", "Users", struct{ Logins bool }{h.opt.Logins})
}
