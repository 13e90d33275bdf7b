package archive

import (
	"context"
	"strconv"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/storage"
)

// Bounds of cleaning, as in the original (docs/original/storage.md 7).
const (
	cleanExtra     = 5    // MB to be free beyond what is asked for
	cleanLeast     = 10   // MB that are asked for at least
	automaticExtra = 1000 // MB that automatic cleaning asks for beyond MAGDeviceThreshHold
	sortedPatients = 1000 // patients that one cleaning by LRUSort deletes at most
)

// largestFree is the free space in MB of the emptiest MAG device.
func largestFree(dev *storage.Devices) int {
	most := 0
	for n := range dev.MAGs() {
		most = max(most, dev.Free("MAG"+strconv.Itoa(n)))
	}
	return most
}

// StartCleaning deletes the oldest patients in the background; one cleaning runs
// at a time.
func (a *Archive) StartCleaning(cfg *dicomini.Config) {
	oplog.RunningOutOfSpace(a.con)
	if !a.cleaning.CompareAndSwap(false, true) {
		return
	}
	a.work.Go("clean devices", func() {
		defer a.cleaning.Store(false)
		if err := a.killOff(context.Background(), cfg, cfg.MAGDeviceThreshHold+automaticExtra); err != nil {
			a.con.Event("*** cleaning ended", "error", err)
		}
	})
}

// Clean deletes the oldest patients when no MAG device has threshold MB free, as
// every night; 0 is never.
func (a *Archive) Clean(ctx context.Context, threshold int) {
	cfg := a.host.Config()
	if threshold == 0 || largestFree(storage.NewDevices(cfg.Storage)) >= threshold {
		return
	}
	if !a.cleaning.CompareAndSwap(false, true) {
		return
	}
	defer a.cleaning.Store(false)
	oplog.CleanupStarts(a.con)
	if err := a.killOff(ctx, cfg, threshold); err != nil {
		a.con.Event("*** cleaning ended", "error", err)
	}
}

// MakeSpace deletes the oldest patients until a MAG device has this many MB free
// (-ff, makespace).
func (a *Archive) MakeSpace(ctx context.Context, mb int) error {
	cfg := a.host.Config()
	if largestFree(storage.NewDevices(cfg.Storage)) >= mb {
		return nil
	}
	return a.killOff(ctx, cfg, mb)
}

// killOff deletes whole patients until more than need MB are free: by LRUSort
// those with objects on MAG0, else those whose data changed longest ago.
func (a *Archive) killOff(ctx context.Context, cfg *dicomini.Config, need int) error {
	if need == 0 {
		need = cleanLeast
	}
	dev := storage.NewDevices(cfg.Storage)
	enough := func() bool { return largestFree(dev) > need+cleanExtra }
	if a.host.GiveRoom(cfg, enough) && enough() {
		return nil
	}
	ids, on, err := a.expendable(ctx, cfg)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		oplog.CleanupDeletes(a.con, largestFree(dev), need, on, id)
		if err := a.deletePatient(ctx, cfg, id); err != nil {
			return err
		}
		if largestFree(dev) > need+cleanExtra {
			return nil
		}
	}
	if cfg.LRUSort == "" {
		oplog.CleanupStops(a.con, largestFree(dev), need)
	}
	return nil
}

// expendable are the patients in the order in which they go, and how console
// lines say it. Only patients with objects on a MAG device are listed: deleting
// others makes no space there.
func (a *Archive) expendable(ctx context.Context, cfg *dicomini.Config) (ids []string, on string, err error) {
	present := map[string]bool{}
	devices := storage.NewDevices(cfg.Storage).MAGs()
	if cfg.LRUSort != "" {
		devices, on = 1, " on "+cfg.LRUSort
	}
	for n := range devices {
		images, err := a.imagesOn(ctx, "MAG"+strconv.Itoa(n))
		if err != nil {
			return nil, "", err
		}
		for _, im := range images {
			present[im.patient] = true
		}
	}
	order, err := a.cleaningOrder(ctx, cfg)
	if err != nil {
		return nil, "", err
	}
	for _, id := range order {
		if id != "" && present[id] && (cfg.LRUSort == "" || len(ids) < sortedPatients) {
			ids = append(ids, id)
		}
	}
	return ids, on, nil
}

func (a *Archive) cleaningOrder(ctx context.Context, cfg *dicomini.Config) ([]string, error) {
	if cfg.LRUSort != "" {
		return a.patientsByAge(ctx, cfg.LRUSort)
	}
	rows, err := a.index.Query(ctx, cfg.PatientTableName, "PatientID", "", "AccessTime")
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r[0]
	}
	return ids, nil
}

// deletePatient removes all objects of exactly this patient ID: an ID may hold
// characters that are wildcards in queries.
func (a *Archive) deletePatient(ctx context.Context, cfg *dicomini.Config, id string) error {
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.PatientID, id)
	refs, err := a.index.Locate(ctx, keys)
	if err != nil {
		return err
	}
	mine := refs[:0]
	for _, r := range refs {
		if r.PatientID == id {
			mine = append(mine, r)
		}
	}
	return a.host.Remove(ctx, cfg, mine)
}
