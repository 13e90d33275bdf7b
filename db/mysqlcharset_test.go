package db

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"conquest/db/mysql"
	"conquest/dicom"
)

// TestMySQLCharset continues databases that an original of either client library
// made: its rows are read as it reads them, and new ones are like them.
func TestMySQLCharset(t *testing.T) {
	if testing.Short() || !mariaServer.have(t, "MariaDB") {
		t.Skip("starts a database server")
	}
	ctx := context.Background()
	object := func(n int, charset, name string) *dicom.Dataset {
		ds := object(fmt.Sprint("P", n), fmt.Sprint("1.", n), fmt.Sprint("2.", n), fmt.Sprint("3.", n))
		ds.SetString(dicom.SpecificCharacterSet, charset)
		ds.SetString(dicom.PatientName, name)
		return ds
	}
	utf, latin := "\xc3\xa9\xc3\xa8^UTF", "\xe9\xe8^Latin"
	for library, names := range map[string][]string{mysql.UTF8: {utf}, mysql.Latin1: {utf, latin}} {
		t.Run(library, func(t *testing.T) {
			o := mariaOptions(t)
			o.MySQLCharset = library
			original := openFresh(t, o, defaultSettings())
			objects := map[string]*dicom.Dataset{}
			for n, name := range names {
				file := fmt.Sprint(n, ".dcm")
				objects[file] = object(n, "", name)
				mustAdd(t, original, objects[file], file)
			}
			if _, err := original.SQL(ctx, "ALTER TABLE DICOMImages COMMENT = ''"); err != nil { // that of the original
				t.Fatal(err)
			}
			o.MySQLCharset = "auto"
			o.ObjectAt = func(loc Location) (*dicom.Dataset, error) {
				if ds := objects[loc.File]; ds != nil {
					return ds, nil
				}
				return nil, errors.New("no such file")
			}
			ours := openOnly(t, o, defaultSettings())
			mustAdd(t, ours, object(9, "", utf), "new.dcm")
			want := map[int]string{9: utf}
			for n, name := range names {
				want[n] = name
			}
			for n, name := range want {
				for who, d := range map[string]*DB{"the original": original, "ours": ours} {
					rows, err := d.Query(ctx, "DICOMStudies", "PatientNam", fmt.Sprintf("PatientID = 'P%d'", n), "")
					if err != nil || len(rows) != 1 || rows[0][0] != name {
						t.Errorf("object %d, read by %s: %q, %v, want %q", n, who, rows, err, name)
					}
				}
			}
			// SET NAMES counts.
			o.MySQLStartup = "SET NAMES 'utf8'"
			if c, err := openOnly(t, o, defaultSettings()).mysqlCharset(ctx); c != mysql.UTF8 || err != nil {
				t.Errorf("SET NAMES: %s, %v", c, err)
			}
		})
	}
	// A new database is in utf8mb4, and stays so whatever its objects are in.
	o := mariaOptions(t)
	fresh := openFresh(t, o, defaultSettings())
	if !fresh.Unicode() {
		t.Error("a new database is not in utf8mb4")
	}
	mustAdd(t, fresh, object(1, "ISO_IR 100", latin), "1.dcm")
	again := openOnly(t, o, defaultSettings())
	if !again.Unicode() {
		t.Error("a database of ours is read otherwise later")
	}
	if rows, err := again.Query(ctx, "DICOMStudies", "PatientNam", "", ""); err != nil || rows[0][0] != "éè^Latin" {
		t.Errorf("%q, %v", rows, err)
	}
}
