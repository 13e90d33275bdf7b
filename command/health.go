package command

import (
	"context"
	"strings"
)

// HealthOK is the answer of a server that is in order.
const HealthOK = "ok"

func runHealth(ctx context.Context, c *call) ([]byte, error) {
	findings := c.s.Examine(ctx)
	if len(findings) == 0 {
		return []byte(HealthOK), nil
	}
	lines := make([]string, len(findings))
	for i, f := range findings {
		lines[i] = f.String()
	}
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

func runBackup(ctx context.Context, c *call) ([]byte, error) {
	if c.arg == "" {
		return []byte("backup: no file is named\n"), nil
	}
	if err := c.s.Index.Backup(ctx, c.arg); err != nil {
		c.s.Console.Event("*** database not backed up", "file", c.arg, "error", err)
		return []byte(err.Error() + "\n"), nil
	}
	c.s.Console.Event("database backed up", "file", c.arg)
	return []byte("backed up to " + c.arg + "\n"), nil
}

func runPageLink(_ context.Context, c *call) ([]byte, error) {
	if c.s.PageLink == nil {
		return []byte("no server runs here\n"), nil
	}
	link, err := c.s.PageLink()
	if err != nil {
		return []byte(err.Error() + "\n"), nil
	}
	return []byte(link + "\n"), nil
}
