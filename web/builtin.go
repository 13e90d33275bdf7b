package web

import "context"

// builtin answers a mode that needs no page of the site.
func (p *page) builtin(ctx context.Context, fallback string) bool {
	return false
}
