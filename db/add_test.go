package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"conquest/dicom"
)

func onAll(t *testing.T, f func(t *testing.T, b backend)) {
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) { f(t, b) })
	}
}

func counts(t testing.TB, d *DB) Counts {
	t.Helper()
	c, err := d.Counts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddNewAndAgain(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := b.open(t, defaultSettings(), nil)
		if r := mustAdd(t, d, object("P1", "1", "1.1", "1.1.1"), "a"); r != (Result{NewPatient: true, NewStudy: true, NewSeries: true, NewImage: true}) {
			t.Errorf("first object: %+v", r)
		}
		if r := mustAdd(t, d, object("P1", "1", "1.1", "1.1.2"), "b"); r != (Result{NewImage: true}) {
			t.Errorf("second object: %+v", r)
		}
		if r := mustAdd(t, d, object("P1", "1", "1.1", "1.1.1"), "c"); r != (Result{Was: Location{"a", "MAG0"}}) {
			t.Errorf("first object again: %+v", r)
		}
		if c := counts(t, d); c != (Counts{1, 1, 1, 2}) {
			t.Errorf("counts %+v", c)
		}
		if s := d.Statistics(); s.Added != 5 || s.Updated+s.Skipped != 7 {
			t.Errorf("statistics %+v", s)
		}
		loc, found, err := d.Lookup(context.Background(), "1.1.1", "P1")
		if err != nil || !found || loc != (Location{"c", "MAG0"}) {
			t.Errorf("lookup: %v %v %v", loc, found, err)
		}
		if _, found, err := d.Lookup(context.Background(), "1.1.1", "P2"); found || err != nil {
			t.Errorf("found for another patient: %v", err)
		}
	})
}

func TestAddLastObjectWins(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		log := &recorder{}
		d := b.open(t, defaultSettings(), log)
		log.trouble, log.operator = nil, nil
		desc := func() string {
			list := findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", "1", "0008,1030", ""))
			return list[0].String(0x00081030)
		}
		for i, v := range []string{"one", "two", "one", "", "it's"} {
			mustAdd(t, d, object("P1", "1", "1.1", fmt.Sprint("1.1.", i), "0008,1030", v), "f")
			if v == "" {
				v = "one"
			}
			if got := desc(); got != v {
				t.Errorf("object %d: description %q, want %q", i, got, v)
			}
		}
		want := []string{
			"Inconsistent StudyDescr in DICOMStudies: PatientID = 'P1' StudyInsta = '1', Old='one', New='two'",
			"Inconsistent StudyDescr in DICOMStudies: PatientID = 'P1' StudyInsta = '1', Old='two', New='one'",
			"Inconsistent StudyDescr in DICOMStudies: PatientID = 'P1' StudyInsta = '1', Old='one', New='it''s'",
		}
		got := slices.DeleteFunc(slices.Clone(log.trouble), func(s string) bool { return !strings.Contains(s, "StudyDescr in DICOMStudies") })
		if !slices.Equal(got, want) {
			t.Errorf("trouble %q", got)
		}
	})
}

func TestAddRefusals(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		d := b.open(t, defaultSettings(), nil)
		mustAdd(t, d, object("P1", "1", "1.1", "1.1.1"), "a")
		mustAdd(t, d, object("P1", "2", "2.1", "2.1.1"), "b")
		before := counts(t, d)

		_, err := d.Add(ctx, object("P2", "1", "9.1", "9.1.1"), Location{"x", "MAG0"})
		var link *LinkError
		want := "***Refused to enter inconsistent link PatientID into DICOMStudies: PatientID = 'P2' StudyInsta = '1', Old='P1', Refused='P2'"
		if !errors.As(err, &link) || link.Error() != want {
			t.Errorf("study of another patient: %v", err)
		}
		_, err = d.Add(ctx, object("P1", "1", "1.2", "1.1.1"), Location{"x", "MAG0"})
		want = "***Refused to enter inconsistent link SeriesInst into DICOMImages: PatientID = 'P1' SOPInstanc = '1.1.1' AND ImagePat = 'P1', Old='1.1', Refused='1.2'"
		if !errors.As(err, &link) || link.Error() != want {
			t.Errorf("image of another series: %v", err)
		}
		_, err = d.Add(ctx, object("P1", "2", "1.1", "1.1.9"), Location{"x", "MAG0"})
		if !errors.As(err, &link) || link.Table != "DICOMSeries" {
			t.Errorf("series of another study: %v", err)
		}
		_, err = d.Add(ctx, object("P3", "3", "3.1", "1.1.1"), Location{"x", "MAG0"})
		var conflict *ConflictError
		if !errors.As(err, &conflict) || conflict.KnownFor != "P1" || conflict.File != "a" {
			t.Errorf("image of another patient: %v", err)
		}
		_, err = d.Add(ctx, object("P3", "3", "1.1", "3.1.1"), Location{"x", "MAG0"})
		if !errors.As(err, &link) || link.Table != "DICOMSeries" {
			t.Errorf("series of another patient: %v", err)
		}
		var missing *MissingUIDError
		if _, err = d.Add(ctx, object("P1", "1", "1.1", ""), Location{"x", "MAG0"}); !errors.As(err, &missing) {
			t.Errorf("no SOP instance UID: %v", err)
		}
		if after := counts(t, d); after != before {
			t.Errorf("refused objects left rows: %+v, was %+v", after, before)
		}
	})
}

func TestAddDuplicateStudies(t *testing.T) {
	ctx := context.Background()
	o := Options{Server: t.TempDir() + "/old.db3", SQLite: true}
	d := openOnly(t, o, defaultSettings())
	if err := d.Initialize(ctx, NoKeys, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := d.SQL(ctx, "INSERT INTO DICOMStudies (StudyInsta, PatientID) VALUES ('1', 'P1')"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.Add(ctx, object("P1", "1", "1.1", "1.1.1"), Location{"x", "MAG0"})
	var dup *DuplicateStudyError
	if !errors.As(err, &dup) || err.Error() != "***Duplicate found in DICOMStudies WHERE StudyInsta = '1'" {
		t.Errorf("got %v", err)
	}
}

func TestAddModalities(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := b.open(t, defaultSettings(), nil)
		for i, m := range []string{"CT", "RTSTRUCT", "CT", "RT", ""} {
			mustAdd(t, d, object("P1", "1", fmt.Sprint("1.", i), fmt.Sprint("1.1.", i), "0008,0060", m), "f")
		}
		list := findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", "1", "0008,0061", ""))
		if got := list[0].String(dicom.ModalitiesInStudy); got != `RT\RTSTRUCT\CT` {
			t.Errorf("modalities %q", got)
		}
		for key, n := range map[string]int{"CT": 1, "RT": 1, "RTS": 0, `CT\RT`: 0, "RT*": 1} {
			if got := len(findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", "", "0008,0061", key))); got != n {
				t.Errorf("%s finds %d studies, want %d", key, got, n)
			}
		}
	})
}

func TestAddConcurrently(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := b.open(t, defaultSettings(), nil)
		const callers, each = 8, 40
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for i := range each {
					ds := object("P", "1", fmt.Sprint("1.", c%3), fmt.Sprintf("1.%d.%d", c, i))
					if _, err := d.Add(context.Background(), ds, Location{fmt.Sprint(c, "-", i), "MAG0"}); err != nil {
						t.Errorf("%d.%d: %v", c, i, err)
					}
				}
			})
		}
		wg.Wait()
		if c := counts(t, d); c != (Counts{1, 1, 3, callers * each}) {
			t.Errorf("counts %+v", c)
		}
	})
}

// TestSharedDatabase lets two servers work on one database.
func TestSharedDatabase(t *testing.T) {
	kinds := map[string]func(t testing.TB) Options{
		"sqlite": func(t testing.TB) Options { return Options{Server: t.TempDir() + "/shared.db3", SQLite: true} },
	}
	for _, b := range servers(t) {
		kinds[b.name] = map[string]func(testing.TB) Options{"postgres": postgresOptions, "mariadb": mariaOptions}[b.name]
	}
	for name, options := range kinds {
		t.Run(name, func(t *testing.T) {
			ctx, o := context.Background(), options(t)
			one := openFresh(t, o, defaultSettings())
			two := openOnly(t, o, defaultSettings())
			mustAdd(t, one, object("P1", "1", "1.1", "1.1.1"), "a")
			refs, err := two.Locate(ctx, identifier("0010,0020", "P1"))
			if err != nil || len(refs) != 1 {
				t.Fatalf("%d objects: %v", len(refs), err)
			}
			if err := two.Delete(ctx, refs...); err != nil {
				t.Fatal(err)
			}
			if r := mustAdd(t, one, object("P1", "1", "1.1", "1.1.2"), "b"); r != (Result{NewPatient: true, NewStudy: true, NewSeries: true, NewImage: true}) {
				t.Errorf("after the other server deleted the patient: %+v", r)
			}
			var wg sync.WaitGroup
			for i, d := range []*DB{one, two, one, two} {
				wg.Go(func() {
					for k := range 25 {
						ds := object("P2", fmt.Sprint(7, ".", k), fmt.Sprint(7, ".", k, ".1"), fmt.Sprint(8, ".", i, ".", k))
						if _, err := d.Add(ctx, ds, Location{"f", "MAG0"}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if c := counts(t, one); c != (Counts{2, 26, 26, 101}) {
				t.Errorf("counts %+v", c)
			}
		})
	}
}

func TestEmptyPatientID(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		set := defaultSettings()
		d := b.open(t, set, nil)
		mustAdd(t, d, object("", "1", "1.1", "1.1.1", "0010,0010", "Doe^John", "0008,0012", "20240102"), "a")
		if list := findAll(t, d, PatientRoot, identifier("0008,0052", "PATIENT", "0010,0020", "")); len(list) != 1 || list[0].String(dicom.PatientID) != "Doe^John20240102" {
			t.Errorf("substitute: %s", render(list))
		}

		set.AllowEmptyPatientID = true
		d = b.open(t, set, nil)
		r := mustAdd(t, d, object("", "1", "1.1", "1.1.1"), "a")
		if r.NewPatient || counts(t, d).Patients != 0 {
			t.Errorf("patient row for an empty ID: %+v", r)
		}
		mustAdd(t, d, object("P1", "1", "1.1", "1.1.2"), "b")
		refs, err := d.Locate(context.Background(), identifier("0010,0020", "P1"))
		if err != nil || len(refs) != 2 {
			t.Errorf("%d objects after the study got an ID: %v", len(refs), err)
		}
		if _, found, _ := d.Lookup(context.Background(), "1.1.1", "P1"); !found {
			t.Error("first image did not get the ID")
		}
		mustAdd(t, d, object("", "1", "1.1", "1.1.3"), "c")
		if _, found, _ := d.Lookup(context.Background(), "1.1.3", "P1"); !found {
			t.Error("third image did not get the ID of its study")
		}
	})
}

func TestForeignBytes(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		set := defaultSettings()
		set.UTF8FromDB = b.name == "postgres" || b.name == "mariadb"
		d := b.open(t, set, nil)
		name := "M\xfcller^J\xf6rg" // Latin-1
		mustAdd(t, d, object("P\xe4", "1", "1.1", "1.1.1", "0010,0010", name), "a")
		mustAdd(t, d, object("P\xe4", "1", "1.1", "1.1.2", "0010,0010", name), "a")
		for _, key := range []string{name, "M\xfcller*", "M?ller*"} {
			list := findAll(t, d, PatientRoot, identifier("0008,0052", "PATIENT", "0010,0010", key, "0010,0020", ""))
			if len(list) != 1 || list[0].String(dicom.PatientName) != name || list[0].String(dicom.PatientID) != "P\xe4" {
				t.Errorf("%q finds %s", key, render(list))
			}
		}
		if _, found, err := d.Lookup(context.Background(), "1.1.1", "P\xe4"); !found || err != nil {
			t.Errorf("lookup: %v %v", found, err)
		}
	})
}

func TestTruncation(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		log := &recorder{}
		set := defaultSettings()
		set.AllowTruncate = []string{"StudyID"}
		d := b.open(t, set, log)
		log.operator = nil
		// The cut falls into the middle of a character of two bytes.
		acc := strings.Repeat("a", 15) + "\u00e9bc"
		mustAdd(t, d, object("P1", "1", "1.1", "1.1.1", "0008,0050", acc, "0020,0010", "0123456789ABCDEF0123", "0008,0022", "2024.01.02"), "f")
		want := []string{"Truncated StudyID from 20 to 16 chars in file: f", "***Truncated AccessionN from 20 to 16 chars in file: f"}
		var got []string
		for _, l := range log.operator {
			if strings.Contains(l, "Truncated") {
				got = append(got, l)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("lines %q", got)
		}
		list := findAll(t, d, StudyRoot, identifier("0008,0052", "IMAGE", "0020,0010", "", "0008,0022", "", "0008,0050", ""))
		if v := list[0].String(dicom.AccessionNumber); !strings.HasPrefix(acc, v) || len(v) < 15 {
			t.Errorf("accession number %q", v)
		}
		if list[0].String(dicom.StudyID) != "0123456789ABCDEF" || list[0].String(0x00080022) != "20240102" {
			t.Errorf("stored %s", render(list))
		}
	})
}

func TestClosed(t *testing.T) {
	d, err := Open(context.Background(), schemaFor(SQLite), Options{Server: t.TempDir() + "/x.db3", SQLite: true}, defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Add(context.Background(), object("P", "1", "2", "3"), Location{}); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestNull(t *testing.T) {
	d := openFresh(t, Options{}, defaultSettings())
	if d.Kind() != Null || d.Kind().String() != "NULL driver (black hole)" {
		t.Errorf("kind %s", d.Kind())
	}
	if r := mustAdd(t, d, object("P", "1", "2", "3"), "f"); !r.NewImage {
		t.Errorf("%+v", r)
	}
	if list := findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", "")); len(list) != 0 {
		t.Errorf("found %s", render(list))
	}
	uid, err := d.MapUID(context.Background(), "1.2", "", "", "lua", func() string { return "9" })
	if uid != "9" || err != nil {
		t.Errorf("mapped to %q, %v", uid, err)
	}
}

// TestLostConnection cuts all connections while nothing is under way.
func TestLostConnection(t *testing.T) {
	for _, b := range servers(t) {
		if b.name != "postgres" {
			continue
		}
		o := postgresOptions(t)
		d := openFresh(t, o, defaultSettings())
		mustAdd(t, d, object("P1", "1", "1.1", "1.1.1"), "a")
		admin := o
		admin.Server = "postgres"
		a := openOnly(t, admin, defaultSettings())
		if _, err := a.SQL(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+o.Server+"'"); err != nil {
			t.Fatal(err)
		}
		mustAdd(t, d, object("P1", "1", "1.1", "1.1.2"), "b")
		if c := counts(t, d); c.Images != 2 {
			t.Errorf("counts %+v", c)
		}
	}
}

func BenchmarkAddServers(b *testing.B) {
	for _, x := range append([]backend{dbaseBackend()}, servers(b)...) {
		b.Run(x.name, func(b *testing.B) {
			d := x.open(b, defaultSettings(), nil)
			var next atomic.Int64
			var wg sync.WaitGroup
			const callers = 4
			for range callers {
				wg.Go(func() {
					for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
						if _, err := d.Add(context.Background(), sized(i/callers+i%callers*1000000), Location{fmt.Sprint(i), "MAG0"}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "adds/s")
		})
	}
}
