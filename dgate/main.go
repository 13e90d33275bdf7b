// Command dgate is the server, its maintenance tool and the client of its
// commands, all in one, as at every Conquest site (docs/original/commands.md 1).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/term"

	"conquest/console"
	"conquest/dicomini"
	"conquest/group"
	"conquest/oplog"
	"conquest/regular"
	"conquest/script"
	"conquest/server"
)

func main() { os.Exit(run(os.Args)) }

func run(argv []string) int {
	if isServerTask(argv[0]) {
		return serverTask(argv[1:])
	}
	if args, query, ok := cgiRequest(argv); ok {
		return answerCGI(args, query)
	}
	if code, done := word(argv); done {
		return code
	}
	o := parse(argv[1:])
	if o.action == "--" {
		if code, done := withoutSite(o.arg, o.rest); done {
			return code
		}
	}
	if o.action == "-?" {
		fmt.Fprint(os.Stderr, helpPage())
		return 0
	}
	p, err := open(argv)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if o.action == "--" && o.arg == serviceRun {
		p.action, p.arg, p.managed = "", "", runtime.GOOS == "windows"
	}
	return p.run()
}

// open reads the configuration of the site that the command line names.
func open(argv []string) (*program, error) {
	o := parse(argv[1:])
	p := &program{options: o, argv: argv, ready: make(chan struct{}), con: console.New("", "")}
	var err error
	if p.loc, err = dicomini.Locate(argv[0], o.where...); err != nil {
		return nil, err
	}
	p.live, err = dicomini.Open(p.loc, dicomini.Options{AE: o.ae, Port: o.port, Message: func(m string) { oplog.Line(p.con, m) }})
	if err == nil {
		regular.LimitRights(p.live.Current().Value("FileMode"))
	}
	return p, err
}

// program is one run of dgate at a site.
type program struct {
	options
	argv []string
	work group.Group // goroutines that end with the program
	loc  dicomini.Location
	live *dicomini.Live
	con  *console.Console
	ctx  context.Context

	managed bool          // by the service manager of Windows
	ready   chan struct{} // closed when the server listens
}

// run carries out the action, after the Lua of the start.
func (p *program) run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p.ctx = ctx
	if p.action == "--" {
		defer roomy()()
	}
	cfg := p.live.Current()
	if _, err := os.Stat(cfg.Dictionary); errors.Is(err, os.ErrNotExist) && p.action != "--" && p.watched() {
		fmt.Fprintf(os.Stderr, "Dictionary file %s is missing, the built-in one is used\n", cfg.Dictionary)
	}
	if p.action == "" && p.watched() {
		fmt.Fprintf(os.Stderr, "%s\nstarting with %s\n", versionLine(), filepath.Join(cfg.BaseDir(), "dicom.ini"))
	}
	if p.action == "--" {
		if code, done := p.siteCommand(); done {
			return code
		}
	}
	var s *server.Server
	if p.needsServer() {
		var err error
		if s, err = p.open(); err != nil {
			fmt.Println(err)
			return 1
		}
		defer s.Close()
		if !s.Scripts.StartLua(ctx, p.argv) {
			return 1
		}
	}
	p.openConsole()
	switch p.action {
	case "--":
		return p.client(s)
	case "":
		return p.serve(s)
	}
	return actions[p.action](p, s)
}

// needsServer tells whether more than a request to a running server is to be
// done here.
func (p *program) needsServer() bool {
	return p.action != "--" || strings.HasPrefix(p.arg, "dolua:") || script.HasStartLua(p.live.Current(), p.argv[0])
}

func (p *program) open() (*server.Server, error) {
	opt := server.Options{
		Console: p.con, Argv0: p.argv[0], Counter: p.counter, Ready: p.sayReady, Stopping: notifyStopping, Exit: os.Exit,
		KeepLogs: p.action == "" && p.keepsLogs(), NoIndex: withoutIndex[p.action], IndexLater: p.action == "--",
		Serve: p.action == "", NewIndex: p.action == "-i" || p.action == "-r" || p.action == "-o",
	}
	if p.action != "" && p.counter == 0 {
		opt.Counter = server.Seed(strings.Join(p.argv, " "))
	}
	if p.shows {
		opt.Progress = p.progressChannel()
	}
	if p.action != "" && p.watched() {
		opt.Terminal = os.Stderr
	}
	return server.New(p.ctx, p.live, opt)
}

// watched tells whether somebody looks at what goes to the standard error.
func (p *program) watched() bool { return term.IsTerminal(int(os.Stderr.Fd())) }

// serve runs the server until it is told to end.
func (p *program) serve(s *server.Server) int {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, hangupSignals()...)
	defer signal.Stop(hangup)
	p.work.Go("hangup", func() {
		for range hangup {
			if _, err := p.live.Reload(); err != nil {
				p.con.Event("*** configuration not read again", "error", err)
			}
		}
	})
	if p.managed || underServiceManager() {
		return p.serveAsService(s)
	}
	alive, end := context.WithCancel(context.Background())
	defer end()
	p.work.Go("watchdog", func() { watchdog(alive) })
	defer notifyStopping()
	return p.serveUntil(p.ctx, s)
}

func (p *program) sayReady() {
	notifyReady()
	close(p.ready)
}

func (p *program) serveUntil(ctx context.Context, s *server.Server) int {
	err := s.Run(ctx, buildDate())
	if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
