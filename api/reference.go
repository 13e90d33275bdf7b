package api

import (
	"fmt"
	"strings"
)

// Reference is the table of routes in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("| Call | Role | What it does |\n|---|---|---|\n")
	for _, r := range Routes {
		role := r.Role.String()
		if r.Changes {
			role += " *"
		}
		fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", r.Method, r.Path, role, r.Text)
	}
	return b.String()
}
