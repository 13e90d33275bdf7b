package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"conquest/dicomini"
	"conquest/oplog"
	"conquest/storage"
)

// archivingSuffix marks the device name of objects that are selected.
const archivingSuffix = ".Archiving"

// SelectLRU marks the patients on a MAG device that changed longest ago, up to
// kb kilobytes, for archiving; negative kb takes the newest. Up to ten patients
// that do not fit are passed over. ArchiveConverter0 and ArchiveCompression are
// applied to what is looked at.
func (a *Archive) SelectLRU(ctx context.Context, device string, kb int) error {
	cfg := a.host.Config()
	busy, err := a.imagesOn(ctx, device+archivingSuffix)
	if err == nil && len(busy) > 0 {
		oplog.AlreadySelected(a.con)
		return ErrSaid
	}
	var chosen []bundle
	if err == nil {
		chosen, err = a.oldestFitting(ctx, cfg, device, kb)
	}
	if err != nil {
		oplog.NoPatientList(a.con)
		return err
	}
	for _, b := range chosen {
		if err := a.mark(ctx, b, device+archivingSuffix); err != nil {
			oplog.PatientNotMarked(a.con, b.name)
			return errors.Join(err, a.RestoreMAGFlags(ctx))
		}
		oplog.PatientMarked(a.con, b.name)
	}
	total := 0
	for _, b := range chosen {
		size := a.kilobytes(storage.NewDevices(cfg.Storage), device, b)
		oplog.PatientSize(a.con, size, b.name)
		total += size
	}
	if total == 0 {
		oplog.NothingToMark(a.con)
		return ErrSaid
	}
	oplog.TotalMarked(a.con, total)
	return nil
}

// passedOver is how many patients that do not fit end a selection.
const passedOver = 10

func (a *Archive) oldestFitting(ctx context.Context, cfg *dicomini.Config, device string, kb int) ([]bundle, error) {
	images, err := a.imagesOn(ctx, device)
	if err != nil {
		return nil, err
	}
	order, err := a.patientsByAge(ctx, cfg.LRUSort)
	if err != nil {
		return nil, err
	}
	all := bundled("patient", images, order, func(im image) string { return im.patient })
	if kb < 0 {
		slices.Reverse(all)
		kb = -kb
	}
	dev := storage.NewDevices(cfg.Storage)
	var chosen []bundle
	total, over := 0, 0
	for _, b := range all {
		if b.name == "" {
			continue // objects without patient ID stay
		}
		a.prepareForArchive(ctx, cfg, device, b)
		size := a.kilobytes(dev, device, b)
		if total+size > kb {
			if over++; over == passedOver {
				break
			}
			continue
		}
		total += size
		if size > 0 {
			chosen = append(chosen, b)
		}
	}
	return chosen, nil
}

// mark changes the device name of the objects of a bundle; their files stay.
func (a *Archive) mark(ctx context.Context, b bundle, device string) error {
	return inParallel(ctx, b.images, func(im image) error {
		return a.setDevice(ctx, im, device)
	})
}

// SelectSeries marks the series on a device whose date is more than days ago
// (negative: less) for archiving. With kb > 0 the first series that goes beyond
// it is the last.
func (a *Archive) SelectSeries(ctx context.Context, device string, days, kb int) error {
	cfg := a.host.Config()
	all, err := a.seriesOn(ctx, device, days)
	if err != nil {
		oplog.NoSeriesList(a.con)
		return err
	}
	total := 0
	for _, b := range all {
		if kb > 0 {
			if total > kb {
				break
			}
			total += a.kilobytes(storage.NewDevices(cfg.Storage), device, b)
		}
		if err := a.mark(ctx, b, device+archivingSuffix); err != nil {
			oplog.SeriesNotMarked(a.con, b.name)
			return errors.Join(err, a.RestoreMAGFlags(ctx))
		}
		oplog.SeriesMarked(a.con, b.name)
	}
	return nil
}

// seriesOn are the series with objects on a device in order of their dates;
// days as in SelectSeries, 0 takes all.
func (a *Archive) seriesOn(ctx context.Context, device string, days int) ([]bundle, error) {
	images, err := a.imagesOn(ctx, device)
	if err != nil || len(images) == 0 {
		return nil, err
	}
	series, _ := a.index.UIDColumns()
	rows, err := a.index.Query(ctx, a.host.Config().SeriesTableName, series+", SeriesDate", "", "SeriesDate")
	if err != nil {
		return nil, fmt.Errorf("list series by date: %w", err)
	}
	var order []string
	keep := map[string]bool{}
	for _, r := range rows {
		order = append(order, r[0])
		keep[r[0]] = isOfAge(r[1], days, time.Now())
	}
	list := bundled("series", images, order, func(im image) string { return im.series })
	return slices.DeleteFunc(list, func(b bundle) bool { return days != 0 && !keep[b.name] }), nil
}

// isOfAge tells whether a date is more than days before now, or less for
// negative days. An unreadable date counts as very old.
func isOfAge(date string, days int, now time.Time) bool {
	t, err := time.ParseInLocation("20060102", date, time.Local)
	limit := now.AddDate(0, 0, -max(days, -days))
	switch {
	case days > 0:
		return err != nil || !t.After(limit)
	case days < 0:
		return err == nil && !t.Before(limit)
	}
	return true
}

// RestoreMAGFlags takes the mark of archiving from all objects that have it.
func (a *Archive) RestoreMAGFlags(ctx context.Context) error {
	dev := storage.NewDevices(a.host.Config().Storage)
	var errs []error
	for n := range dev.MAGs() {
		name := fmt.Sprintf("MAG%d", n)
		oplog.ResettingFlag(a.con, name)
		if _, err := a.index.RenameDevice(ctx, name+archivingSuffix, name); err != nil {
			oplog.FlagNotReset(a.con, name)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// RenameDevice changes the device name of all objects on a device; their files
// stay where they are.
func (a *Archive) RenameDevice(ctx context.Context, from, to string) error {
	if _, err := a.index.RenameDevice(ctx, from, to); err != nil {
		oplog.RowsNotRenamed(a.con)
		oplog.DeviceNotRenamed(a.con, to)
		return err
	}
	oplog.DeviceRenamed(a.con, to)
	return nil
}
