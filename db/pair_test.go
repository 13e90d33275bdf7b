package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"conquest/dicom"
)

// pairs are two servers on one database.
func pairs(t *testing.T, each func(t *testing.T, a, b *DB)) {
	if testing.Short() {
		t.Skip("starts database servers")
	}
	for name, s := range map[string]*sharedServer{"PostgreSQL": &postgresServer, "MariaDB": &mariaServer} {
		t.Run(name, func(t *testing.T) {
			if !s.have(t, name) {
				t.Skip("no database server")
			}
			o := map[string]func(testing.TB) Options{"PostgreSQL": postgresOptions, "MariaDB": mariaOptions}[name](t)
			o.Several = true
			each(t, openFresh(t, o, defaultSettings()), openOnly(t, o, defaultSettings()))
		})
	}
}

// both runs work on two servers at the same moment.
func both(a, b *DB, work func(n int, d *DB)) {
	var ready, all sync.WaitGroup
	ready.Add(2)
	for n, d := range []*DB{a, b} {
		all.Go(func() {
			ready.Done()
			ready.Wait()
			work(n, d)
		})
	}
	all.Wait()
}

// races is how often each race is run.
const races = 100

func TestPairOneObjectForTwoPatients(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *DB) {
		for i := range races {
			sop := fmt.Sprint("3.1.", i)
			var errs [2]error
			both(a, b, func(n int, d *DB) {
				_, errs[n] = d.Add(context.Background(), object(fmt.Sprintf("P%d-%d", i, n), fmt.Sprintf("1.%d.%d", i, n), fmt.Sprintf("2.%d.%d", i, n), sop),
					Location{fmt.Sprint(n), "MAG0"})
			})
			accepted := -1
			for n, err := range errs {
				var conflict *ConflictError
				var link *LinkError
				switch {
				case err == nil && accepted < 0:
					accepted = n
				case err == nil:
					t.Fatalf("%s: both accepted", sop)
				case !errors.As(err, &conflict) && !errors.As(err, &link):
					t.Fatalf("%s: %v", sop, err)
				}
			}
			if accepted < 0 {
				t.Fatalf("%s: none accepted: %v", sop, errs)
			}
			if loc, _, err := a.Lookup(context.Background(), sop, ""); loc.File != fmt.Sprint(accepted) {
				t.Fatalf("%s: accepted from %d, the index has %+v, %v", sop, accepted, loc, err)
			}
		}
	})
}

func TestPairModalities(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *DB) {
		for i := range races {
			study := fmt.Sprint("1.", i)
			mustAdd(t, a, object("P", study, study+".1", study+".1.1"), "f")
			both(a, b, func(n int, d *DB) {
				modality := []string{"SR", "PR"}[n]
				if _, err := d.Add(context.Background(), object("P", study, study+"."+modality, fmt.Sprint(study, ".2.", n), "0008,0060", modality), Location{"f", "MAG0"}); err != nil {
					t.Error(err)
				}
			})
			rows, err := b.Query(context.Background(), "DICOMStudies", "StudyModal", "StudyInsta = '"+study+"'", "")
			if err != nil || len(rows) != 1 {
				t.Fatalf("%v %v", rows, err)
			}
			for _, m := range []string{"CT", "SR", "PR"} {
				if !hasModality(rows[0][0], m) {
					t.Fatalf("study %d has %q", i, rows[0][0])
				}
			}
		}
	})
}

func TestPairDeleteAndAdd(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *DB) {
		for i := range races {
			id, study := fmt.Sprint("P", i), fmt.Sprint("1.", i)
			old := ObjectRef{PatientID: id, StudyInstanceUID: study, SeriesInstanceUID: study + ".1", SOPInstanceUID: study + ".1.1"}
			mustAdd(t, b, object(id, study, old.SeriesInstanceUID, old.SOPInstanceUID), "f")
			fresh := study + ".1.2"
			both(a, b, func(n int, d *DB) {
				var err error
				if n == 0 {
					err = d.Delete(context.Background(), old)
				} else {
					_, err = d.Add(context.Background(), object(id, study, old.SeriesInstanceUID, fresh), Location{"f", "MAG0"})
				}
				if err != nil {
					t.Error(err)
				}
			})
			refs, err := a.Locate(context.Background(), identifier("0020,000d", study))
			if err != nil || len(refs) != 1 || refs[0].SOPInstanceUID != fresh {
				t.Fatalf("study %d: found %v, %v", i, refs, err)
			}
		}
	})
}

func TestPairMappedUIDs(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *DB) {
		for i := range races {
			var got [2]string
			both(a, b, func(n int, d *DB) {
				var err error
				got[n], err = d.MapUID(context.Background(), fmt.Sprint("1.2.", i), "", "", "x", func() string { return fmt.Sprintf("9.%d.%d", n, i) })
				if err != nil {
					t.Error(err)
				}
			})
			if got[0] != got[1] {
				t.Fatalf("UID %d was mapped to %s and %s", i, got[0], got[1])
			}
		}
	})
}

// TestPairGroups lets both servers commit groups over the same studies in
// different order: they do not wait for each other for ever.
func TestPairGroups(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *DB) {
		both(a, b, func(n int, d *DB) {
			var all sync.WaitGroup
			for w := range 8 {
				all.Go(func() {
					for i := range 40 {
						k := i
						if n == 1 {
							k = 39 - i
						}
						ds := object(fmt.Sprint("P", k), fmt.Sprint("1.", k), fmt.Sprint("2.", k), fmt.Sprintf("3.%d.%d.%d", n, w, k))
						ds.SetString(dicom.PatientName, strings.Repeat("x", w+1))
						if _, err := d.Add(context.Background(), ds, Location{"f", "MAG0"}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
		})
		if c := counts(t, a); c.Images != 2*8*40 || c.Patients != 40 || c.Studies != 40 || c.Series != 40 {
			t.Errorf("%+v", c)
		}
	})
}
