package journal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// texts are the data of entries.
func texts(entries []Entry) []string {
	var list []string
	for _, e := range entries {
		list = append(list, string(e.Data))
	}
	return list
}

// told collects what a journal tells.
type told []string

func (t *told) tell(err error) { *t = append(*t, err.Error()) }

func open(t *testing.T, path string, opt Options) (*Journal, []string) {
	t.Helper()
	j, entries, err := Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	return j, texts(entries)
}

func add(t *testing.T, j *Journal, data string) uint64 {
	t.Helper()
	id, err := j.Add([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestOpenEntriesComeBackInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, _ := open(t, path, Options{})
	a, b := add(t, j, "a"), add(t, j, "b")
	add(t, j, "c")
	if err := errors.Join(j.Done(b), j.Update(a, []byte("A"))); err != nil {
		t.Fatal(err)
	}
	// The process ends without Close.
	j, list := open(t, path, Options{})
	if !slices.Equal(list, []string{"A", "c"}) {
		t.Errorf("open after the end of the process: %q", list)
	}
	if id := add(t, j, "d"); id != 3 {
		t.Errorf("number %d is used again", id)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, list = open(t, path, Options{})
	if !slices.Equal(list, []string{"A", "c", "d"}) {
		t.Errorf("open after Close: %q", list)
	}
	if err := errors.Join(j.Done(0, 2, 3), j.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file of a journal with nothing open is there")
	}
}

func TestUpdateAndDoneOfEntriesThatAreNotOpen(t *testing.T) {
	j, _ := open(t, filepath.Join(t.TempDir(), "j"), Options{})
	id := add(t, j, "a")
	if err := j.Done(id, id, 99); err != nil || j.Open() != 0 {
		t.Errorf("%d open, %v", j.Open(), err)
	}
	if j.Update(id, []byte("b")) == nil {
		t.Error("an entry that is done was updated")
	}
	if _, err := j.Add([]byte("a\nb")); err == nil {
		t.Error("an entry of two lines was added")
	}
}

// The file stays small while one entry is open for ever.
func TestCompactsWhileAnEntryIsOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, _ := open(t, path, Options{CompactAbove: 2000})
	add(t, j, "first")
	for i := range 1000 {
		if err := j.Done(add(t, j, fmt.Sprint("work ", i))); err != nil {
			t.Fatal(err)
		}
		if fi, err := os.Stat(path); err != nil || fi.Size() > 2100 {
			t.Fatalf("the file has %d bytes, %v", fi.Size(), err)
		}
	}
	j, list := open(t, path, Options{})
	if !slices.Equal(list, []string{"first"}) {
		t.Errorf("open: %q", list)
	}
	if id := add(t, j, "next"); id != 1001 {
		t.Errorf("number %d is used again", id)
	}
}

func TestDamageIsToldAndSetAside(t *testing.T) {
	tests := []struct {
		name   string
		damage func(data []byte) []byte
		want   []string
		tell   string
	}{
		{"bit", func(d []byte) []byte { d[bytes.IndexByte(d, '"')+2] ^= 1; return d }, []string{`"two"`, `"three"`}, "1 damaged lines"},
		{"torn", func(d []byte) []byte { return d[:len(d)-4] }, []string{`"one"`, `"two"`}, "incomplete last line"},
		{"zeros", func(d []byte) []byte { return append(d, make([]byte, 500)...) }, []string{`"one"`, `"two"`, `"three"`}, "incomplete last line, 500 bytes"},
		{"without last line end", func(d []byte) []byte { return d[:len(d)-1] }, []string{`"one"`, `"two"`, `"three"`}, ""},
		{"lines from elsewhere", func(d []byte) []byte { return append([]byte("hello\n\xff\xfe\n"), d...) }, []string{`"one"`, `"two"`, `"three"`}, "2 damaged lines"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "j")
			j, _ := open(t, path, Options{})
			for _, s := range []string{`"one"`, `"two"`, `"three"`} {
				add(t, j, s)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, tt.damage(data), 0o644); err != nil {
				t.Fatal(err)
			}
			var said told
			j, list := open(t, path, Options{Tell: said.tell})
			if !slices.Equal(list, tt.want) {
				t.Errorf("open: %q", list)
			}
			if got := strings.Join(said, "\n"); tt.tell == "" != (got == "") || !strings.Contains(got, tt.tell) {
				t.Errorf("told %q", got)
			}
			if _, err := os.Stat(path + ".damaged"); (err == nil) != (tt.tell != "") {
				t.Errorf("damaged lines beside the journal: %v", err)
			}
			add(t, j, `"four"`)
			said = nil
			_, list = open(t, path, Options{Tell: said.tell})
			if !slices.Equal(list, append(tt.want, `"four"`)) || len(said) > 0 {
				t.Errorf("after one more start %q are open, told %q", list, said)
			}
		})
	}
}

// Journals of earlier versions are read, with what was written behind a torn line.
func TestReadsWhatEarlierVersionsWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	text := `{"id":3,"work":"a"}
{"id":4,"work":"b"}
{"id":3,"done":true}
{"id":5,"wo{"id":6,"work":"c"}
{"id":7,"work":"d"}
{"d":"MAG0","f":"x.dcm"}
{"id":8,"wo`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var said told
	upgrade := func(d []byte) ([]byte, error) {
		if string(d) == `"d"` {
			return nil, errors.New("bad work")
		}
		return append([]byte("new "), d...), nil
	}
	j, list := open(t, path, Options{Tell: said.tell, Upgrade: upgrade})
	want := []string{`new "b"`, `new "c"`, `new {"d":"MAG0","f":"x.dcm"}`}
	if !slices.Equal(list, want) {
		t.Errorf("open: %q", list)
	}
	add(t, j, "e")
	_, list = open(t, path, Options{Upgrade: upgrade})
	if !slices.Equal(list, append(want, "e")) {
		t.Errorf("open after one more start: %q", list)
	}
	if len(said) != 2 || !strings.Contains(said[0], "bad work") || !strings.Contains(said[1], "2 damaged lines") {
		t.Errorf("told %q", said)
	}
}

// model runs a journal beside what should be in it.
type model struct {
	open    map[uint64]string
	order   []uint64
	unsure  map[string]bool // may come back: its Add or Done failed
	replays int
}

// run adds, updates and marks entries; in the middle it marks all that are open.
func (m *model) run(j *Journal, from int) {
	for i := from; i < from+24; i++ {
		data := fmt.Sprintf("work %d %s", i, strings.Repeat("x", 20))
		id, err := j.Add([]byte(data))
		if err != nil {
			m.unsure[data] = true
			continue
		}
		m.open[id] = data
		m.order = append(m.order, id)
		switch {
		case i == from+10:
			m.done(j, slices.Collect(maps.Keys(m.open))...)
		case i%4 == 2:
			later := data + " later"
			if j.Update(id, []byte(later)) == nil {
				m.open[id] = later
			} else {
				m.unsure[later] = true
			}
		case i%6 > 0:
			m.done(j, id)
		}
	}
}

func (m *model) done(j *Journal, ids ...uint64) {
	failed := j.Done(ids...) != nil
	for _, id := range ids {
		m.unsure[m.open[id]] = m.unsure[m.open[id]] || failed
		delete(m.open, id)
	}
}

// check compares what came back; strict: nothing that failed may come back.
func (m *model) check(t *testing.T, what string, got []Entry, strict bool) {
	t.Helper()
	var want []string
	for _, id := range m.order {
		if s, open := m.open[id]; open {
			want = append(want, s)
		}
	}
	var kept []string
	for _, e := range got {
		s := string(e.Data)
		if m.open[e.ID] != s && m.unsure[s] && !strict {
			if old, open := m.open[e.ID]; open {
				s = old // an update that failed and came back
			} else {
				m.replays++
				continue
			}
		}
		kept = append(kept, s)
	}
	if !slices.Equal(kept, want) {
		t.Errorf("%s: open %q, want %q", what, kept, want)
	}
}

// Each operation fails in turn, once, or from then on until space is back. What
// was accepted comes back in order; what was refused does not, unless the process
// ends before the disk works again.
func TestFailsAtEveryOperation(t *testing.T) {
	hits := map[string]bool{}
	for _, sync := range []bool{false, true} {
		for _, count := range []int{1, 2, 1 << 30} {
			for first := 0; ; first++ {
				what := fmt.Sprintf("sync %v, %d failures after operation %d", sync, min(count, 999), first)
				files := &faulty{first: first, count: count}
				if !failAt(t, what, files, Options{Sync: sync, CompactAbove: 150, FS: files}, filepath.Join(t.TempDir(), "j")) {
					break
				}
				hits[files.hit] = true
				if t.Failed() {
					return
				}
			}
		}
	}
	for _, want := range []string{"open", "create", "write", "sync", "truncate", "rename", "remove", "syncdir"} {
		if !hits[want] && want != "truncate" { // which follows another failure
			t.Errorf("no %s failed", want)
		}
	}
}

// failAt runs one scenario; false when nothing failed.
func failAt(t *testing.T, what string, files *faulty, opt Options, path string) bool {
	m := &model{open: map[uint64]string{}, unsure: map[string]bool{}}
	j, _, err := Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	m.run(j, 0)
	// Killed while the disk is full.
	_, entries, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.check(t, what+", killed", entries, false)
	return files.hit != ""
}

// The same, but the process lives until the disk works again: then nothing that
// was refused or done comes back.
func TestNothingComesBackWhenTheDiskWorksAgain(t *testing.T) {
	for _, sync := range []bool{false, true} {
		for _, count := range []int{1, 2, 9, 1 << 30} {
			for first := 0; ; first++ {
				what := fmt.Sprintf("sync %v, %d failures after operation %d", sync, min(count, 999), first)
				files := &faulty{first: first, count: count}
				path := filepath.Join(t.TempDir(), "j")
				j, _, err := Open(path, Options{Sync: sync, CompactAbove: 150, FS: files})
				if err != nil {
					t.Fatal(err)
				}
				m := &model{open: map[uint64]string{}, unsure: map[string]bool{}}
				m.run(j, 0)
				hit := files.hit != ""
				files.heal()
				m.run(j, 100)
				_, entries, err := Open(path, Options{})
				if err != nil {
					t.Fatal(err)
				}
				m.check(t, what, entries, true)
				if !hit || t.Failed() {
					break
				}
			}
		}
	}
}

// Opening with a disk that is full loses nothing either.
func TestOpensOnAFullDisk(t *testing.T) {
	for first := range 12 {
		path := filepath.Join(t.TempDir(), "j")
		text := "{\"id\":1,\"work\":\"a\"}\ngarbage\n{\"id\":2,\"work\":\"b\"}"
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files := &faulty{first: first, count: 1 << 30}
		j, list := open(t, path, Options{FS: files, Sync: true})
		want := []string{`"a"`, `"b"`}
		if !slices.Equal(list, want) {
			t.Fatalf("first %d: open %q", first, list)
		}
		if _, err := j.Add([]byte("c")); err == nil {
			want = append(want, "c")
		}
		// c may come back when the process ends before the disk works again.
		if _, list = open(t, path, Options{}); len(list) < len(want) || !slices.Equal(list[:len(want)], want) {
			t.Errorf("first %d: open after one more start %q, want %q", first, list, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("{\"id\":1,\"work\":{}}\n"), uint16(0))
	f.Add(line{act: actAdd, id: 7, data: []byte("x")}.append(nil), uint16(9))
	f.Add([]byte("00000000 + 18446744073709551615 x\n\n\x00"), uint16(3))
	f.Fuzz(func(t *testing.T, noise []byte, at uint16) {
		var lines [][]byte
		for i := range 4 {
			lines = append(lines, line{act: actAdd, id: 1 << 40 * uint64(i+1), data: fmt.Append(nil, "entry ", i)}.append(nil))
		}
		// Noise of whole lines between those of the journal takes nothing away.
		i := int(at) % len(lines)
		file := slices.Concat(bytes.Join(lines[:i], nil), noise, []byte{'\n'}, bytes.Join(lines[i:], nil))
		h, err := read(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(noise, []byte("{")) || bytes.Contains(noise, []byte(" - ")) || bytes.Contains(noise, []byte(" + ")) {
			return // it may be lines of a journal
		}
		for i := range 4 {
			if _, open := h.entries[1<<40*uint64(i+1)]; !open {
				t.Fatalf("entry %d is lost", i)
			}
		}
		if h.size != int64(len(file)) {
			t.Fatalf("size %d of %d", h.size, len(file))
		}
	})
}
