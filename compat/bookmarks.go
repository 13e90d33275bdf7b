package compat

import (
	"net/http"
	"net/url"
	"strings"

	"conquest/web"
)

// bookmark turns an address of the original's pages to that of the same thing.
func (c *compat) bookmark(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet) {
		return
	}
	q := r.URL.Query()
	to := ""
	switch mode := q.Get("mode"); mode {
	case "", "top", "start":
		to = "/ui"
	case "listpatients", "liststudies", "querypatients", "querystudies", "listtrials", "listtrialpatients":
		to = "/ui/studies" + matchesOf(q)
	case "studyviewer", "wadostudyviewer", "listseries", "queryseries":
		to = studyPage(lastPart(q.Get("study")))
	case "seriesviewer", "wadoseriesviewer", "serversideviewer", "listimages", "listimageswiththumbs":
		to = c.seriesPage(r, lastPart(q.Get("series")), lastPart(q.Get("study")))
	case "queryworklist":
		to = "/ui"
	}
	if to == "" {
		web.Problem(w, r, http.StatusNotFound, "this page of the original is served when HTTPCompat names the folder of the site's pages")
		return
	}
	http.Redirect(w, r, c.Origin(r)+to, http.StatusFound)
}

// matchesOf is the search of today for the match fields of the original.
func matchesOf(q url.Values) string {
	to := url.Values{}
	for old, name := range map[string]string{"patientidmatch": "patient", "patientnamematch": "q", "studydatematch": "date"} {
		if v := q.Get(old); v != "" {
			to.Set(name, v)
		}
	}
	// Clauses of links: query=patientid = 'X'.
	if _, after, ok := strings.Cut(strings.ToLower(q.Get("query")), "patientid"); ok {
		at := len(q.Get("query")) - len(after)
		if parts := strings.SplitN(q.Get("query")[at:], "'", 3); len(parts) == 3 && to.Get("patient") == "" {
			to.Set("patient", parts[1])
		}
	}
	if len(to) == 0 {
		return ""
	}
	return "?" + to.Encode()
}

// lastPart is the UID of PATIENT:UID.
func lastPart(s string) string { return s[strings.LastIndexByte(s, ':')+1:] }

func studyPage(study string) string {
	if study == "" {
		return "/ui/studies"
	}
	if !validUIDs(study) {
		return ""
	}
	return "/ui/studies/" + study
}

// seriesPage is the page of a series, or of its study when only that is known.
func (c *compat) seriesPage(r *http.Request, series, study string) string {
	if series == "" || !validUIDs(series, study) {
		return studyPage(study)
	}
	study, err := c.Site.StudyOf(r.Context(), series)
	if err != nil || study == "" {
		return "/ui/studies"
	}
	return "/ui/studies/" + study + "/series/" + series
}
