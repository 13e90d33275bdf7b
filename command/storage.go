package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"conquest/db"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/archive"
	"conquest/pacs/regen"
	"conquest/storage"
)

// storageCommands work on devices and on the index as a whole
// (docs/original/commands.md 3.8, 3.9).
var storageCommands = map[string]row{
	"renamedevice": {two(func(ctx context.Context, s *Commands, from, to string) error {
		return s.Archive.RenameDevice(ctx, from, to)
	}), "FROM,TO", "change the device name of all objects on FROM in the index"},
	"verifymirrordisk": {archival((*archive.Archive).VerifyMirror), "DEVICE", "compare a MAG device with its mirror"},
	"testimages":       {archival((*archive.Archive).TestImages), "DEVICE", "read all objects on a device, decompressing their pixels"},
	"movedatatodevice": {two(func(ctx context.Context, s *Commands, to, from string) error {
		return s.Archive.MoveData(ctx, from, to)
	}), "TO,FROM", "move all patients from one device to another"},
	"moveseriestodevice": {two(func(ctx context.Context, s *Commands, to, from string) error {
		return s.Archive.MoveSeries(ctx, from, to)
	}), "TO,FROM", "move all series from one device to another"},
	"selectlruforarchival": {two(runSelectLRU), "KB,DEVICE", "archiving step 1: mark the oldest patients DEVICE.Archiving; negative KB the newest"},
	"selectseriestomove":   {runSelectSeries, "DEVICE,DAYS,KB", "mark series older than DAYS (negative: younger) DEVICE.Archiving"},
	"preparebunchforburning": {two(func(ctx context.Context, s *Commands, to, from string) error {
		return s.Archive.PrepareBunch(ctx, from, to)
	}), "TO,FROM", "archiving step 2: move what is marked to the cache of JUKEBOXn.c"},
	"comparebunchafterburning": {archival((*archive.Archive).CompareBunch), "JUKEBOX", "archiving step 3: compare the burned medium with its cache"},
	"deletebunchafterburning":  {archival((*archive.Archive).DeleteBunch), "JUKEBOX", "archiving step 4: compare once more, then delete the cache"},
	"restoremagflags":          {noArguments(func(s *Commands, ctx context.Context) error { return s.Archive.RestoreMAGFlags(ctx) }), "", "undo the marks of archiving that was not completed"},
	"makespace":                {ofText(runMakeSpace), "MB", "delete the oldest patients until MB are free"},
	"initializetables":         {ofText(runMakeTables), "[MODE]", "make the tables anew: 0 all, 1 without keys, 2 worklist only"},
	"regen":                    {noArguments(func(s *Commands, ctx context.Context) error { return s.Regen.Devices(ctx) }), "", "enter all files of all devices in the index"},
	"regendevice":              {ofText(func(s *Commands, ctx context.Context, device string) error { return s.Regen.Device(ctx, device, "") }), "DEVICE", "enter all files of a device in the index"},
	"regendir":                 {runRegenDir, "DEVICE,FOLDER", "enter the files of a folder of a device in the index"},
	"regenfile":                {runRegenFile, "FILE", "enter one file of a MAG device in the index"},
	"packdbf":                  {noArguments(func(s *Commands, ctx context.Context) error { return s.Index.Pack(ctx) }), "", "remove deleted records from dBASE files"},
	"indexdbf":                 {noArguments(func(s *Commands, ctx context.Context) error { return s.Index.Reindex(ctx) }), "", "make the memory index of dBASE files anew"},
	"clonedb":                  {ofText(func(s *Commands, ctx context.Context, ae string) error { return s.Virtual.CloneDB(ctx, ae) }), "AE", "fill the index, without files, with what another server has"},
	"doctor":                   {runDoctor, "[repair|undo]", "compare index, folders and mirrors; repair what is wrong; take the last repair back"},
	"loadanddeletedir":         {runLoadAndDelete, "FOLDER[,PATIENTID]", "take all files of a folder in and delete them"},
}

// ofText, two and noArguments make commands without answer of methods.
func ofText(f func(*Commands, context.Context, string) error) handler {
	return func(ctx context.Context, c *call) ([]byte, error) { return nil, unsaid(f(c.s, ctx, c.arg)) }
}

// archival makes a command of what the archive does with a device.
func archival(f func(*archive.Archive, context.Context, string) error) handler {
	return ofText(func(s *Commands, ctx context.Context, device string) error { return f(s.Archive, ctx, device) })
}

// unsaid leaves out errors that the console has told already, and those of names
// that are no device, about which the original says nothing.
func unsaid(err error) error {
	if errors.Is(err, archive.ErrSaid) || errors.Is(err, regen.ErrNoDevice) {
		return nil
	}
	return err
}

func noArguments(f func(*Commands, context.Context) error) handler {
	return func(ctx context.Context, c *call) ([]byte, error) { return nil, unsaid(f(c.s, ctx)) }
}

// two makes a command of two words; without the second nothing happens.
func two(f func(ctx context.Context, s *Commands, first, second string) error) handler {
	return func(ctx context.Context, c *call) ([]byte, error) {
		if !c.has(1) {
			return nil, nil
		}
		return nil, unsaid(f(ctx, c.s, c.field(0), c.field(1)))
	}
}

func runSelectLRU(ctx context.Context, s *Commands, kb, device string) error {
	return s.Archive.SelectLRU(ctx, device, dicomini.Atoi(kb))
}

func runSelectSeries(ctx context.Context, c *call) ([]byte, error) {
	if !c.has(2) {
		return nil, nil
	}
	return nil, c.s.Archive.SelectSeries(ctx, c.field(0), dicomini.Atoi(c.field(1)), dicomini.Atoi(c.field(2)))
}

func runMakeSpace(s *Commands, ctx context.Context, mb string) error {
	cfg := s.Live.Current()
	dev := storage.NewDevices(cfg.Storage)
	for n := range dev.MAGs() {
		s.SayFree(cfg, dev.Free("MAG"+strconv.Itoa(n)), dev.MAG(n))
	}
	return s.Archive.MakeSpace(ctx, dicomini.Atoi(mb))
}

func runMakeTables(s *Commands, ctx context.Context, mode string) error {
	return s.Initialize(ctx, TableMode(mode))
}

func runRegenDir(ctx context.Context, c *call) ([]byte, error) {
	return nil, unsaid(c.s.Regen.Device(ctx, c.field(0), c.field(1)))
}

func runRegenFile(ctx context.Context, c *call) ([]byte, error) {
	err := c.s.Regen.File(ctx, c.arg)
	if errors.Is(err, regen.ErrNotOnMAG) {
		fmt.Fprintln(os.Stderr, "File to enter is not on a MAG device")
		return nil, nil
	}
	return nil, err
}

func runDoctor(ctx context.Context, c *call) ([]byte, error) {
	var report bytes.Buffer
	_, err := c.s.Doctor(ctx, c.arg, &report)
	return report.Bytes(), err
}

func runLoadAndDelete(ctx context.Context, c *call) ([]byte, error) {
	return nil, c.s.Intake.LoadAndDelete(ctx, c.field(0), c.field(1))
}

// errTwoDevices is said for options that need two device names.
var errTwoDevices = errors.New("option requires two device names")

// ArchiveOption carries out an archival option of the command line (-aLETTER...;
// docs/original/commands.md 1.2).
func (s *Commands) ArchiveOption(ctx context.Context, option string) (err error) {
	oplog.ArchivalStart(s.Console)
	defer func() {
		if err == nil {
			oplog.ArchivalEnd(s.Console)
		}
	}()
	if option == "" {
		return s.unknownArchival()
	}
	letter, arg := strings.ToLower(option[:1]), option[1:]
	first, second, pair := strings.Cut(arg, ",")
	mag := "MAG" + strconv.Itoa(dicomini.Atoi(second)) // MAG0 when not given
	switch letter {
	case "s":
		return s.Archive.SelectLRU(ctx, mag, dicomini.Atoi(first))
	case "b":
		return s.Archive.PrepareBunch(ctx, mag, first)
	case "m":
		if !pair {
			return errTwoDevices
		}
		return s.Archive.MoveData(ctx, first, second)
	case "u":
		return s.Archive.RestoreMAGFlags(ctx)
	case "c":
		return s.Archive.CompareBunch(ctx, arg)
	case "d":
		return s.Archive.DeleteBunch(ctx, arg)
	case "v":
		return s.Archive.VerifyMirror(ctx, arg)
	case "t":
		return s.Archive.TestImages(ctx, arg)
	case "r":
		return s.archiveRegen(ctx, first, second, pair)
	case "e":
		if !pair {
			oplog.Problem(s.Console, errTwoDevices)
			return errTwoDevices
		}
		return s.Archive.RenameDevice(ctx, first, second)
	}
	return s.unknownArchival()
}

func (s *Commands) unknownArchival() error {
	oplog.ArchivalUnknown(s.Console)
	return fmt.Errorf("unknown archiving option")
}

func (s *Commands) archiveRegen(ctx context.Context, device, folder string, folders bool) error {
	begun, done := oplog.RegenDevice, oplog.Regenerated
	if folders {
		begun, done = oplog.RegenFolders, oplog.RegeneratedFolders
	}
	begun(s.Console, device)
	if err := s.Regen.Device(ctx, device, folder); err != nil {
		return err
	}
	done(s.Console)
	return nil
}

// TableMode reads the mode behind the options -i and -r.
func TableMode(text string) db.Mode { return db.Mode(dicomini.Atoi(text)) }

// Initialize makes the tables anew; its progress goes to the standard error.
func (s *Commands) Initialize(ctx context.Context, mode db.Mode) error {
	return s.Index.Initialize(ctx, mode, SayError)
}

func SayError(line string) { fmt.Fprintln(os.Stderr, line) }
