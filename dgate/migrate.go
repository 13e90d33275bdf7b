package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"conquest/proof/migrate"
	"conquest/proof/report"
	"conquest/server"
)

// migrateSteps are the words of --migrate, in their order.
const migrateSteps = `dgate -wSITE --migrate:check                      what will be the same and what differs; writes nothing
dgate -wSITE --migrate:shadow --original HOST:PORT   this server beside the original, for days; writes to the folder shadow of the site only
dgate -wSITE --migrate:report                     what the shadow has found
dgate -wSITE --migrate:swap,PROGRAM [--yes]       stop the original, keep it as PROGRAM.original, put this program in its place, start it, verify it
dgate -wSITE --migrate:back,PROGRAM [--yes]       the way back: queues become the original's failure files first
Swap and back only tell what they would do until --yes is added. --stop COMMAND and --start COMMAND take the place of the server command quit and of starting PROGRAM.
`

// migrate ties the migration together.
func (p *program) migrate(arg string) int {
	name, path, _ := strings.Cut(arg, ",")
	switch name {
	case "check":
		return p.migrateCheck()
	case "shadow":
		return p.shadow()
	case "report":
		return p.migrationReport()
	case "swap", "back":
		if err := p.swap(name, path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	case "":
		fmt.Print(migrateSteps)
		return 0
	}
	fmt.Fprintf(os.Stderr, "--migrate knows no step %q\n%s", name, migrateSteps)
	return 2
}

// migrationReport tells what the shadow has found.
func (p *program) migrationReport() int {
	folder := p.option("--folder")
	if folder == "" {
		folder = filepath.Join(p.live.Current().BaseDir(), "shadow")
	}
	data, err := os.ReadFile(filepath.Join(folder, "report.json"))
	var r report.Written
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "no report of a shadow:", err)
		return exitTrouble
	}
	fmt.Printf("%s, made %s: %s\n", filepath.Join(folder, "report.html"), r.Made, r.Verdict)
	for _, f := range r.Facts {
		fmt.Printf("  %s: %s\n", f.Name, f.Value)
	}
	if r.Differences > 0 {
		return exitDiffers
	}
	return exitSame
}

// swap exchanges the program of the site.
func (p *program) swap(name, path string) error {
	if path == "" {
		return fmt.Errorf("--migrate:%s,PROGRAM needs the path of the program that the site starts", name)
	}
	cfg := p.live.Current()
	folder, err := filepath.Abs(cfg.BaseDir())
	if err != nil {
		return err
	}
	ours, err := os.Executable()
	if err != nil {
		return err
	}
	o := migrate.Options{
		Program: path, Ours: ours, Folder: folder + string(filepath.Separator), AE: cfg.MyACRNema, Port: cfg.TCPPort, Out: os.Stdout,
		Do: slices.Contains(p.rest, "--yes"), Stop: byShell(p.option("--stop")), Start: byShell(p.option("--start")), HandOver: p.handOver(folder),
	}
	if name == "back" {
		return migrate.Back(p.ctx, o)
	}
	return migrate.Swap(p.ctx, o)
}

// handOver writes the queues of the site, which lie where its server starts.
func (p *program) handOver(folder string) func(context.Context) (written, kept int, err error) {
	return func(ctx context.Context) (written, kept int, err error) {
		here, err := os.Getwd()
		if err != nil {
			return 0, 0, err
		}
		if err := os.Chdir(folder); err != nil {
			return 0, 0, err
		}
		defer func() { err = errors.Join(err, os.Chdir(here)) }()
		var s *server.Server
		if s, err = p.open(); err != nil {
			return 0, 0, err
		}
		defer s.Close()
		return s.HandOver(ctx)
	}
}

// byShell runs a command of the administrator's.
func byShell(command string) func(context.Context) error {
	if command == "" {
		return nil
	}
	return func(ctx context.Context) error {
		shell, flag := "/bin/sh", "-c"
		if runtime.GOOS == "windows" {
			shell, flag = "cmd", "/c"
		}
		out, err := exec.CommandContext(ctx, shell, flag, command).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w: %s", command, err, out)
		}
		return nil
	}
}
