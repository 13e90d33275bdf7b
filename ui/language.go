package ui

import (
	"embed"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

//go:embed messages
var messageFiles embed.FS

// messages are the texts of a language by their English form.
var messages = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, lang := range []string{"de"} {
		data, err := messageFiles.ReadFile("messages/" + lang + ".json")
		if err != nil {
			continue
		}
		var m map[string]string
		if json.Unmarshal(data, &m) == nil {
			all[lang] = m
		}
	}
	return all
})

// language is that of a request: what the reader chose, else what the browser
// asks for, among English and German.
func language(r *http.Request) string {
	if c, err := r.Cookie("dgate_lang"); err == nil && (c.Value == "de" || c.Value == "en") {
		return c.Value
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base {
		case "de", "en":
			return base
		}
	}
	return "en"
}

// translator gives the text of a language for an English one, which stands for
// itself where a translation is missing.
func translator(lang string) func(string) string {
	m := messages()[lang]
	return func(s string) string {
		if t, ok := m[s]; ok {
			return t
		}
		return s
	}
}
