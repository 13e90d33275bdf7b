//go:build linux

package commands

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// tables are those whose rows are counted.
var tables = strings.Fields("DICOMImages DICOMPatients DICOMSeries DICOMStudies DICOMWorkList UIDMODS")

// A state is what a command can change at a site.
type state struct {
	rows  map[string]int
	files map[string]fileState
}

type fileState struct {
	size int64
	time time.Time
}

func (s *site) database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "data", "dbase", "conquest.db3")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// look takes the state of the site.
func (s *site) look(t *testing.T) state {
	t.Helper()
	st := state{rows: map[string]int{}, files: map[string]fileState{}}
	db := s.database(t)
	defer db.Close()
	for _, table := range tables {
		n := 0
		if err := db.QueryRow("select count(*) from " + table).Scan(&n); err == nil {
			st.rows[table] = n
		}
	}
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone meanwhile
		}
		rel, _ := filepath.Rel(s.dir, path)
		// The database is looked at by its rows; in arriving-* our server notes what
		// it is storing, in .dgate* that it runs and which device is which
		// (docs/reliability.md).
		if e.IsDir() || strings.Contains(rel, "conquest.db3") || strings.HasPrefix(e.Name(), "arriving-") || strings.HasPrefix(e.Name(), ".dgate") {
			return nil
		}
		if info, err := e.Info(); err == nil {
			st.files[rel] = fileState{info.Size(), info.ModTime()}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// changes tells what differs between two states, in the words of the records.
func changes(before, after state) []string {
	var list []string
	for _, table := range tables {
		if a, b := before.rows[table], after.rows[table]; a != b {
			list = append(list, fmt.Sprintf("rows %s %d->%d", table, a, b))
		}
	}
	names := maps.Clone(before.files)
	maps.Copy(names, after.files)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, is := before.files[name], after.files[name]
		_, old := before.files[name]
		_, now := after.files[name]
		switch {
		case !old:
			list = append(list, fmt.Sprintf("+%s (%d bytes)", name, is.size))
		case !now:
			list = append(list, "-"+name)
		case was != is:
			list = append(list, fmt.Sprintf("~%s (%d->%d bytes)", name, was.size, is.size))
		}
	}
	return list
}

var (
	template  = regexp.MustCompile(`<<(file|ls|sql|run|sop):?((?:[^<>]|<[^<>]*>|>[^>]|<[^<])*?)>>`)
	fileSlice = regexp.MustCompile(`^(.*)\[-(\d+):\]$`)
)

// expand carries out the template of what to look at afterwards.
func (s *site) expand(t *testing.T, text string) string {
	t.Helper()
	return template.ReplaceAllStringFunc(text, func(part string) string {
		m := template.FindStringSubmatch(part)
		arg := s.fill(m[2])
		switch m[1] {
		case "file":
			return s.part(arg)
		case "ls":
			var names []string
			entries, _ := os.ReadDir(arg)
			for _, e := range entries {
				names = append(names, e.Name())
			}
			return "['" + strings.Join(names, "', '") + "']"
		case "sql":
			return s.query(t, arg)
		case "sop":
			return s.sopHead()
		}
		var argv []string
		if err := json.Unmarshal([]byte(arg), &argv); err != nil {
			t.Fatalf("%s: %v", arg, err)
		}
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir = s.dir
		out, _ := cmd.Output()
		return string(out)
	})
}

// part reads a file, or the end of it: NAME or NAME[-N:].
func (s *site) part(name string) string {
	last := 0
	if m := fileSlice.FindStringSubmatch(name); m != nil {
		name = m[1]
		last, _ = strconv.Atoi(m[2])
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	text := s.unfill(string(data)) // the recordings count so
	if last > 0 && last < len(text) {
		text = text[len(text)-last:]
	}
	return text
}

func (s *site) query(t *testing.T, text string) string {
	t.Helper()
	db := s.database(t)
	defer db.Close()
	rows, err := db.Query(text)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	var lines []string
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err.Error()
		}
		var texts []string
		for _, v := range values {
			if !v.Valid {
				v.String = "None"
			}
			texts = append(texts, v.String)
		}
		lines = append(lines, strings.Join(texts, "|"))
	}
	return strings.Join(lines, "\n")
}

// sopHead tells the number of lines of dgatesop.lst and shows its beginning.
func (s *site) sopHead() string {
	data, _ := os.ReadFile(filepath.Join(s.dir, "dgatesop.lst"))
	text := s.unfill(string(data))
	return fmt.Sprintf("dgatesop.lst now %d lines, head: %s", strings.Count(text, "\n"), text[:min(len(text), 500)])
}
