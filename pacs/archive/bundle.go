package archive

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"conquest/db"
	"conquest/oplog"
	"conquest/storage"
)

// image is an image row as moves between devices see it.
type image struct {
	patient, series, sop, file string
}

// imagesOn are the objects that the index has on a device, in order of their
// patients and series.
func (a *Archive) imagesOn(ctx context.Context, device string) ([]image, error) {
	series, instance := a.index.UIDColumns()
	rows, err := a.index.Query(ctx, a.host.Config().ImageTableName, "ImagePat, "+series+", "+instance+", ObjectFile", "DeviceName = "+db.Quote(device), "")
	if err != nil {
		return nil, fmt.Errorf("list objects on %s: %w", device, err)
	}
	list := make([]image, 0, len(rows))
	for _, r := range rows {
		if r[3] != "" {
			list = append(list, image{r[0], r[1], r[2], r[3]})
		}
	}
	return list, nil
}

// bundle is the objects of one patient or series.
type bundle struct {
	kind, name string // "patient" or "series", and its ID
	images     []image
}

// bundled groups objects by key, in the order of keys; without keys in the order
// of first appearance.
func bundled(kind string, images []image, keys []string, key func(image) string) []bundle {
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
func (a *Archive) patientsOn(ctx context.Context, device string) ([]bundle, error) {
	images, err := a.imagesOn(ctx, device)
	if err != nil || len(images) == 0 {
		return nil, err
	}
	order, err := a.patientsByAge(ctx, "")
	if err != nil {
		return nil, err
	}
	return bundled("patient", images, order, func(im image) string { return im.patient }), nil
}

// patientsByAge are all patient IDs in ascending order of the newest value that
// a column of the study table has for them; "" stands for AccessTime.
func (a *Archive) patientsByAge(ctx context.Context, column string) ([]string, error) {
	if column == "" {
		column = "AccessTime"
	}
	rows, err := a.index.Query(ctx, a.host.Config().StudyTableName, "PatientID, "+column, "", "")
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
func (a *Archive) kilobytes(dev *storage.Devices, device string, b bundle) int {
	total := 0.0
	for _, im := range b.images {
		path, _, ok := dev.Locate(device, im.file)
		fi, err := os.Stat(path)
		if !ok || err != nil {
			oplog.SizeUnknown(a.con, dev.Path(device)+im.file)
			continue
		}
		oplog.SizeOfFile(a.con, path, fi.Size()/1024)
		total += float64(fi.Size()) / 1024
	}
	oplog.TotalSize(a.con, int(total+0.512))
	return int(total + 0.512)
}

// OldestPatients are at most limit patients, least recently changed first or in
// the order of a column of the study table; of one device when one is named.
func (a *Archive) OldestPatients(ctx context.Context, limit int, device, order string) ([]string, error) {
	all, err := a.patientsByAge(ctx, order)
	if err != nil {
		return nil, err
	}
	present := map[string]bool{}
	if device != "" {
		images, err := a.imagesOn(ctx, device)
		if err != nil {
			return nil, err
		}
		for _, im := range images {
			present[im.patient] = true
		}
	}
	var ids []string
	for _, id := range all {
		if id != "" && (device == "" || present[id]) && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
