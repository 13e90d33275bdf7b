package storage

import (
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
)

// Fixes tells which repairs are on.
type Fixes struct {
	Philips, Kodak bool
	AllowEmpty     bool // AllowEmptyPatientID: no repairs at all
	UIDs           bool // fill in missing study and series UIDs (C-STORE)
}

// Old private places of UIDs that ACR-NEMA gateways used.
const (
	oldStudyUID  dicom.Tag = 0x00211070
	oldSeriesUID dicom.Tag = 0x00211071
)

// FixImage repairs identifiers of a received object in place
// (docs/original/storage.md 5) and tells the debug log of it.
func FixImage(log oplog.Debug, ds *dicom.Dataset, f Fixes) {
	if f.AllowEmpty {
		return
	}
	if !ds.Has(dicom.PatientName) {
		ds.Put(dicom.Element{Tag: dicom.PatientName, VR: dicom.PN, Value: []byte("NO NAME\x00")})
		oplog.AddedName(log)
	}
	fixPatientID(log, ds, f)
	if f.UIDs {
		fixUID(ds, dicom.StudyInstanceUID, oldStudyUID)
		fixUID(ds, dicom.SeriesInstanceUID, oldSeriesUID)
	}
}

func fixPatientID(log oplog.Debug, ds *dicom.Dataset, f Fixes) {
	e := ds.Get(dicom.PatientID)
	if e == nil {
		setID(ds, "00000000")
		oplog.AddedID(log)
		return
	}
	raw := string(e.Value)
	trimmed := strings.TrimRight(raw, " ")
	if n := len(raw) - len(trimmed); n > 0 {
		if n > 1 {
			oplog.TruncatedID(log, n)
		}
		if n > 1 || len(trimmed)%2 == 0 {
			setID(ds, trimmed)
		}
	}
	id := strings.TrimRight(raw, " \x00")
	switch {
	case len(trimmed) < 1 || len(raw) < 2:
		setID(ds, "00000000")
		oplog.FixedID(log)
	case f.Philips && len(id) == 10 && strings.HasPrefix(id, "00") && dicomini.Atoi(id) > 1000000:
		short := id
		for range 3 {
			short = strings.TrimPrefix(short, "0")
		}
		setID(ds, short)
	case f.Kodak && len(id) == 8 && id[0] == '0' && dicomini.Atoi(id) > 1000000:
		setID(ds, id[1:])
	}
}

func setID(ds *dicom.Dataset, id string) {
	ds.Put(dicom.NewText(dicom.PatientID, dicom.LO, id))
}

func fixUID(ds *dicom.Dataset, t, old dicom.Tag) {
	if ds.Has(t) {
		return
	}
	uid := ds.String(old)
	if uid == "" {
		uid = "undefined"
	}
	ds.Put(dicom.NewText(t, dicom.UI, uid))
}
