package cgi

import (
	"strings"

	"conquest/server"
)

// variable is a value that pages see by its name.
type variable struct {
	name  string
	value string
	// null tells that the environment has none.
	null bool
	// asked tells that the browser chose the value.
	asked bool
}

// variables are those of Lua pages. Text pages have the names that lists of
// them give.
func (p *page) variables() []variable {
	var v []variable
	own := func(name, value string) { v = append(v, variable{name: name, value: value}) }
	asked := func(name, value string) { v = append(v, variable{name: name, value: value, asked: true}) }
	environment := func(name, key string) {
		value, ok := p.getenv(key)
		v = append(v, variable{name: name, value: value, null: !ok, asked: true})
	}
	asked("query_string", p.query)
	environment("server_name", "SERVER_NAME")
	environment("script_name", "SCRIPT_NAME")
	environment("path_translated", "PATH_TRANSLATED")
	own("uploadedfile", p.upload)
	own("port", p.port)
	own("address", p.host)
	own("webcodebase", p.codeBase)
	own("webscriptadress", p.scriptAddress)
	own("webscriptaddress", p.scriptAddress)
	own("extra", p.extra)
	own("version", server.Version)
	own("mode", p.mode)
	patient := ""
	for _, name := range []string{"series", "slice", "study"} {
		value := p.value(name, "")
		asked(name, linked(value))
		asked(name+"2", value)
	}
	uid := map[string]string{}
	for _, name := range []string{"study", "series", "slice"} { // the last one gives the patient
		value := p.value(name, "")
		if i := strings.LastIndexByte(value, ':'); i >= 0 {
			patient, uid[name] = value[:i], value[i+1:]
		}
	}
	asked("patid", linked(patient))
	asked("patid2", patient)
	asked("seruid", uid["series"])
	asked("studyuid", uid["study"])
	asked("sopuid", uid["slice"])
	for _, w := range p.wishes() {
		asked(w[0], p.value(w[0], w[1]))
	}
	asked("lw", p.value("lw", "0/0"))
	asked("query", p.condition())
	asked("db", p.value("db", ""))
	asked("source", p.value("source", "(local)"))
	asked("dest", p.value("dest", ""))
	for _, m := range matches {
		asked(m.name, p.value(m.name, ""))
	}
	return v
}

// wishes are the variables that webdefaults gives values.
func (p *page) wishes() [][2]string {
	return [][2]string{
		{"size", p.size}, {"dsize", p.dsize}, {"compress", p.compress}, {"iconsize", p.iconSize},
		{"graphic", p.graphic}, {"viewer", p.viewer},
	}
}

// linked is a text as it stands in links.
func linked(s string) string { return strings.ReplaceAll(s, " ", "%20") }

// matches are the variables that select by part of a column.
var matches = []struct{ name, column string }{
	{"patientidmatch", "PatientID"}, {"patientnamematch", "PatientNam"},
	{"studydatematch", "StudyDate"}, {"startdatematch", "StartDate"},
}

// condition is the query with what the match variables add. A quote in those is
// a character like others.
func (p *page) condition() string {
	query := p.value("query", "")
	for _, m := range matches {
		text := p.value(m.name, "")
		if text == "" {
			continue
		}
		if query != "" {
			query += " and "
		}
		query += m.column + " like '%" + strings.ReplaceAll(text, "'", "''") + "%'"
	}
	return query
}
