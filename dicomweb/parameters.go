package dicomweb

import (
	"net/http"
	"net/url"
	"strings"
)

// parameter is one of a query, decoded once.
type parameter struct{ name, value string }

// maxParameters bounds the parameters of a request.
const maxParameters = 4096

// parametersOf reads a query in its order. A plus is a blank. Escapes that are
// none are 400.
func parametersOf(query string) ([]parameter, error) {
	var list []parameter
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, err := url.QueryUnescape(name)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the name of a parameter has a percent sign without two digits")
		}
		v, err := url.QueryUnescape(value)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "parameter %.64q has a percent sign without two digits", n)
		}
		if strings.IndexFunc(v, func(c rune) bool { return c < ' ' }) >= 0 {
			return nil, refuse(http.StatusBadRequest, "parameter %.64q has control characters", n)
		}
		if len(list) == maxParameters {
			return nil, refuse(http.StatusBadRequest, "more than %d parameters", maxParameters)
		}
		list = append(list, parameter{n, v})
	}
	return list, nil
}

// queryValue is the first value of a parameter.
func queryValue(query, name string) (string, bool) {
	for part := range strings.SplitSeq(query, "&") {
		n, v, _ := strings.Cut(part, "=")
		if n != name {
			continue
		}
		v, err := url.QueryUnescape(v)
		return v, err == nil
	}
	return "", false
}

// validUID tells whether an address may have s as a UID: digits and dots. The
// archive knows whether there is such an object.
func validUID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
