// Package server is the running PACS: it builds the use cases of package pacs from a
// configuration, with the rooms that reach them (scp, command, script), starts and
// stops them, and follows changes of the configuration.
//
// The doors are [New], which opens everything a configuration names, and
// [Server.Run], which serves until its context ends. The tools of the command
// line use the same Server without running it.
package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"conquest/api"
	"conquest/audit"
	"conquest/command"
	"conquest/command/client"
	"conquest/console"
	"conquest/db"
	"conquest/dicomini"
	"conquest/eventlog"
	"conquest/group"
	"conquest/login"
	"conquest/oplog"
	"conquest/pacs"
	"conquest/pacs/site"
	"conquest/pacs/upkeep"
	"conquest/scp"
	"conquest/script"
	"conquest/storage"
)

// Version is the release whose behaviour and files this server continues.
const Version = site.Version

// Server is one PACS and what reaches it.
type Server struct {
	*pacs.PACS
	Commands *command.Commands
	Scripts  *script.Host

	scp      *scp.SCP
	upkeep   *upkeep.Upkeep
	saidAway bool            // that the database can not be reached, at start
	work     group.Group     // watched folders, upkeep, HL7
	recent   *console.Recent // for the pages
	api      func() *api.Handler
	build    string
	events   *eventlog.Log // nil: there is none
	audit    *audit.Log    // nil: there is none
	erred    erred
	gate     atomic.Pointer[login.Gate] // of web clients; nil where none are served
	gateOf   *dicomini.Config           // that the gate was made of; changed where newWeb runs
	// webPort is what answers web clients.
	webPort webPort
	// webAddress is what a browser on this machine calls; nil while none can.
	webAddress atomic.Pointer[string]
	firstLook  sync.Mutex
	isNew      atomic.Bool // the tables of the index were made at this start
	ready      func()      // to be called when the server listens; may be nil
	stopping   func()      // to be called when it begins to end; may be nil
}

// Options are what a Server is made of besides its configuration.
type Options struct {
	Console *console.Console
	Argv0   string // name the program was started under
	// Counter is the first value of the counter in file names and UIDs.
	Counter uint32
	// Terminal shows the progress of long jobs, when somebody looks; else nil.
	Terminal io.Writer
	// Build is the date of the binary, for the start lines.
	Build string
	// Progress is where long commands tell how far they are; may be nil.
	Progress *console.Channel
	// KeepLogs starts the background work: log archives and nightly work.
	KeepLogs bool
	// NoIndex leaves the index closed, for tools that need none.
	NoIndex bool
	// IndexLater opens the index when something first wants it, for tools.
	IndexLater bool
	// Serve is for [Server.Run]: an index that can not be reached is waited for.
	Serve bool
	// NewIndex makes the file of an index that is missing. Without it that happens
	// at the first start of a server only, while its devices are empty.
	NewIndex bool
	// Ready is called when the server listens; may be nil.
	Ready func()
	// Stopping is called when it begins to end; may be nil.
	Stopping func()
	// Exit ends the program for os.exit of Lua; nil makes that an error.
	Exit func(code int)
	// CommandHost is where servercommand of Lua reaches the server; "" is this
	// machine.
	CommandHost string
	// Page is the web page that Lua writes, with io.write too; nil where there is
	// none.
	Page io.Writer
}

// New opens what the configuration names: AE map, SOP list, dictionary,
// database layout and index. Nothing runs yet. [Server.Close] ends it.
func New(ctx context.Context, live *dicomini.Live, opt Options) (*Server, error) {
	base, err := openSite(ctx, live, opt)
	if err != nil {
		return nil, err
	}
	if opt.Serve {
		base.Meter = newMeter(live.Current())
	}
	s := &Server{PACS: pacs.New(base), ready: opt.Ready, stopping: opt.Stopping, build: opt.Build, recent: console.NewRecent(logRemembered)}
	s.Console.OperatorChannel().Remember(s.recent)
	s.Scripts = script.New(s.PACS, script.Options{
		Argv0: opt.Argv0, Command: s.serverCommand(opt), Exit: opt.Exit, Page: opt.Page, Cache: base.Rules.Cache,
	})
	base.Rules.Env, base.Rules.Filter = s.Scripts.Env, s.Scripts.Filter()
	base.Rules.Reading = s.Scripts.Reading()
	base.Expression, s.LuaFile = s.Scripts.Expression, s.Scripts.RunFile
	s.Commands = command.New(s.PACS, s.Scripts)
	s.Commands.ServedAlready = s.servedAlready
	s.Commands.PageLink = s.pageLink
	s.scp = scp.New(s.PACS, s.Commands.Do, s.Scripts.Hook)
	live.Subscribe(s.reconfigured)
	if opt.Serve {
		s.openEventLog(live.Current())
	}
	s.upkeep = upkeep.New(upkeepHost{s}, s.Console, opt.KeepLogs)
	s.Commands.SwitchLogs, s.Commands.Explain = s.upkeep.Switch, s.Explain
	s.openAPI()
	if s.Meter != nil {
		s.Meter.Watch(measured{s})
		base.Rules.Erred = s.converterError
	}
	s.work.Panicked = func(e *group.PanicError) {
		s.Console.Event("*** internal error", "job", e.Job, "error", e.Value, "stack", string(e.Stack))
	}
	return s, nil
}

// Close ends what New opened.
func (s *Server) Close() error {
	return errors.Join(s.PACS.Close(), s.Index.Close(), s.Life.Close(), s.closeAudit(), s.closeEventLog())
}

// reconfigured follows a changed configuration.
func (s *Server) reconfigured(_, cfg *dicomini.Config) {
	s.Console.SetLogs(cfg.TroubleLog, cfg.UserLog)
	s.Console.SetName(cfg.PACSName)
	s.Progress.SetName(cfg.PACSName)
	s.Console.SetDebugLevel(cfg.DebugLevel)
	s.Index.SetSettings(db.SettingsFrom(cfg))
	s.followHTTP(cfg)
}

// Run serves until ctx ends or a command ends the server, then lets what is in
// flight finish. An error is returned when the port can not be had.
func (s *Server) Run(ctx context.Context, build string) error {
	ctx, s.Commands.Quit = context.WithCancel(ctx)
	s.Commands.Running = ctx
	defer s.Commands.Quit()
	if s.stopping != nil {
		defer context.AfterFunc(ctx, s.stopping)()
	}
	cfg := s.Live.Current()
	plain, err := s.awaitPort(ctx, cfg)
	if err != nil {
		oplog.BindError(s.Console)
		return fmt.Errorf("listen on port %s: %w", cfg.TCPPort, err)
	}
	defer s.work.Wait()
	s.upkeep.Announce()
	s.sayLint(cfg)
	unlock, err := s.lockQueues(cfg)
	if err != nil {
		scp.CloseListeners(plain)
		return err
	}
	defer unlock()
	s.openAudit(ctx, cfg)
	s.openLife(ctx, cfg)
	s.whenOpen(ctx, func() { s.makeTables(ctx, cfg) })
	if err := s.prepare(cfg); err != nil {
		scp.CloseListeners(plain)
		return err
	}
	s.Intake.WatchIncoming(ctx, &s.work, cfg)
	oplog.Running(s.Console, site.Version, build, strconv.IntSize)
	oplog.DatabaseType(s.Console, s.Index.Type())
	if err := s.StartQueues(cfg); err != nil {
		scp.CloseListeners(plain)
		return err
	}
	defer s.StopQueues()
	s.whenOpen(ctx, func() {
		s.Store.RecoverUnderWay(ctx)
		s.Remove.Undo.Recover(ctx)
	})
	s.work.Go("undo journal", func() { s.Remove.Undo.Run(ctx) })
	s.openAlerts(ctx, cfg)
	s.Intake.WatchExtra(ctx, &s.work, cfg)
	s.work.Go("upkeep", func() { s.upkeep.Run(ctx) })
	if err := s.Worklist.ListenHL7(ctx, &s.work, cfg); err != nil {
		scp.CloseListeners(plain)
		return err
	}
	s.serveHTTP(ctx, &s.work, cfg)
	if s.ready != nil {
		s.ready()
	}
	return s.scp.Serve(ctx, cfg, plain)
}

// prepare makes the folders that must be there and removes what a killed
// process left incomplete.
func (s *Server) prepare(cfg *dicomini.Config) error {
	dev := storage.NewDevices(cfg.Storage)
	for n := range dev.MAGs() {
		dir := dev.MAG(n)
		if strings.HasPrefix(dir, "NULL") {
			continue
		}
		err := storage.RemovePartial(dir, func(fi fs.FileInfo) bool { return fi.ModTime().Before(s.Started.Add(-partialAge)) })
		if err != nil {
			s.Console.Event("*** incomplete files of an earlier run stay", "folder", dir, "error", err)
		}
	}
	work := filepath.Join(dev.MAG(0), "printer_files")
	test := filepath.Join(work, "accesstest.log")
	err := s.Presence(cfg).Ready(dev.MAG(0))
	if err == nil {
		err = os.MkdirAll(work, 0o777)
	}
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(test, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
			err = f.Close()
		}
	}
	if err != nil {
		oplog.NoRights(s.Console)
	}
	return nil
}

// partialAge is the age from which an incomplete file belongs to nobody: other
// servers may share the folder.
const partialAge = 10 * time.Minute

// serverCommand sends the commands of scripts to the server that runs for this site.
func (s *Server) serverCommand(opt Options) script.ServerCommand {
	host := cmp.Or(opt.CommandHost, "127.0.0.1")
	return func(ctx context.Context, command string, upload []byte) ([]byte, bool, error) {
		cfg := s.Live.Current()
		answer, ok, err := client.SendSaying(ctx, net.JoinHostPort(host, strconv.Itoa(cfg.Port())), cfg.MyACRNema, "", command, upload)
		if opt.Page != nil {
			client.SayNoServer(opt.Page, err)
		}
		return answer, ok, err
	}
}
