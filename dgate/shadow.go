package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"conquest/dicomini"
	"conquest/proof/shadow"
)

// option is the value behind an option in the rest of the command line, "" when it is
// not there.
func (p *program) option(name string) string {
	if i := slices.Index(p.rest, name); i >= 0 && i+1 < len(p.rest) {
		return p.rest[i+1]
	}
	for _, a := range p.rest {
		if v, ok := strings.CutPrefix(a, name+"="); ok {
			return v
		}
	}
	return ""
}

// shadow runs this server beside the original until it is interrupted.
func (p *program) shadow() int {
	opt, err := p.shadowOptions()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitTrouble
	}
	r, err := shadow.Run(p.ctx, opt)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if r == nil {
		return exitTrouble
	}
	return printReport(r, p.rest)
}

func (p *program) shadowOptions() (shadow.Options, error) {
	opt := shadow.Options{
		Site: p.loc, Original: p.option("--original"), Listen: p.option("--listen"), Folder: p.option("--folder"),
		Relays: dicomini.Atoi(p.option("--relays")), Page: p.option("--page"), Keep: int64(dicomini.Atoi(p.option("--keep"))) << 20,
		Tell: func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) },
	}
	if opt.Original == "" {
		return opt, fmt.Errorf("--shadow needs --original HOST:PORT, where the original listens now")
	}
	if opt.Folder == "" {
		opt.Folder = filepath.Join(p.live.Current().BaseDir(), "shadow")
	}
	if opt.Page != "" && !strings.Contains(opt.Page, ":") {
		opt.Page = "127.0.0.1:" + opt.Page
	}
	var err error
	opt.Program, err = os.Executable()
	return opt, err
}
