package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"conquest/audit"
	"conquest/server"
)

// audit checks the audit trail.
func (p *program) audit(arg string) int {
	action, file, _ := strings.Cut(arg, ",")
	cfg := p.live.Current()
	file = cmp.Or(file, cfg.Value("AuditFile"))
	switch {
	case action != "verify":
		fmt.Fprintln(os.Stderr, "say --audit:verify")
		return 1
	case file == "":
		fmt.Fprintln(os.Stderr, audit.ErrOff)
		return 1
	}
	key, err := server.AuditKey(cfg)
	var c audit.Checked
	if err == nil {
		c, err = audit.Verify(file, key)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("%s: %d messages, as they were written; the last hash is %s\n", file, c.Messages, c.Head)
	return 0
}
