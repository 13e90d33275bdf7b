package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"conquest/db"
	"conquest/dicomini"
	"conquest/storage"
)

// errTwoDevices is said for options that need two device names.
var errTwoDevices = errors.New("option requires two device names")

// errArchival is the error of an archival command that has said on the console
// what is wrong.
var errArchival = errors.New("archival operation failed")

// archivingSuffix marks the device name of objects that are selected.
const archivingSuffix = ".Archiving"

// onDevice is an image row as moves between devices see it.
type onDevice struct {
	patient, series, sop, file string
}

// imagesOn are the objects that the index has on a device, in order of their
// patients and series.
func (s *Server) imagesOn(ctx context.Context, device string) ([]onDevice, error) {
	rows, err := s.db.Query(ctx, s.live.Current().ImageTableName, "ImagePat, SeriesInst, SOPInstanc, ObjectFile", "DeviceName = "+db.Quote(device), "")
	if err != nil {
		return nil, fmt.Errorf("list objects on %s: %w", device, err)
	}
	list := make([]onDevice, 0, len(rows))
	for _, r := range rows {
		if r[3] != "" {
			list = append(list, onDevice{r[0], r[1], r[2], r[3]})
		}
	}
	return list, nil
}

// bundle is the objects of one patient or series.
type bundle struct {
	kind, name string // "patient" or "series", and its ID
	images     []onDevice
}

// bundled groups objects by key, in the order of keys; without keys in the order
// of first appearance.
func bundled(kind string, images []onDevice, keys []string, key func(onDevice) string) []bundle {
	at := map[string]int{}
	var list []bundle
	for _, k := range keys {
		if _, known := at[k]; !known {
			at[k] = len(list)
			list = append(list, bundle{kind: kind, name: k})
		}
	}
	for _, im := range images {
		k := key(im)
		i, known := at[k]
		if !known {
			i = len(list)
			at[k] = i
			list = append(list, bundle{kind: kind, name: k})
		}
		list[i].images = append(list[i].images, im)
	}
	return slices.DeleteFunc(list, func(b bundle) bool { return len(b.images) == 0 })
}

// patientsOn are the patients with objects on a device, least recently changed
// first.
func (s *Server) patientsOn(ctx context.Context, device string) ([]bundle, error) {
	images, err := s.imagesOn(ctx, device)
	if err != nil || len(images) == 0 {
		return nil, err
	}
	order, err := s.patientsByAge(ctx, "")
	if err != nil {
		return nil, err
	}
	return bundled("patient", images, order, func(im onDevice) string { return im.patient }), nil
}

// patientsByAge are all patient IDs in ascending order of the newest value that
// a column of the study table has for them; "" stands for AccessTime.
func (s *Server) patientsByAge(ctx context.Context, column string) ([]string, error) {
	if column == "" {
		column = "AccessTime"
	}
	rows, err := s.db.Query(ctx, s.live.Current().StudyTableName, "PatientID, "+column, "", "")
	if err != nil {
		return nil, fmt.Errorf("list patients by %s: %w", column, err)
	}
	newest := map[string]string{}
	for _, r := range rows {
		if v, known := newest[r[0]]; !known || compareAge(r[1], v) > 0 {
			newest[r[0]] = r[1]
		}
	}
	ids := make([]string, 0, len(newest))
	for id := range newest {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(compareAge(newest[a], newest[b]), strings.Compare(a, b))
	})
	return ids, nil
}

// compareAge compares numbers by value and other text letter by letter, without
// regard to case.
func compareAge(a, b string) int {
	if isDigits(a) && isDigits(b) && len(a) != len(b) {
		return cmp.Compare(len(strings.TrimLeft(a, "0")), len(strings.TrimLeft(b, "0")))
	}
	return strings.Compare(strings.ToLower(a), strings.ToLower(b))
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// kilobytes is the size of the files of a bundle as the original counts it.
func (s *Server) kilobytes(dev *storage.Devices, device string, b bundle) int {
	total := 0.0
	for _, im := range b.images {
		path, _, ok := dev.Locate(device, im.file)
		fi, err := os.Stat(path)
		if !ok || err != nil {
			s.con.Operator("***Unable to determine size of file: '%s'", dev.Path(device)+im.file)
			continue
		}
		s.con.Debug("%s = %d KB", path, fi.Size()/1024)
		total += float64(fi.Size()) / 1024
	}
	s.con.Debug("Total Size = %d KB", int(total+0.512))
	return int(total + 0.512)
}

// SelectLRU marks the patients on a MAG device that changed longest ago, up to
// kb kilobytes, for archiving; negative kb takes the newest. Up to ten patients
// that do not fit are passed over. ArchiveConverter0 and ArchiveCompression are
// applied to what is looked at.
func (s *Server) SelectLRU(ctx context.Context, device string, kb int) error {
	cfg := s.live.Current()
	busy, err := s.imagesOn(ctx, device+archivingSuffix)
	if err == nil && len(busy) > 0 {
		s.con.Operator("Archival: *** Patients were already selected for archiving")
		return errArchival
	}
	var chosen []bundle
	if err == nil {
		chosen, err = s.oldestFitting(ctx, cfg, device, kb)
	}
	if err != nil {
		s.con.Operator("Archival: *** could not create patient list")
		return err
	}
	for _, b := range chosen {
		if err := s.mark(ctx, b, device+archivingSuffix); err != nil {
			s.con.Operator("Archival: *** could not set device name to archiving for patient: %s", b.name)
			return errors.Join(err, s.RestoreMAGFlags(ctx))
		}
		s.con.Operator("Archival: set archive flag for patient: %s", b.name)
	}
	total := 0
	for _, b := range chosen {
		size := s.kilobytes(storage.NewDevices(cfg.Storage), device, b)
		s.con.Operator("Archival: %6d KB will be written for patient: %s", size, b.name)
		total += size
	}
	if total == 0 {
		s.con.Operator("Archival: nothing to do")
		return errArchival
	}
	s.con.Operator("Archival: total archive amount: %d KB", total)
	return nil
}

// passedOver is how many patients that do not fit end a selection.
const passedOver = 10

func (s *Server) oldestFitting(ctx context.Context, cfg *dicomini.Config, device string, kb int) ([]bundle, error) {
	images, err := s.imagesOn(ctx, device)
	if err != nil {
		return nil, err
	}
	order, err := s.patientsByAge(ctx, cfg.LRUSort)
	if err != nil {
		return nil, err
	}
	all := bundled("patient", images, order, func(im onDevice) string { return im.patient })
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
		s.prepareForArchive(ctx, cfg, device, b)
		size := s.kilobytes(dev, device, b)
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
func (s *Server) mark(ctx context.Context, b bundle, device string) error {
	return inParallel(ctx, b.images, func(im onDevice) error {
		return s.setDevice(ctx, im, device)
	})
}

// SelectSeries marks the series on a device whose date is more than days ago
// (negative: less) for archiving. With kb > 0 the first series that goes beyond
// it is the last.
func (s *Server) SelectSeries(ctx context.Context, device string, days, kb int) error {
	cfg := s.live.Current()
	all, err := s.seriesOn(ctx, device, days)
	if err != nil {
		s.con.Operator("Archival: *** could not create series list")
		return err
	}
	total := 0
	for _, b := range all {
		if kb > 0 {
			if total > kb {
				break
			}
			total += s.kilobytes(storage.NewDevices(cfg.Storage), device, b)
		}
		if err := s.mark(ctx, b, device+archivingSuffix); err != nil {
			s.con.Operator("Archival: *** could not set device name to archiving for series: %s", b.name)
			return errors.Join(err, s.RestoreMAGFlags(ctx))
		}
		s.con.Operator("Archival: set archive flag for series: %s", b.name)
	}
	return nil
}

// seriesOn are the series with objects on a device in order of their dates;
// days as in SelectSeries, 0 takes all.
func (s *Server) seriesOn(ctx context.Context, device string, days int) ([]bundle, error) {
	images, err := s.imagesOn(ctx, device)
	if err != nil || len(images) == 0 {
		return nil, err
	}
	rows, err := s.db.Query(ctx, s.live.Current().SeriesTableName, "SeriesInst, SeriesDate", "", "SeriesDate")
	if err != nil {
		return nil, fmt.Errorf("list series by date: %w", err)
	}
	var order []string
	keep := map[string]bool{}
	for _, r := range rows {
		order = append(order, r[0])
		keep[r[0]] = isOfAge(r[1], days, time.Now())
	}
	list := bundled("series", images, order, func(im onDevice) string { return im.series })
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
func (s *Server) RestoreMAGFlags(ctx context.Context) error {
	dev := storage.NewDevices(s.live.Current().Storage)
	var errs []error
	for n := range dev.MAGs() {
		name := fmt.Sprintf("MAG%d", n)
		s.con.Operator("Resetting archive flag on device: %s", name)
		if _, err := s.db.RenameDevice(ctx, name+archivingSuffix, name); err != nil {
			s.con.Operator("Archival: *** could not restore device name (DeviceName = '%s')", name)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// RenameDevice changes the device name of all objects on a device; their files
// stay where they are.
func (s *Server) RenameDevice(ctx context.Context, from, to string) error {
	if _, err := s.db.RenameDevice(ctx, from, to); err != nil {
		s.con.Operator("***Unable to update image records to new device")
		s.con.Operator("Archival: *** could not set new device name DeviceName = '%s'", to)
		return err
	}
	s.con.Operator("Archival: set new device name DeviceName = '%s'", to)
	return nil
}

// deviceDir is the folder of a device, saying on the console what is wrong when
// there is none.
func (s *Server) deviceDir(dev *storage.Devices, complaint, device string) (string, error) {
	dir := dev.Path(device)
	if dir == "" {
		s.con.Operator(complaint, device)
		return "", fmt.Errorf("no device %s: %w", device, errArchival)
	}
	return dir, nil
}

// cacheOf is the cache folder of a JUKEBOXn.c device that exists.
func (s *Server) cacheOf(dev *storage.Devices, jukebox string) (string, error) {
	name, err := s.jukeboxNumber(jukebox)
	if err != nil {
		return "", err
	}
	for n := range dev.Caches() {
		dir := dev.Path(fmt.Sprintf("CACHE%d.%s", n, name))
		if fi, err := os.Stat(dir); dir != "" && err == nil && fi.IsDir() {
			s.con.Debug("Located cache directory: %s", dir)
			return dir, nil
		}
	}
	s.con.Operator("Archival: *** could not find cache directory for: %s", jukebox)
	s.con.Operator("Archival: *** could not find cache device for: %s", jukebox)
	return "", errArchival
}

// jukeboxNumber is the "n.c" of a device JUKEBOXn.c.
func (s *Server) jukeboxNumber(device string) (string, error) {
	if len(device) < 7 || !strings.EqualFold(device[:7], "JUKEBOX") {
		s.con.Operator("Archival: *** to-device (%s) should have been a JUKEBOX device", device)
		return "", errArchival
	}
	if !strings.Contains(device, ".") {
		s.con.Operator("Archival: *** to-device (%s) has no CD number specified", device)
		return "", errArchival
	}
	return device[7:], nil
}
