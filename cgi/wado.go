package cgi

import (
	"context"
	"net/url"
	"strings"
)

// wado hands the request to the server, whose answer has the header already. How
// to anonymize is part of a script there, and may not become another one: what is
// looked at is the query that the server gets, whatever else was posted.
func (p *page) wado(ctx context.Context) {
	for part := range strings.SplitSeq(p.query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(decode(name), "anonymize") && !plainArgument(value) {
			p.refuse(errForbidden)
			return
		}
	}
	p.pass(ctx, "wadoparse:"+p.query)
}

// plainArgument tells whether a value of a query stays one argument of a script,
// decoded strictly as by the server, and once more.
func plainArgument(value string) bool {
	for range 2 {
		decoded, err := url.QueryUnescape(value)
		if err != nil || strings.ContainsFunc(decoded, endsArgument) {
			return false
		}
		value = decoded
	}
	return true
}

func endsArgument(r rune) bool { return r < ' ' || strings.ContainsRune(";\"'()%", r) }
