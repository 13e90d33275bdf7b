package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"conquest/access"
	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/pacs/archive"
	"conquest/pacs/arriving"
	"conquest/pacs/commitment"
	"conquest/pacs/delayed"
	"conquest/pacs/prefetch"
	"conquest/pacs/printing"
	"conquest/pacs/quarantine"
	"conquest/pacs/regen"
	"conquest/pacs/upkeep"
	"conquest/queue"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// Version is the release whose behaviour and files this server continues.
const Version = "1.5.0e"

// Implementation identification in meta headers and associations, that of the
// original (docs/original/network.md 1.3).
const (
	implementationClassUID = "1.2.826.0.1.3680043.2.135.1066.101"
)

// Server is one PACS with its configuration, index and devices.
type Server struct {
	live     *dicomini.Live
	con      *console.Console
	aes      *dicomini.AEMap
	sops     *dicomini.SOPStore
	schema   *dicomini.Schema
	db       *db.DB
	namer    *storage.Namer
	rules    rules.Engine
	scripts  *scripting.Cache
	lua      *luabind.Engine
	global   luabind.Session // of startup, background and global commands
	uids     uidMaker
	objects  keyedLocks // one store of a SOP instance at a time
	reserved reservedNames
	rights   access.RightsBook
	refused  refusedContexts // presentation contexts, as far as they were told of
	arriving *arriving.Log
	net      network // of services on the network
	regen    *regen.Regenerator
	archive  *archive.Archive
	upkeep   *upkeep.Upkeep

	forwards *forwarders
	exports  []*queue.Queue[exportJob]
	mirrors  *queue.Queue[mirrorJob]
	delayed  *delayed.Queue // nil in tools
	gate     *queue.Gate    // paused destinations; nil in tools

	quarantine *quarantine.Quarantine
	drain      drain

	testMode     atomic.Pointer[string]
	shown        sync.Map               // texts and numbers of Lua that only scripts see changed
	statusString atomic.Pointer[string] // progress of the last move or export
	counters     counters
	started      time.Time
	threads      atomic.Int64     // associations ever
	open         atomic.Int64     // associations now
	terminal     io.Writer        // for progress; nil when nobody looks
	ready        func()           // to be called when the server listens; may be nil
	stopping     func()           // to be called when it begins to end; may be nil
	channel      *console.Channel // of progress
	argv0        string
	running      context.Context // ends with the server
	quit         context.CancelFunc
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
	cfg := live.Current()
	s := &Server{
		live: live, con: opt.Console, argv0: opt.Argv0, terminal: opt.Terminal, ready: opt.Ready, stopping: opt.Stopping, channel: opt.Progress, started: time.Now(),
		sops:    dicomini.NewSOPStore(cfg.SOPClassList),
		namer:   storage.NewNamer(cfg.FileNameSyntax, cfg.MaxFileNameLength, opt.Counter),
		scripts: scripting.NewCache(0),
		uids:    uidMaker{prefix: cfg.UIDPrefix, counter: opt.Counter},
	}
	empty := ""
	s.testMode.Store(&empty)
	s.statusString.Store(&empty)
	if s.con == nil {
		s.con = console.New("", "")
	}
	if s.channel == nil {
		s.channel = &console.Channel{}
	}
	s.rights.Current, s.rights.Console = live.Current, s.con
	s.con.SetLogs(cfg.TroubleLog, cfg.UserLog)
	s.con.SetName(cfg.PACSName)
	s.con.SetDebugLevel(cfg.DebugLevel)
	aes, missing, err := cfg.ReadAEMap()
	if err != nil {
		return nil, err
	}
	s.aes = aes
	if missing {
		s.con.Event("acrnema.map is missing, only this server is known as destination", "file", cfg.ACRNemaMap)
	}
	if err := dicom.UseDictionaryFile(cfg.Dictionary); err != nil {
		s.con.Event("*** dictionary can not be read, the built-in one is used", "file", cfg.Dictionary, "error", err)
	}
	if err := s.openIndex(ctx, cfg, opt.NoIndex, opt.IndexLater); err != nil {
		return nil, err
	}
	s.rules = rules.Engine{Env: func(c rules.Caller) scripting.Env { return s.env(c) }, Filter: s.env(nil), Cache: s.scripts}
	s.lua = luabind.NewEngine(&luaHost{s: s, commands: cmp.Or(opt.CommandHost, "127.0.0.1"), page: opt.Page}, luabind.Options{
		Timeout:     time.Duration(cfg.Int(cfg.Main(), "LuaTimeout", 0)) * time.Second,
		Memory:      cfg.Int(cfg.Main(), "LuaMemory", 0) << 20,
		LibraryDirs: []string{filepath.Join(cfg.BaseDir(), "lua")},
		Exit:        opt.Exit,
		Stdout:      opt.Page,
	})
	s.archive = archive.New(archiveHost{s}, s.db, &s.rules, s.con)
	s.regen = regen.New(regen.Site{Config: live.Current, Index: s.db, Rules: &s.rules, Console: s.con, Terminal: s.terminal, Refused: s.sayRefused})
	s.forwards = newForwarders(s)
	s.net.prefetcher = prefetch.New(live.Current, s.db, s.con)
	s.net.printing = printing.New(printHost{s}, s.con)
	s.net.commitment = commitment.New(commitmentHost{s}, s.con)
	s.arriving = arriving.New(filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), "printer_files"), cfg.TCPPort, s.journalOptions(cfg))
	s.quarantine = s.newQuarantine()
	live.Subscribe(s.reconfigured)
	s.upkeep = upkeep.New(upkeepHost{s}, s.con, opt.KeepLogs)
	return s, nil
}

// openIndex opens the index, or without one an index that keeps nothing.
func (s *Server) openIndex(ctx context.Context, cfg *dicomini.Config, none, later bool) error {
	dbOptions, settings := db.FromConfig(cfg)
	dbOptions.Log, dbOptions.Later = s.con, later && !none
	if none {
		dbOptions.Server = ""
	} else if err := makeDatabaseFolder(cfg); err != nil {
		return err
	}
	var schemas []*dicomini.Schema
	for _, o := range cfg.SchemaChoices(autostartFile(s.argv0) != "") {
		schema, err := readSchema(cfg, o)
		if err != nil {
			return err
		}
		schemas = append(schemas, schema)
	}
	index, schema, err := db.OpenFitting(ctx, schemas, dbOptions, settings)
	if err != nil {
		return fmt.Errorf("open database %s: %w", cfg.SQLServer, err)
	}
	s.db, s.schema = index, schema
	return nil
}

// Close ends what New opened.
func (s *Server) Close() error {
	s.forwards.closeAll()
	return errors.Join(s.arriving.Close(), s.db.Close())
}

// DB is the index, for tools.
func (s *Server) DB() *db.DB { return s.db }

// Config is the configuration for work that starts now.
func (s *Server) Config() *dicomini.Config { return s.live.Current() }

// Console is where the server speaks.
func (s *Server) Console() *console.Console { return s.con }

func readSchema(cfg *dicomini.Config, opt dicomini.SchemaOptions) (*dicomini.Schema, error) {
	schema, err := dicomini.ReadSchema(cfg.KFactorFile, opt)
	if errors.Is(err, fs.ErrNotExist) {
		schema, err = dicomini.DefaultSchema(opt), nil
		if usesDBase(cfg) {
			schema = dicomini.DBaseSchema(opt)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("***Error loading kfactor file:%s: %w", cfg.KFactorFile, err)
	}
	return schema, nil
}

func usesDBase(cfg *dicomini.Config) bool {
	return !cfg.SqLite && strings.ContainsRune(cfg.SQLServer, filepath.Separator)
}

// reconfigured follows a changed configuration.
func (s *Server) reconfigured(_, cfg *dicomini.Config) {
	s.con.SetLogs(cfg.TroubleLog, cfg.UserLog)
	s.con.SetName(cfg.PACSName)
	s.channel.SetName(cfg.PACSName)
	s.con.SetDebugLevel(cfg.DebugLevel)
	s.db.SetSettings(db.SettingsFrom(cfg))
}

// Run serves until ctx ends or a command ends the server, then lets what is in
// flight finish. An error is returned when the port can not be had.
func (s *Server) Run(ctx context.Context, build string) error {
	ctx, s.quit = context.WithCancel(ctx)
	s.running = ctx
	defer s.quit()
	if s.stopping != nil {
		defer context.AfterFunc(ctx, s.stopping)()
	}
	cfg := s.live.Current()
	plain, err := s.awaitPort(ctx, cfg)
	if err != nil {
		s.con.Operator("***Failed to Listen () - bind error")
		return fmt.Errorf("listen on port %s: %w", cfg.TCPPort, err)
	}
	var background sync.WaitGroup
	defer background.Wait()
	s.upkeep.Announce()
	s.sayLint(cfg)
	if err := s.makeTables(ctx, cfg); err != nil {
		closeListeners(plain)
		return err
	}
	if err := s.prepare(cfg); err != nil {
		closeListeners(plain)
		return err
	}
	s.watchIncoming(ctx, &background, cfg)
	s.con.Operator("DGATE (%s, build %s, bits %d) is running as threaded server", Version, build, strconv.IntSize)
	s.con.Operator("Database type: %s", s.db.Type())
	if err := s.startQueues(cfg); err != nil {
		closeListeners(plain)
		return err
	}
	defer s.stopQueues()
	s.arriving.Recover(ctx, arrivingHost{s}, s.db, s.con)
	s.watchExtra(ctx, &background, cfg)
	background.Go(func() { s.upkeep.Run(ctx) })
	if err := s.listenHL7(ctx, &background, cfg); err != nil {
		closeListeners(plain)
		return err
	}
	if s.ready != nil {
		s.ready()
	}
	return s.serveNetwork(ctx, cfg, plain)
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
		err := storage.RemovePartial(dir, func(fi fs.FileInfo) bool { return fi.ModTime().Before(s.started.Add(-partialAge)) })
		if err != nil {
			s.con.Event("*** incomplete files of an earlier run stay", "folder", dir, "error", err)
		}
	}
	work := filepath.Join(dev.MAG(0), "printer_files")
	test := filepath.Join(work, "accesstest.log")
	err := os.MkdirAll(work, 0o777)
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(test, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
			err = f.Close()
		}
	}
	if err != nil {
		s.con.Operator("*** Not enough rights to write in MAG0")
	}
	return nil
}

// partialAge is the age from which an incomplete file belongs to nobody: other
// servers may share the folder.
const partialAge = 10 * time.Minute
