package dbase

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func create(t *testing.T, fields ...Field) *File {
	t.Helper()
	f, err := Create(filepath.Join(t.TempDir(), "T.DBF"), fields)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func texts(t *testing.T, f *File, field int) []string {
	t.Helper()
	var list []string
	if err := f.Scan(0, func(n int, r Record) bool {
		list = append(list, fmt.Sprint(n, r.Text(field)))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestLayout compares the bytes of a file with docs/original/database.md 8.1.
func TestLayout(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "UIDMODS.DBF")
	f, err := Create(path, []Field{{Name: "OldUID", Length: 5}, {Name: "ALongFieldName", Length: 255}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Append([]Value{{0, "a"}, {1, "too"}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Append([]Value{{0, "1234567"}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(0); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	want := []byte{3, byte(now.Year() % 100), byte(now.Month()), byte(now.Day()), 2, 0, 0, 0, 97, 0, 5, 1, 0, 0, 0, 0, 3, 0, 0, 0}
	want = append(want, make([]byte, 12)...)
	field := func(name string, n byte) {
		b := make([]byte, 32)
		copy(b, name)
		b[11], b[16] = 'C', n
		want = append(want, b...)
	}
	field("OLDUID", 5)
	field("ALONGFIELD", 255)
	want = append(want, 0x0d)
	want = append(want, fmt.Sprintf("*%-5s%-255s %-5s%-255s", "a", "too", "12345", "")...)
	want = append(want, 0x1a)
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestRecords(t *testing.T) {
	f := create(t, Field{Name: "ID", Length: 4}, Field{Name: "NAME", Length: 10})
	if err := f.Index(f.Field("id")); err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		if err := f.Append([]Value{{0, fmt.Sprint("A", i%1000)}, {1, fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if list, ok := f.Lookup(0, "a17"); !ok || fmt.Sprint(list) != "[17 1017 2017]" {
		t.Errorf("lookup %v %v", list, ok)
	}
	if err := f.Update(1017, []Value{{0, "B"}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(17); err != nil {
		t.Fatal(err)
	}
	if list, _ := f.Lookup(0, "B"); fmt.Sprint(list) != "[1017]" {
		t.Errorf("lookup of the changed value: %v", list)
	}
	if list, _ := f.Lookup(0, "A17"); fmt.Sprint(list) != "[17 2017]" {
		t.Errorf("lookup of the old value: %v", list)
	}
	if err := f.Pack(); err != nil {
		t.Fatal(err)
	}
	if f.Len() != 2999 {
		t.Errorf("%d records after packing", f.Len())
	}
	if list, ok := f.Lookup(0, "B"); !ok || fmt.Sprint(list) != "[1016]" {
		t.Errorf("lookup after packing: %v", list)
	}
}

// TestUnflushed reopens a table whose writer died: what was flushed is there.
func TestUnflushed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "T.DBF")
	f, err := Create(path, []Field{{Name: "ID", Length: 4}})
	if err != nil {
		t.Fatal(err)
	}
	for i, flush := range []bool{true, true, false} {
		if err := f.Append([]Value{{0, fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
		if flush {
			if err := f.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := fmt.Sprint(texts(t, again, 0)); got != "[00 11]" {
		t.Errorf("got %s", got)
	}
}

func TestDir(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"XA.DBF", "broken.dbf", "other.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("no table"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Create("Test", []Field{{Name: "ID", Length: 4}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Append([]Value{{0, "x"}}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = OpenDir(dir); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if len(d.Files()) != 1 || d.File("TEST") == nil || d.File("TEST").Len() != 1 {
		t.Errorf("%d files", len(d.Files()))
	}
	if f, err = d.Create("test", []Field{{Name: "ID", Length: 4}}); err != nil || f.Len() != 0 {
		t.Errorf("created again: %v", err)
	}
}

// FuzzOpen reads files that are damaged in any way.
func FuzzOpen(f *testing.F) {
	list, _ := filepath.Glob("../testdata/reference/dbase/*.DBF")
	for _, p := range list {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "F.DBF")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := Open(path)
		if err != nil {
			return
		}
		defer d.Close()
		if err := d.Index(0); err != nil {
			return
		}
		_ = d.Scan(0, func(n int, r Record) bool {
			for i := range d.Fields() {
				r.Text(i)
			}
			return n < 1000
		})
		d.Lookup(0, "x")
		if d.Append([]Value{{0, "new"}}) == nil {
			_ = d.Pack()
		}
	})
}
