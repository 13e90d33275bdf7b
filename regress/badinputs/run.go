package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"conquest/dimse"
	"conquest/regress/rig"
)

// Bounds of a single bad input.
const (
	maxMemory  = 512 << 20 // bytes resident
	processing = 5 * time.Second
	perMB      = 2 * time.Second // of input, beside processing
)

// result is what an input cost.
type result struct {
	name    string
	sent    int64
	outcome string
	cost    cost
	errs    []error
}

// cost is what a process used.
type cost struct {
	memory int64 // most bytes resident; -1 where that can not be told
	cpu    time.Duration
}

// run sends each input to a server of its own.
func run(ctx context.Context, short bool, only string) (results []result, err error) {
	for _, in := range inputs() {
		if short && in.large || !strings.Contains(in.name, only) || ctx.Err() != nil {
			continue
		}
		s, startErr := startSite()
		if startErr != nil {
			return results, errors.Join(err, startErr)
		}
		r := s.try(in)
		s.stop()
		results = append(results, r)
		err = errors.Join(append([]error{err}, r.errs...)...)
	}
	return results, err
}

// try sends one input and looks at the server afterwards.
func (s *site) try(in input) result {
	r := result{name: in.name}
	before := s.used()
	s.resetPeak()
	p := &peer{addr: s.addr(), dir: s.dir, binary: s.binary}
	r.outcome = in.send(p)
	r.sent = p.sent
	p.close()
	after := s.used()
	r.cost = cost{memory: max(s.peak(), p.cost.memory), cpu: after - before + p.cost.cpu}
	if r.cost.memory > maxMemory {
		r.errs = append(r.errs, fmt.Errorf("%s: %d MB resident", in.name, r.cost.memory>>20))
	}
	if limit := processing + time.Duration(float64(perMB)*float64(r.sent)/(1<<20)); r.cost.cpu > limit {
		r.errs = append(r.errs, fmt.Errorf("%s: %v of the processor, at most %v", in.name, r.cost.cpu, limit))
	}
	if err := s.echo(); err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: afterwards the server does not answer: %w", in.name, err))
	}
	return r
}

// table is the results in Markdown.
func table(results []result) string {
	var b strings.Builder
	b.WriteString("| input | sent | most memory | processor | outcome |\n|---|---|---|---|---|\n")
	for _, r := range results {
		memory := "?"
		if r.cost.memory >= 0 {
			memory = fmt.Sprintf("%d MB", r.cost.memory>>20)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f s | %s |", r.name, size(r.sent), memory, r.cost.cpu.Seconds(), r.outcome)
		for _, err := range r.errs {
			fmt.Fprintf(&b, " **%v**", err)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// site is a server in a folder of its own.
type site struct {
	dir     string
	binary  string
	port    int
	release func()
	process *rig.Process
}

func startSite() (*site, error) {
	binary, err := rig.Binary()
	if err != nil {
		return nil, err
	}
	s := &site{binary: binary}
	if s.dir, err = os.MkdirTemp("", "badinputs"); err != nil {
		return nil, err
	}
	if s.port, s.release, err = rig.Ports(); err != nil {
		return nil, err
	}
	ini := fmt.Sprintf("[sscscp]\nMicroPACS = sscscp\nMyACRNema = BAD\nTCPPort = %d\nSQLServer = ./data/dbase/conquest.db3\nSQLite = 1\n"+
		"MAGDevices = 1\nMAGDevice0 = ./data/\nFileNameSyntax = 4\n"+
		"IncomingCompression = un\nDroppedFileCompression = un\nImportExportDragAndDrop = 1\nWEBReadOnly = 0\n", s.port)
	if err := os.MkdirAll(filepath.Join(s.dir, "data/dbase"), 0o777); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "data/incoming"), 0o777); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "dicom.ini"), []byte(ini), 0o644); err != nil {
		return nil, err
	}
	if s.process, err = rig.Start(s.dir, filepath.Join(s.dir, "server.log"), binary, "-v"); err != nil {
		return nil, err
	}
	if !rig.Await(func() bool { return s.echo() == nil || !s.process.Running() }) || !s.process.Running() {
		text, _ := os.ReadFile(filepath.Join(s.dir, "server.log"))
		return nil, fmt.Errorf("the server does not start:\n%s", text)
	}
	return s, nil
}

func (s *site) stop() {
	s.process.Kill()
	s.release()
	os.RemoveAll(s.dir)
}

func (s *site) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// echo asks for an echo, again when the server has no room yet.
func (s *site) echo() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var err error
	for range 3 {
		var a *dimse.Association
		a, err = dimse.Dial(ctx, s.addr(), dimse.Request{Calling: "FRIEND", Called: "BAD", Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}}})
		if err != nil {
			time.Sleep(time.Second)
			continue
		}
		err = a.Echo(ctx)
		a.Release(ctx)
		return err
	}
	return err
}
