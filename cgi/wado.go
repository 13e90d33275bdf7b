package cgi

import (
	"context"
	"strings"
)

// wado hands the request to the server, whose answer has the header already. How
// to anonymize is part of a script there, and may not become another one: what is
// looked at is the query that the server gets, whatever else was posted.
func (p *page) wado(ctx context.Context) {
	for part := range strings.SplitSeq(p.query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(decode(name), "anonymize") && (strings.ContainsAny(decode(value), noScript) || strings.ContainsAny(decode(decode(value)), noScript)) {
			p.refuse(errForbidden)
			return
		}
	}
	p.pass(ctx, "wadoparse:"+p.query)
}

// noScript are characters that end an argument of a script or begin another one.
const noScript = ";\"'()%\r\n"
