package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"conquest/budget"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pixel"
	"conquest/storage"
)

// PrepareBunch moves what is marked for archiving on a MAG device to the cache
// of a JUKEBOXn.c device; the index then names the jukebox, whose files are
// found in the cache until the medium is burned.
func (a *Archive) PrepareBunch(ctx context.Context, from, to string) error {
	dev := storage.NewDevices(a.host.Config().Storage)
	if !strings.Contains(from, archivingSuffix) {
		from += archivingSuffix
	}
	t := &transfer{a: a, prefix: "Archival", from: from, to: to, device: to, copied: "copied image data", deleted: "deleted on-line image data"}
	var err error
	if t.fromDir, err = a.deviceDir(dev, "Archival", "from-device", from); err != nil {
		return err
	}
	if _, err = a.deviceDir(dev, "Archival", "to-device", to); err != nil {
		return err
	}
	number, err := a.jukeboxNumber(to)
	if err != nil {
		return err
	}
	if used, err := a.imagesOn(ctx, to); err != nil || len(used) > 0 {
		oplog.JukeboxUsed(a.con, to)
		return errors.Join(ErrSaid, err)
	}
	if t.bundles, err = a.patientsOn(ctx, from); err != nil {
		oplog.NoPatientList(a.con)
		return err
	}
	total := 0
	for _, b := range t.bundles {
		total += a.kilobytes(dev, from, b)
	}
	if total == 0 {
		oplog.NothingToWrite(a.con)
		return ErrSaid
	}
	if t.toDir, err = a.emptiestCache(dev, number, total); err != nil {
		return err
	}
	oplog.WritingToCache(a.con, t.toDir)
	return t.run(ctx)
}

// cacheReserve is the free space in KB that a cache must have beyond the data.
const cacheReserve = 10000

// emptiestCache is the folder for jukebox and medium on the cache device with
// most free space.
func (a *Archive) emptiestCache(dev *storage.Devices, number string, kb int) (string, error) {
	best, free := "", (kb+cacheReserve)/1000
	for n := range dev.Caches() {
		dir := dev.Path(fmt.Sprintf("CACHE%d.%s", n, number))
		if dir == "" {
			continue
		}
		if mb := dev.FreeAt(dir); mb > free {
			best, free = dir, mb
		}
	}
	if best == "" {
		oplog.NoCacheSpace(a.con, kb+cacheReserve)
		return "", ErrSaid
	}
	return best, nil
}

// CompareBunch compares a burned medium with its cache.
func (a *Archive) CompareBunch(ctx context.Context, jukebox string) error {
	_, _, _, err := a.compareBunch(ctx, jukebox)
	return err
}

func (a *Archive) compareBunch(ctx context.Context, jukebox string) (cache, medium string, patients []bundle, err error) {
	dev := storage.NewDevices(a.host.Config().Storage)
	if medium, err = a.deviceDir(dev, "Archival", "jukebox device", jukebox); err != nil {
		return
	}
	if cache, err = a.cacheOf(dev, jukebox); err != nil {
		return
	}
	if patients, err = a.patientsOn(ctx, jukebox); err != nil {
		oplog.NoPatientList(a.con)
		return
	}
	for _, b := range patients {
		if err = a.compareBundle(b, cache, medium); err != nil {
			oplog.CompareFailed(a.con, b.name)
			return
		}
		oplog.Compared(a.con, b.name)
	}
	return
}

// compareBundle compares the files of objects in two folders; the first
// difference ends it.
func (a *Archive) compareBundle(b bundle, from, to string) error {
	for _, im := range b.images {
		one, other := from+storage.Native(im.file), to+storage.Native(im.file)
		oplog.ComparingFiles(a.con, one, other)
		if err := storage.SameContent(one, other); err != nil {
			oplog.ComparisonFailed(a.con, one, other)
			return err
		}
	}
	return nil
}

// DeleteBunch deletes the cache of a burned medium, and the mirror copies of its
// objects, after comparing all of it once more.
func (a *Archive) DeleteBunch(ctx context.Context, jukebox string) error {
	cache, _, patients, err := a.compareBunch(ctx, jukebox)
	if err != nil {
		return err
	}
	mirror := storage.NewDevices(a.host.Config().Storage).Mirror(0)
	for _, b := range patients {
		if err := a.deleteCopies(b, cache); err != nil {
			oplog.CacheNotDeleted(a.con, b.name)
			return err
		}
		oplog.CacheDeleted(a.con, b.name)
		if mirror == "" {
			continue
		}
		if err := a.deleteCopies(b, mirror); err != nil {
			oplog.MirrorDataNotDeleted(a.con, b.name)
			return err
		}
		oplog.MirrorDataDeleted(a.con, b.name)
	}
	os.Remove(cache) // stays when it is not empty
	return nil
}

func (a *Archive) deleteCopies(b bundle, dir string) error {
	var errs []error
	for _, im := range b.images {
		path := dir + storage.Native(im.file)
		if !storage.Exists(path) {
			continue
		}
		oplog.DeletingCopy(a.con, path)
		if err := storage.Remove(dir, im.file); err != nil {
			oplog.CopyNotDeleted(a.con, path)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// VerifyMirror compares the objects of a MAG device with its mirror, the newest
// patients first.
func (a *Archive) VerifyMirror(ctx context.Context, device string) error {
	dev := storage.NewDevices(a.host.Config().Storage)
	dir, err := a.deviceDir(dev, "Archival", "main device", device)
	if err != nil {
		return err
	}
	if len(device) < 3 || !strings.EqualFold(device[:3], "MAG") {
		oplog.NotMAG(a.con, device)
		return ErrSaid
	}
	mirror, err := a.deviceDir(dev, "Archival", "mirror device", "MIRROR"+strconv.Itoa(dicomini.Atoi(device[3:])))
	if err != nil {
		return err
	}
	return a.checkPatients(ctx, device, "error comparing mirror data", "verified mirror data", func(b bundle) error {
		return a.compareBundle(b, dir, mirror)
	})
}

// TestImages reads all objects of a device, pixels included, the newest patients
// first.
func (a *Archive) TestImages(ctx context.Context, device string) error {
	dev := storage.NewDevices(a.host.Config().Storage)
	dir, err := a.deviceDir(dev, "Archival", "device to test read", device)
	if err != nil {
		return err
	}
	return a.checkPatients(ctx, device, "error test reading data", "test read all data", func(b bundle) error {
		var errs []error
		for _, im := range b.images {
			path := dir + storage.Native(im.file)
			oplog.TestingFile(a.con, path)
			if err := a.testFile(ctx, path); err != nil {
				oplog.TestReadFailed(a.con, path, err)
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	})
}

func (a *Archive) checkPatients(ctx context.Context, device, bad, good string, check func(bundle) error) error {
	patients, err := a.patientsOn(ctx, device)
	if err != nil {
		oplog.NoPatientList(a.con)
		return err
	}
	var errs []error
	for _, b := range slices.Backward(patients) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := check(b); err != nil {
			oplog.CheckFailed(a.con, bad, b.name)
			errs = append(errs, err)
			continue
		}
		oplog.Checked(a.con, good, b.name)
	}
	return errors.Join(errs...)
}

// needed are the elements without which a stored object is no good.
var needed = []struct {
	tag  dicom.Tag
	name string
}{
	{dicom.PatientID, "PatientID"}, {dicom.StudyInstanceUID, "StudyInstanceUID"},
	{dicom.SeriesInstanceUID, "SeriesInstanceUID"}, {dicom.SOPInstanceUID, "SOPInstanceUID"},
}

// testFile reads an object and decompresses its pixels.
func (a *Archive) testFile(ctx context.Context, path string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decompression or CRC error: %v", p)
		}
	}()
	ctx, done := budget.Work(ctx, "object")
	defer done()
	f, err := dicom.ReadFile(path, dicom.ParseOptions{Budget: budget.From(ctx)})
	if err != nil {
		return fmt.Errorf("failed to read: %w", err)
	}
	defer f.Close()
	for _, n := range needed {
		if !f.Has(n.tag) {
			return fmt.Errorf("%s missing", n.name)
		}
	}
	if !f.TransferSyntax().Encapsulated && pixel.Plain(f.Dataset) {
		return nil
	}
	if err := a.host.Transcode(ctx, f.Dataset, "un"); err != nil {
		return fmt.Errorf("decompression or CRC error: %w", err)
	}
	return nil
}
