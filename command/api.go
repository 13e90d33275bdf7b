package command

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// runAPI makes a call of the REST interface, "PATH", "POST PATH" or "PUT PATH BODY";
// its answer is the JSON of the interface.
func runAPI(ctx context.Context, c *call) ([]byte, error) {
	if c.s.API == nil {
		return nil, errors.New("no server is running here")
	}
	if c.caller != nil && !c.caller.Administrator() {
		return nil, errors.New("the caller is no administrator")
	}
	method, rest := http.MethodGet, c.arg
	if word, after, ok := strings.Cut(c.arg, " "); ok && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		method, rest = word, after
	}
	path, body, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(path, "/") {
		return nil, errors.New("a path begins with a slash")
	}
	return c.s.API(ctx, method, path, []byte(body)), nil
}
