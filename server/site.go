package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"conquest/access"
	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/script"
	"conquest/scripting"
	"conquest/storage"
)

// openSite opens what all use cases work with.
func openSite(ctx context.Context, live *dicomini.Live, opt Options) (*site.Site, error) {
	cfg := live.Current()
	s := &site.Site{
		Live: live, Console: opt.Console, Terminal: opt.Terminal, Progress: opt.Progress, Started: time.Now(),
		SOPs:   dicomini.NewSOPStore(cfg.SOPClassList),
		Namer:  storage.NewNamer(cfg.FileNameSyntax, cfg.MaxFileNameLength, opt.Counter),
		Rules:  &rules.Engine{Cache: scripting.NewCache(0)},
		Memory: access.Memory(cfg),
		UIDs:   &site.UIDMaker{Prefix: cfg.UIDPrefix, Node: min(max(cfg.NodeNumber, 0), 99), Counter: opt.Counter},
	}
	empty := ""
	s.TestMode.Store(&empty)
	s.Status.Store(&empty)
	if s.Console == nil {
		s.Console = console.New("", "")
	}
	if s.Progress == nil {
		s.Progress = &console.Channel{}
	}
	s.Console.SetLogs(cfg.TroubleLog, cfg.UserLog)
	s.Console.SetName(cfg.PACSName)
	s.Console.SetDebugLevel(cfg.DebugLevel)
	aes, missing, err := cfg.ReadAEMap()
	if err != nil {
		return nil, err
	}
	s.AEs = aes
	if err := s.Webs.Reload(cfg.WebMapFile()); err != nil {
		return nil, err
	}
	if missing {
		s.Console.Event("acrnema.map is missing, only this server is known as destination", "file", cfg.ACRNemaMap)
	}
	dicom.UseDictionaryFileLater(cfg.Dictionary, func(err error) {
		s.Console.Event("*** dictionary can not be read, the built-in one is used", "file", cfg.Dictionary, "error", err)
	})
	if err := openIndex(ctx, cfg, s, opt); err != nil {
		return nil, err
	}
	if opt.Serve {
		if err := rehearseAndRecord(cfg, s); err != nil {
			return nil, errors.Join(err, s.Index.Close())
		}
	}
	return s, nil
}

// openIndex opens the index, or without one an index that keeps nothing.
func openIndex(ctx context.Context, cfg *dicomini.Config, s *site.Site, opt Options) error {
	dbOptions, settings := db.FromConfig(cfg)
	dbOptions.Log, dbOptions.Later = s.Console, opt.IndexLater && !opt.NoIndex
	dbOptions.Wait, dbOptions.Several = opt.Serve, cfg.NodeName != "" || cfg.NodeNumber != 0
	dbOptions.ObjectAt = func(loc db.Location) (*dicom.Dataset, error) {
		path, _, ok := storage.NewDevices(cfg.Storage).Locate(loc.Device, loc.File)
		if !ok {
			return nil, fs.ErrNotExist
		}
		f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.Rows})
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return f.Dataset, nil
	}
	switch {
	case opt.NoIndex:
		dbOptions.Server = ""
	case opt.NewIndex || opt.Serve && devicesEmpty(ctx, cfg):
		if err := makeDatabaseFolder(cfg); err != nil {
			return err
		}
	default:
		dbOptions.MustExist = true
	}
	var schemas []*dicomini.Schema
	for _, o := range cfg.SchemaChoices(script.AutostartFile(opt.Argv0) != "") {
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
	s.Index, s.Schema = index, schema
	return nil
}

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
