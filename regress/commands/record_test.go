//go:build linux

package commands

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// A record is one experiment: what is run in a server folder, and what came
// of it.
type record struct {
	Command  string   `json:"command"`
	Setup    string   `json:"setup,omitempty"`
	Group    string   `json:"group"`
	Argv     []string `json:"argv,omitempty"`
	Signal   string   `json:"signal,omitempty"`
	Server   bool     `json:"server"`
	Receiver bool     `json:"dcmtk,omitempty"` // a storescp listens as DCMTK
	Before   []step   `json:"before,omitempty"`
	After    string   `json:"after,omitempty"`
	Timeout  float64  `json:"timeout,omitempty"`
	Wait     float64  `json:"wait,omitempty"`
	Volatile bool     `json:"volatile,omitempty"`
	Note     string   `json:"note,omitempty"`
	Skip     string   `json:"skip,omitempty"`

	Stdout    string `json:"stdout"`
	Stderr    string `json:"stderr,omitempty"`
	Exit      any    `json:"exit"` // status, or "timeout Ns"
	ServerLog string `json:"server_log"`
	Effect    string `json:"effect"`

	Number int `json:"number,omitempty"` // of those that are no part of probes.jsonl

	index int // in its file
}

// A step prepares the folder for a record.
type step struct {
	Write  string   `json:"write,omitempty"`
	Text   string   `json:"text,omitempty"`
	Copy   string   `json:"copy,omitempty"`
	To     string   `json:"to,omitempty"`
	Remove string   `json:"remove,omitempty"`
	Shell  string   `json:"shell,omitempty"`
	Run    []string `json:"run,omitempty"`
	Into   string   `json:"into,omitempty"`
}

// A group is the records that follow each other on one server.
type group struct {
	name    string
	records []*record
}

// readGroups reads a file of records, groups in the order of their first one.
func readGroups(t *testing.T, file string) []*group {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var groups []*group
	byName := map[string]*group{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<22)
	for i := 0; sc.Scan(); i++ {
		r := &record{index: i}
		if err := json.Unmarshal(sc.Bytes(), r); err != nil {
			t.Fatalf("%s line %d: %v", file, i+1, err)
		}
		g := byName[r.Group]
		if g == nil {
			g = &group{name: r.Group}
			byName[r.Group] = g
			groups = append(groups, g)
		}
		g.records = append(g.records, r)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return groups
}

func (g *group) receiver() bool {
	for _, r := range g.records {
		if r.Receiver {
			return true
		}
	}
	return false
}

// runnable tells whether the record can be replayed: all but those that read
// chance values or Lua files of the original. The separate program servertask is
// dgate under that name.
func (r *record) runnable() bool {
	lua := len(r.Argv) > 1 && r.Argv[1] == "--dolua:query.lua"
	return !r.Volatile && !lua && (r.Skip == "" || strings.Contains(r.Skip, "servertask"))
}
