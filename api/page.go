package api

import (
	"embed"
	"mime"
	"net/http"
	"path"
)

//go:embed assets
var assets embed.FS

// pagePolicy lets the page load what comes from this server, and nothing else.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// page serves a page that shows the OpenAPI document to people; it needs no network
// besides this server.
func (h *Handler) page() {
	for pattern, name := range map[string]string{"": "page.html", "/page.js": "page.js", "/page.css": "page.css"} {
		h.mux.HandleFunc("GET "+Root+pattern, func(w http.ResponseWriter, _ *http.Request) {
			data, err := assets.ReadFile("assets/" + name)
			if err != nil {
				panic(err) // it is part of the program
			}
			w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
			w.Header().Set("Content-Security-Policy", pagePolicy)
			w.Header().Set("Cache-Control", "no-cache")
			w.Write(data)
		})
	}
}
