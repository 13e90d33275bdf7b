package server

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"conquest/console"
	"conquest/dicomweb"
	"conquest/web"
)

// accessed notes in the log of users what a web client saw, stored or deleted of a
// patient. Its lines have the form of those for associations.
func (s *Server) accessed(r *http.Request, a dicomweb.Access) {
	caller := web.CallerOf(r.Context())
	what := "HTTP " + a.Action
	for _, p := range []struct{ name, value string }{
		{"patient", a.Patient}, {"study", a.Study}, {"series", a.Series}, {"instance", a.Instance},
		{"count", fmt.Sprint(a.Count)}, {"from", caller.Address.String()},
	} {
		if p.value != "" {
			what += " " + p.name + " " + p.value
		}
	}
	s.Console.User(strings.ReplaceAll(console.Printable(what), `"`, "'"), cmp.Or(caller.User, "-"))
}
