package databases

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"conquest/db"
	"conquest/db/testserver"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/regress/rig"
)

// The archive of the scale test: 2 studies a patient, 2 series a study, 12 or 13
// images a series.
const (
	imagesPerPatient = 50
	seriesPerPatient = 4
)

var familyNames = []string{
	"SMITH", "SMIRNOV", "JONES", "WHITE", "BROWN", "TAYLOR", "WALKER", "WRIGHT", "KING", "GREEN", "HALL", "WOOD", "JACKSON", "CLARKE", "PATEL",
	"KHAN", "LEWIS", "JAMES", "PHILLIPS", "MASON", "MITCHELL", "ROSE", "DAVIS", "COX", "PARKER", "PRICE", "BENNETT", "YOUNG", "GRIFFITHS", "KELLY",
	"SIMPSON", "MARSHALL", "COLLINS", "BELL", "SHAW", "MURPHY", "MILLER", "COOK", "RICHARDSON", "CARTER", "MURRAY", "WATSON", "PALMER", "MORGAN",
	"HUGHES", "EDWARDS", "HILL", "MOORE", "CLARK", "HARRISON",
}

// archived is image i of the archive.
func archived(i int) *dicom.Dataset {
	pat, within := i/imagesPerPatient, i%imagesPerPatient
	series := within * seriesPerPatient / imagesPerPatient
	study := pat*2 + series/2
	ds := dicom.NewDataset(32)
	set := func(t dicom.Tag, v string) { ds.SetString(t, v) }
	uid := fmt.Sprintf("1.2.826.0.1.3680043.9.9999.%d", study)
	set(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.2")
	set(dicom.SOPInstanceUID, fmt.Sprintf("%s.%d.%d", uid, series, within))
	set(dicom.SeriesInstanceUID, fmt.Sprintf("%s.%d", uid, series))
	set(dicom.StudyInstanceUID, uid)
	set(dicom.PatientID, patientID(pat))
	set(dicom.PatientName, fmt.Sprintf("%s^GIVEN%d", familyNames[pat%len(familyNames)], pat/len(familyNames)))
	set(dicom.PatientBirthDate, time.Date(1930, 1, 1+pat*7%30000, 0, 0, 0, 0, time.UTC).Format("20060102"))
	set(dicom.PatientSex, [2]string{"M", "F"}[pat%2])
	set(dicom.StudyDate, studyDay(study).Format("20060102"))
	set(dicom.StudyTime, "101112")
	set(dicom.StudyID, strconv.Itoa(study))
	set(dicom.AccessionNumber, fmt.Sprintf("ACC%07d", study))
	set(dicom.StudyDescription, "CT thorax and abdomen")
	set(dicom.SeriesDescription, "Axial 5 mm")
	set(dicom.Modality, [4]string{"CT", "MR", "CT", "US"}[study%4])
	set(dicom.SeriesNumber, strconv.Itoa(series+1))
	set(dicom.InstanceNumber, strconv.Itoa(within+1))
	set(dicom.NewTag(0x0008, 0x0070), "Maker")
	set(dicom.NewTag(0x0008, 0x0008), `ORIGINAL\PRIMARY\AXIAL`)
	ds.SetUint16(dicom.Rows, 512)
	ds.SetUint16(dicom.Columns, 512)
	return ds
}

func patientID(pat int) string { return fmt.Sprintf("HOSP%07d", pat*7919%10000019) }

// studyDay spreads studies over ten years.
func studyDay(study int) time.Time {
	return time.Date(2015, 1, 1+study*613%3650, 0, 0, 0, 0, time.UTC)
}

// scaleSize is the number of images of the scale test.
func scaleSize(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("DGATE_SCALE"))
	if err != nil {
		t.Skip("DGATE_SCALE gives the number of images")
	}
	return n
}

// TestScale measures searches and stores in a large index. The SQLite file is
// kept in the folder for temporary files.
func TestScale(t *testing.T) {
	n := scaleSize(t)
	t.Run("sqlite", func(t *testing.T) {
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("dgate-scale-%d", n))
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "index.db3")
		scale(t, n, db.Options{Server: file, SQLite: true, SQLiteStartup: "PRAGMA synchronous = OFF"}, map[string]string{"SQLServer": file})
	})
	t.Run("postgres", func(t *testing.T) {
		s, err := testserver.StartPostgres()
		if err != nil {
			rig.Missing(t, err)
		}
		t.Cleanup(func() { s.Stop() })
		name, err := s.NewDatabase()
		if err != nil {
			t.Fatal(err)
		}
		scale(t, n, db.Options{Server: name, Host: s.Addr, Username: s.User, Postgres: true},
			map[string]string{"SQLServer": name, "SQLHost": s.Addr, "Username": s.User, "SqLite": "0", "Postgres": "1"})
	})
}

func scale(t *testing.T, n int, o db.Options, keys map[string]string) {
	ctx := context.Background()
	index, err := db.Open(ctx, dicomini.DefaultSchema(dicomini.SchemaOptions{TruncateFieldNames: 10}), o, db.Settings{AETitle: ownAE})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := index.Counts(ctx); err != nil || c.Images != int64(n) {
		if err := index.Initialize(ctx, db.AllTables, nil); err != nil {
			t.Fatal(err)
		}
		from := 0
		for _, to := range []int{1000, 100000, n} {
			if to = min(to, n); to > from {
				enter(t, index, from, to)
				from = to
				measureAdds(t, index, to)
			}
		}
	} else {
		measureAdds(t, index, n)
	}
	c, err := index.Counts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d patients, %d studies, %d series, %d images", c.Patients, c.Studies, c.Series, c.Images)
	// A new connection, as after a restart.
	index.Close()
	if index, err = db.Open(ctx, dicomini.DefaultSchema(dicomini.SchemaOptions{TruncateFieldNames: 10}), o, db.Settings{AETitle: ownAE}); err != nil {
		t.Fatal(err)
	}
	measureFinds(t, "index", n, func(id *dicom.Dataset) int {
		seq, err := index.Find(ctx, db.StudyRoot, id, db.FindOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			rows++
		}
		return rows
	})
	index.Close()
	s := newSite(t, dgate(t), keys)
	s.start()
	a, err := s.dial(dimse.StudyRootFind)
	if err != nil {
		t.Fatal(err)
	}
	measureFinds(t, "C-FIND", n, func(id *dicom.Dataset) int {
		rows := 0
		for _, err := range a.Find(ctx, dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: id}) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
		}
		return rows
	})
	a.Release(ctx)
}

func enter(t *testing.T, index *db.DB, from, to int) {
	t.Helper()
	start := time.Now()
	first := from
	for from < to {
		next := min(from+5000, to)
		items := make([]db.Item, 0, next-from)
		for ; from < next; from++ {
			ds := archived(from)
			items = append(items, db.Item{Object: ds, Location: db.Location{
				File:   fmt.Sprintf("%s/%s_%04d.dcm", ds.String(dicom.PatientID), ds.String(dicom.SeriesInstanceUID), from),
				Device: "MAG0",
			}})
		}
		if err := index.AddAll(context.Background(), items); err != nil {
			t.Fatal(err)
		}
		for i := range items {
			if items[i].Err != nil {
				t.Fatal(items[i].Err)
			}
		}
	}
	t.Logf("rows %d to %d entered: %.0f a second", first, to, float64(to-first)/time.Since(start).Seconds())
}

// measureAdds registers new images one by one, in new series and in known ones,
// and deletes them again.
func measureAdds(t *testing.T, index *db.DB, n int) {
	t.Helper()
	ctx := context.Background()
	var refs []db.ObjectRef
	for _, kind := range []string{"of one new study", "of known series"} {
		var times []time.Duration
		for i := range 200 {
			pat := i * (n/imagesPerPatient - 1) / 200
			ds := archived(pat * imagesPerPatient)
			if kind == "of one new study" {
				ds.SetString(dicom.PatientID, "NEW")
				ds.SetString(dicom.StudyInstanceUID, "1.2.3.4")
				ds.SetString(dicom.SeriesInstanceUID, "1.2.3.4.1")
			}
			ds.SetString(dicom.SOPInstanceUID, fmt.Sprintf("1.2.3.4.1.%d.%d", len(kind), i))
			loc := db.Location{File: fmt.Sprintf("NEW/%d.dcm", i), Device: "MAG0"}
			start := time.Now()
			_, found, err := index.Lookup(ctx, ds.String(dicom.SOPInstanceUID), ds.String(dicom.PatientID))
			if err == nil && !found {
				_, err = index.Add(ctx, ds, loc)
			}
			times = append(times, time.Since(start))
			if err != nil || found {
				t.Fatal(found, err)
			}
			refs = append(refs, db.ObjectRef{
				PatientID: ds.String(dicom.PatientID), StudyInstanceUID: ds.String(dicom.StudyInstanceUID),
				SeriesInstanceUID: ds.String(dicom.SeriesInstanceUID), SOPInstanceUID: ds.String(dicom.SOPInstanceUID), Location: loc,
			})
		}
		slices.Sort(times)
		t.Logf("%8d rows: find-or-add of an image %s: median %v, 95%% below %v", n, kind, times[100], times[190])
	}
	if err := index.Delete(ctx, refs...); err != nil {
		t.Fatal(err)
	}
}

func keys(level string, pairs ...string) *dicom.Dataset {
	ds := dicom.NewDataset(10)
	ds.SetString(dicom.QueryRetrieveLevel, level)
	for i := 0; i+1 < len(pairs); i += 2 {
		tag, ok := dicom.ParseTag(pairs[i])
		if !ok {
			panic(pairs[i])
		}
		ds.SetString(tag, pairs[i+1])
	}
	return ds
}

// measureFinds asks each kind of question with many different keys.
func measureFinds(t *testing.T, how string, n int, ask func(*dicom.Dataset) int) {
	t.Helper()
	pats := n / imagesPerPatient
	study := func(i int) string {
		ds := archived(i * pats / 40 * imagesPerPatient)
		return ds.String(dicom.StudyInstanceUID)
	}
	day := func(i int) string { return studyDay(i * 97).Format("20060102") }
	list := []string{"0020,000d", "", "0010,0010", "", "0010,0020", "", "0008,0020", "", "0008,0030", "", "0008,0050", "", "0008,0061", "", "0008,1030", ""}
	with := func(more ...string) []string { return append(slices.Clone(list), more...) }
	for _, c := range []struct {
		name  string
		limit time.Duration
		keys  func(i int) *dicom.Dataset
	}{
		{"studies of a PatientID", 5 * time.Millisecond, func(i int) *dicom.Dataset {
			return keys("STUDY", with("0010,0020", patientID(i*pats/40))...)
		}},
		{"study of an AccessionNumber", 5 * time.Millisecond, func(i int) *dicom.Dataset {
			return keys("STUDY", with("0008,0050", fmt.Sprintf("ACC%07d", i*pats/20))...)
		}},
		{"series of a study", 5 * time.Millisecond, func(i int) *dicom.Dataset {
			return keys("SERIES", "0020,000d", study(i), "0020,000e", "", "0008,0060", "", "0020,0011", "", "0008,103e", "")
		}},
		{"images of a series", 5 * time.Millisecond, func(i int) *dicom.Dataset {
			return keys("IMAGE", "0020,000d", study(i), "0020,000e", study(i)+".0", "0008,0018", "", "0020,0013", "")
		}},
		{"images of a series, no study given", 5 * time.Millisecond, func(i int) *dicom.Dataset {
			return keys("IMAGE", "0020,000e", study(i)+".0", "0008,0018", "", "0020,0013", "")
		}},
		{"images of a series, with PatientID", 5 * time.Millisecond, func(i int) *dicom.Dataset {
			return keys("IMAGE", "0010,0020", patientID(i*pats/40), "0020,000d", study(i), "0020,000e", study(i)+".0", "0008,0018", "", "0020,0013", "")
		}},
		{"one image", 5 * time.Millisecond, func(i int) *dicom.Dataset {
			return keys("IMAGE", "0008,0018", study(i)+".0.0", "0020,0013", "")
		}},
		{"studies of SMI*", 150 * time.Millisecond, func(int) *dicom.Dataset { return keys("STUDY", with("0010,0010", "SMI*")...) }},
		{"studies of smith^given1*", 150 * time.Millisecond, func(int) *dicom.Dataset { return keys("STUDY", with("0010,0010", "smith^given1*")...) }},
		{"studies of *IT*", 150 * time.Millisecond, func(int) *dicom.Dataset { return keys("STUDY", with("0010,0010", "*IT*")...) }},
		{"studies of *VEN12*", 150 * time.Millisecond, func(int) *dicom.Dataset { return keys("STUDY", with("0010,0010", "*VEN12*")...) }},
		{"studies of a day", 150 * time.Millisecond, func(i int) *dicom.Dataset { return keys("STUDY", with("0008,0020", day(i))...) }},
		{"studies of a week", 150 * time.Millisecond, func(i int) *dicom.Dataset {
			return keys("STUDY", with("0008,0020", day(i)+"-"+studyDay(i*97).AddDate(0, 0, 6).Format("20060102"))...)
		}},
		{"studies of a month", 150 * time.Millisecond, func(int) *dicom.Dataset { return keys("STUDY", with("0008,0020", "20200301-20200331")...) }},
		{"CT studies of a month", 150 * time.Millisecond, func(int) *dicom.Dataset {
			return keys("STUDY", with("0008,0020", "20200301-20200331", "0008,0061", "CT")...)
		}},
		{"SMI* since 2024", 150 * time.Millisecond, func(int) *dicom.Dataset {
			return keys("STUDY", with("0008,0020", "20240101-", "0010,0010", "SMI*")...)
		}},
	} {
		var times []time.Duration
		rows := 0
		for i := range 20 {
			id := c.keys(i)
			start := time.Now()
			rows = max(rows, ask(id))
			times = append(times, time.Since(start))
		}
		slices.Sort(times)
		median, worst := times[10], times[19]
		t.Logf("%-6s %-36s median %8.2f ms, slowest %8.2f ms, %d answers", how, c.name, ms(median), ms(worst), rows)
		if median > c.limit {
			t.Errorf("%s: %s took %v, more than %v", how, c.name, median, c.limit)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
