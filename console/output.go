package console

import (
	"io"
	"strings"
)

// Output takes the output of programs that the server runs: it is told on the
// debug channel.
func (c *Console) Output() io.Writer { return output{c} }

type output struct{ c *Console }

func (o output) Write(p []byte) (int, error) {
	if text := strings.TrimRight(string(p), "\n"); text != "" {
		o.c.Debug("%s", text)
	}
	return len(p), nil
}
