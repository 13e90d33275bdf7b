package db

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"conquest/dicom"
)

// sized is an image of a made-up archive: 100 images a series, 2 series a study,
// 2 studies a patient.
func sized(i int) *dicom.Dataset {
	series := i / 100
	study := series / 2
	pat := study / 2
	ds := object(fmt.Sprintf("PAT%06d", pat), fmt.Sprintf("1.2.3.%d", study), fmt.Sprintf("1.2.3.%d.%d", study, series),
		fmt.Sprintf("1.2.3.%d.%d.%d", study, series, i),
		"0020,0013", strconv.Itoa(i%100+1), "0020,0011", strconv.Itoa(series%2+1), "0010,0030", "19600102", "0010,0040", "M",
		"0008,0030", "101112", "0008,0050", fmt.Sprintf("ACC%d", study), "0008,1030", "Study description", "0008,103e", "Series",
		"0008,0070", "Maker", "0008,0023", "20240102", "0008,0033", "101112", "0008,0008", `ORIGINAL\PRIMARY\AXIAL`, "0020,1041", "12.5")
	ds.SetString(dicom.StudyDate, time.Date(2020, 1, 1+study%2000, 0, 0, 0, 0, time.UTC).Format("20060102"))
	ds.SetString(dicom.PatientName, fmt.Sprintf("Name%06d^Given", pat))
	ds.SetUint16(dicom.Rows, 512)
	ds.SetUint16(dicom.Columns, 512)
	return ds
}

// benchSize is the number of images of the searched archive.
func benchSize() int {
	if n, err := strconv.Atoi(os.Getenv("DGATE_BENCH_IMAGES")); err == nil {
		return n
	}
	return 20000
}

func fill(b testing.TB, d *DB, from, to int) {
	b.Helper()
	const batch = 2000
	for ; from < to; from += batch {
		items := make([]Item, 0, batch)
		for i := from; i < min(from+batch, to); i++ {
			items = append(items, Item{Object: sized(i), Location: Location{fmt.Sprintf("PAT/%d.dcm", i), "MAG0"}})
		}
		if err := d.AddAll(context.Background(), items); err != nil {
			b.Fatal(err)
		}
		for i := range items {
			if items[i].Err != nil {
				b.Fatal(items[i].Err)
			}
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, callers := range []int{1, 4, 16} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			d := sqliteBackend().open(b, defaultSettings(), nil)
			var next atomic.Int64
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for {
						i := int(next.Add(1)) - 1
						if i >= b.N {
							return
						}
						// Callers work on series of their own, as associations do.
						if _, err := d.Add(context.Background(), sized(i/callers+i%callers*1000000), Location{fmt.Sprintf("PAT/%d.dcm", i), "MAG0"}); err != nil {
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

// benchArchive keeps one archive for all searches of a size.
func benchArchive(b *testing.B, n int) *DB {
	dir := filepath.Join(os.TempDir(), "dgate-bench-"+strconv.Itoa(n))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	o := Options{Server: filepath.Join(dir, "index.db3"), SQLite: true, SQLiteStartup: "PRAGMA synchronous = OFF"}
	d := openOnly(b, o, Settings{})
	if c, err := d.Counts(context.Background()); err == nil && c.Images == int64(n) {
		return d
	}
	if err := d.Initialize(context.Background(), AllTables, nil); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	fill(b, d, 0, n)
	b.Logf("%d rows in %v", n, time.Since(start))
	return d
}

func BenchmarkFind(b *testing.B) {
	n := benchSize()
	d := benchArchive(b, n)
	mid := n / 2
	series, study, pat := mid/100, mid/200, mid/400
	cases := []struct {
		name string
		id   *dicom.Dataset
	}{
		{"study-by-patient", identifier("0008,0052", "STUDY", "0020,000d", "", "0010,0020", fmt.Sprintf("PAT%06d", pat), "0010,0010", "", "0008,0020", "", "0008,1030", "")},
		{"series-of-study", identifier("0008,0052", "SERIES", "0020,000d", fmt.Sprintf("1.2.3.%d", study), "0020,000e", "", "0008,0060", "", "0020,0011", "")},
		{"images-of-series", identifier("0008,0052", "IMAGE", "0020,000d", fmt.Sprintf("1.2.3.%d", study), "0020,000e", fmt.Sprintf("1.2.3.%d.%d", study, series), "0008,0018", "", "0020,0013", "")},
		{"image-by-series", identifier("0008,0052", "IMAGE", "0020,000e", fmt.Sprintf("1.2.3.%d.%d", study, series), "0008,0018", "", "0020,0013", "")},
		{"studies-by-name", identifier("0008,0052", "STUDY", "0020,000d", "", "0010,0010", fmt.Sprintf("name%05d*", pat/10), "0010,0020", "")},
		{"studies-by-date", identifier("0008,0052", "STUDY", "0020,000d", "", "0008,0020", "20210101-20210103", "0010,0020", "")},
		{"studies-by-date-name", identifier("0008,0052", "STUDY", "0020,000d", "", "0008,0020", "20210101-20210103", "0010,0020", "", "0010,0010", "")},
		{"all-names-inner", identifier("0008,0052", "STUDY", "0020,000d", "", "0010,0010", "*9^Given", "0010,0020", "")},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				rows = len(findAll(b, d, StudyRoot, c.id))
			}
			b.ReportMetric(float64(rows), "rows")
		})
	}
	b.Run("locate-series", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.Locate(context.Background(), cases[2].id); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("lookup", func(b *testing.B) {
		for b.Loop() {
			if _, found, err := d.Lookup(context.Background(), fmt.Sprintf("1.2.3.%d.%d.%d", study, series, mid), fmt.Sprintf("PAT%06d", pat)); err != nil || !found {
				b.Fatal(found, err)
			}
		}
	})
}
