package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"conquest/budget"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/group"
	"conquest/oplog"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// transfer moves objects from one device to another: it copies all, compares
// all, and then, object by object, points the index at the copy and deletes the
// source. A process that ends in between leaves each object whole on the device
// that the index names.
type transfer struct {
	a               *Archive
	prefix          string // of console lines
	from, to        string // device names
	fromDir, toDir  string
	device          string // new device name in the index; to unless told otherwise
	copied, deleted string // words of console lines
	bundles         []bundle
}

// MoveData moves all objects of the patients on a device to another device
// (-am, movedatatodevice).
func (a *Archive) MoveData(ctx context.Context, from, to string) error {
	return a.moveBundles(ctx, "MoveDataToDevice", "patient", from, to, func() ([]bundle, error) { return a.patientsOn(ctx, from) })
}

// MoveSeries is MoveData series by series, in order of their dates.
func (a *Archive) MoveSeries(ctx context.Context, from, to string) error {
	return a.moveBundles(ctx, "MoveSeriesToDevice", "series", from, to, func() ([]bundle, error) { return a.seriesOn(ctx, from, 0) })
}

func (a *Archive) moveBundles(ctx context.Context, prefix, kind, from, to string, list func() ([]bundle, error)) error {
	dev := storage.NewDevices(a.host.Config().Storage)
	t := &transfer{a: a, prefix: prefix, from: from, to: to, device: to, copied: "copied image data", deleted: "deleted source data"}
	var err error
	if t.fromDir, err = a.deviceDir(dev, prefix, "from-device", from); err != nil {
		return err
	}
	if t.toDir, err = a.deviceDir(dev, prefix, "to-device", to); err != nil {
		return err
	}
	if filepath.Clean(t.fromDir) == filepath.Clean(t.toDir) {
		return a.RenameDevice(ctx, from, to)
	}
	if t.bundles, err = list(); err != nil {
		oplog.NoList(a.con, prefix, kind)
		return err
	}
	if a.runMoveDevice(ctx, from, t.bundles) {
		if t.bundles, err = list(); err != nil {
			return err
		}
	}
	total := 0
	for _, b := range t.bundles {
		total += a.kilobytes(dev, from, b)
	}
	if total == 0 {
		oplog.NothingToMove(a.con, prefix)
		return ErrSaid
	}
	oplog.Moving(a.con, prefix, (total+512)/1024, t.toDir)
	return t.run(ctx)
}

// runMoveDevice runs MoveDeviceConverter0 on the objects to be moved and
// rewrites those that it changed; it tells whether there is such a converter. One
// in [lua] runs where the main section has one as well.
func (a *Archive) runMoveDevice(ctx context.Context, device string, bundles []bundle) bool {
	cfg := a.host.Config()
	if !cfg.HasMoveDeviceConverter {
		return false
	}
	for _, b := range bundles {
		for _, im := range b.images {
			a.rewrite(ctx, cfg, device, im, func(ctx context.Context, ds *dicom.Dataset) (bool, error) {
				q := rules.Request{Object: ds, Caller: &rules.Party{CallingAE: cfg.MyACRNema, CalledAE: cfg.MyACRNema, Variables: &scripting.Vars{}}}
				return a.lets(cfg, device, im, a.rules.Hook(ctx, cfg, scripting.MoveDevice, 0, q)), nil
			})
		}
	}
	return true
}

// lets tells whether a converter lets an object be rewritten. One that it rejects
// moves as it is.
func (a *Archive) lets(cfg *dicomini.Config, device string, im image, out rules.Outcome) bool {
	if out.Action == rules.Keep {
		return true
	}
	path := storage.NewDevices(cfg.Storage).Path(device) + storage.Native(im.file)
	oplog.ModifyRejected(a.con, path)
	return false
}

func (t *transfer) run(ctx context.Context) error {
	if err := t.ready(); err != nil {
		return fmt.Errorf("make device folder: %w", err)
	}
	steps := []struct {
		good, bad string
		do        func(context.Context, image) error
	}{
		{t.copied, "could not copy image data", t.copy},
		{"compared image data", "error comparing data", t.compare},
	}
	for _, step := range steps {
		for _, b := range t.bundles {
			if err := t.each(ctx, b, step.do); err != nil {
				oplog.StepFailed(t.a.con, t.prefix, step.bad, b.kind, b.name)
				return err
			}
			oplog.StepDone(t.a.con, t.prefix, step.good, b.kind, b.name)
		}
	}
	var errs []error
	for _, b := range t.bundles {
		if err := inParallel(ctx, b.images, func(im image) error { return t.switchOver(ctx, im) }); err != nil {
			oplog.NotDeleted(t.a.con, t.prefix, b.kind, b.name)
			errs = append(errs, err)
			continue
		}
		oplog.StepDone(t.a.con, t.prefix, t.deleted, b.kind, b.name)
	}
	return errors.Join(errs...)
}

// ready makes the folder of the device, if it may be made.
func (t *transfer) ready() error {
	if ready := t.a.host.Writer(t.a.host.Config()).Ready; ready != nil {
		if err := ready(t.toDir); err != nil {
			return err
		}
	}
	return os.MkdirAll(t.toDir, 0o777)
}

func (t *transfer) each(ctx context.Context, b bundle, do func(context.Context, image) error) error {
	for _, im := range b.images {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := do(ctx, im); err != nil {
			return err
		}
	}
	return nil
}

// source is the file that is to be moved.
func (t *transfer) source(im image) string { return t.fromDir + storage.Native(im.file) }
func (t *transfer) target(im image) string { return t.toDir + storage.Native(im.file) }

func (t *transfer) copy(_ context.Context, im image) error {
	from, to := t.source(im), t.target(im)
	oplog.Copying(t.a.con, from, to)
	err := t.mayReplace(im, to)
	if err == nil {
		err = t.a.host.Writer(t.a.host.Config()).Copy(t.toDir, storage.Native(im.file), from)
	}
	if err != nil && errors.Is(err, fs.ErrNotExist) && storage.Exists(to) {
		return nil // copied by an earlier run
	}
	if err != nil {
		oplog.NotCopied(t.a.con, from, to)
	}
	return err
}

// mayReplace refuses to copy over the file of another object.
func (t *transfer) mayReplace(im image, to string) error {
	if !storage.Exists(to) {
		return nil
	}
	f, err := dicom.ReadFile(to, dicom.ParseOptions{StopBefore: dicom.StudyDate})
	if err != nil {
		return fmt.Errorf("file %s is in the way and can not be read: %w", to, err)
	}
	defer f.Close()
	if uid := f.String(dicom.SOPInstanceUID); uid != im.sop {
		return fmt.Errorf("file %s is in the way: it holds object %s", to, uid)
	}
	return nil
}

func (t *transfer) compare(_ context.Context, im image) error {
	from, to := t.source(im), t.target(im)
	oplog.ComparingFiles(t.a.con, from, to)
	if !storage.Exists(from) && storage.Exists(to) {
		return nil
	}
	if err := storage.SameContent(from, to); err != nil {
		oplog.ComparisonFailed(t.a.con, from, to)
		return err
	}
	return nil
}

// switchOver makes the copy the object's file and deletes the source. An object
// that was stored again meanwhile is copied once more.
func (t *transfer) switchOver(ctx context.Context, im image) error {
	defer t.a.host.Lock(im.sop)()
	from, to := t.source(im), t.target(im)
	loc, found, err := t.a.index.Lookup(ctx, im.sop, im.patient)
	if err != nil {
		return err
	}
	if !found || loc.Device != t.from || loc.File != im.file {
		return nil // removed or moved meanwhile
	}
	if storage.Exists(from) && storage.SameContent(from, to) != nil {
		if err := t.copy(ctx, im); err != nil {
			return err
		}
		if err := t.compare(ctx, im); err != nil {
			return err
		}
	}
	if !storage.Exists(to) {
		oplog.NotYetCopied(t.a.con, from)
		return fmt.Errorf("no copy of %s", from)
	}
	if err := t.a.setDevice(ctx, im, t.device); err != nil {
		oplog.DeviceNotSet(t.a.con, t.prefix)
		return err
	}
	t.a.host.Moved(ctx, im.sop, im.patient, t.from, db.Location{File: im.file, Device: t.device})
	t.a.mirrorMoved(ctx, im, t.device)
	if !storage.Exists(from) {
		return nil
	}
	oplog.DeletingCopy(t.a.con, from)
	if err := storage.Remove(t.fromDir, im.file); err != nil {
		oplog.CopyNotDeleted(t.a.con, from)
		return err
	}
	return nil
}

// mirrorMoved enters an object for the mirror of the device it was moved to.
func (a *Archive) mirrorMoved(ctx context.Context, im image, device string) {
	dir := storage.NewDevices(a.host.Config().Storage).Path(device)
	if len(device) < 3 || !strings.EqualFold(device[:3], "MAG") || dir == "" {
		return
	}
	a.host.Mirror(ctx, dir+storage.Native(im.file), db.Location{File: im.file, Device: device})
}

func (a *Archive) setDevice(ctx context.Context, im image, device string) error {
	return a.index.SetLocation(ctx, im.sop, im.patient, db.Location{File: im.file, Device: device})
}

// parallelRows is how many index changes are under way at once; the index
// commits them as a group.
const parallelRows = 16

// inParallel runs f for all objects, and returns the errors. A panic in f is the
// error of its object.
func inParallel(ctx context.Context, images []image, f func(image) error) error {
	errs := make([]error, len(images))
	group.Each("objects", len(images), parallelRows, func(i int) error {
		if errs[i] = ctx.Err(); errs[i] == nil {
			errs[i] = group.Guard("object", func() error { return f(images[i]) })
		}
		return nil
	})
	return errors.Join(errs...)
}

// rewrite changes a stored object in its place. change tells whether the object
// is to be written.
func (a *Archive) rewrite(ctx context.Context, cfg *dicomini.Config, device string, im image, change func(context.Context, *dicom.Dataset) (bool, error)) {
	path := storage.NewDevices(cfg.Storage).Path(device) + storage.Native(im.file)
	defer a.host.Lock(im.sop)()
	ctx, done := budget.Work(ctx, "object")
	defer done()
	f, err := dicom.ReadFile(path, dicom.ParseOptions{Budget: budget.From(ctx)})
	if err != nil {
		a.con.Event("*** object not prepared for its move", "file", path, "error", err)
		return
	}
	defer f.Close()
	keep, err := change(ctx, f.Dataset)
	switch {
	case err != nil:
		a.con.Event("*** object not prepared for its move", "file", path, "error", err)
		return
	case !keep:
		return
	case f.String(dicom.SOPInstanceUID) != im.sop || f.String(dicom.PatientID) != im.patient || f.String(dicom.SeriesInstanceUID) != im.series:
		a.con.Event("*** a converter of devices may not change identifiers, the object stays as it was", "file", path)
		return
	case strings.EqualFold(filepath.Ext(path), ".v2") && f.TransferSyntax().Encapsulated:
		oplog.CanNotRewrite(a.con, path)
		return
	}
	loc := db.Location{File: im.file, Device: device}
	if err := a.host.Writer(cfg).WriteTo(path, f.Dataset); err != nil {
		a.con.Event("*** object not prepared for its move", "file", path, "error", err)
		return
	}
	if _, err := a.index.Add(ctx, f.Dataset, loc); err != nil {
		a.host.Refused(err, loc)
	} else {
		oplog.MovedImage(a.con, path)
	}
	a.mirrorMoved(ctx, im, device)
}

// prepareForArchive runs ArchiveConverter0 on the objects of a patient and
// recompresses them to ArchiveCompression.
func (a *Archive) prepareForArchive(ctx context.Context, cfg *dicomini.Config, device string, b bundle) {
	converter := cfg.HasArchiveConverter
	mode := strings.ToLower(cfg.ArchiveCompression)
	recompress := mode != "" && mode != "as" && mode != "is"
	if !converter && !recompress {
		return
	}
	for _, im := range b.images {
		a.rewrite(ctx, cfg, device, im, func(ctx context.Context, ds *dicom.Dataset) (bool, error) {
			write := false
			if converter {
				q := rules.Request{Object: ds, Caller: &rules.Party{CallingAE: cfg.MyACRNema, CalledAE: cfg.MyACRNema, Variables: &scripting.Vars{}}}
				out := a.rules.Hook(ctx, cfg, scripting.Archive, 0, q)
				write = a.lets(cfg, device, im, out) && out.Ran
			}
			if !recompress {
				return write, nil
			}
			return true, a.host.Transcode(ctx, ds, mode)
		})
	}
}
