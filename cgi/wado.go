package cgi

import (
	"context"
	"strings"
)

// wado hands the request to the server, whose answer has the header already. How
// to anonymize is part of a script there, and may not become another one.
func (p *page) wado(ctx context.Context) {
	if strings.ContainsAny(p.value("anonymize", ""), ";\"'()%\r\n") {
		p.refuse(errForbidden)
		return
	}
	p.pass(ctx, "wadoparse:"+p.query)
}
