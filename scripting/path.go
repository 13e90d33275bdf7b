package scripting

import (
	"context"

	"conquest/attribute"
)

// Value is the text of the element described at the beginning of spec, as after
// %V, and how much of spec the description is. It serves file name syntaxes.
func Value(ctx context.Context, r *Run, spec string) (text string, n int) {
	p, n := attribute.ParsePath(spec)
	x := exec{run: r, env: r.Env, ctx: ctx}
	text, rest := x.search(p)
	return text, n - len(rest)
}
