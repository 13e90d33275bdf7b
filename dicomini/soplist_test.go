package dicomini

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const testSOPList = `# comment
#None none RemoteAE
 Leading 1.2.3 sop
CT	1.2.840.10008.5.1.4.1.1.2   SOP
MR 1.2.840.10008.5.1.4.1.1.4 abstract LittleEndianExplicit
Implicit 1.2.840.10008.1.2 transfer
App 1.2.840.10008.3.1.1.1 Application
site SENDER remoteae
incomplete 1.2
other 1.2 thing
Last 1.2.9 sop`

func TestParseSOPList(t *testing.T) {
	l := ParseSOPList([]byte(testSOPList))
	var uids []string
	for _, e := range l.Entries(AbstractSyntax) {
		uids = append(uids, e.Value)
	}
	if got := strings.Join(uids, " "); got != "1.2.3 1.2.840.10008.5.1.4.1.1.2 1.2.840.10008.5.1.4.1.1.4 1.2.9" {
		t.Errorf("abstract syntaxes %s", got)
	}
	tests := []struct {
		kind  SOPKind
		value string
		want  bool
	}{
		{AbstractSyntax, "1.2.3\x00", true},
		{AbstractSyntax, "1.2.4", false},
		{TransferSyntax, "1.2.840.10008.1.2", true},
		{TransferSyntax, "1.2.840.10008.1.2.1", false},
		{RemoteAE, "SENDER          ", true},
		{RemoteAE, "SENDER 2", true},
		{RemoteAE, "sender", false},
		{LocalAE, "anything", true},
		{Application, "1.2.840.10008.3.1.1.1", true},
	}
	for _, tt := range tests {
		if got := l.Allows(tt.kind, tt.value); got != tt.want {
			t.Errorf("Allows(%s, %q) = %v", tt.kind, tt.value, got)
		}
	}
	if l.Name(AbstractSyntax, "1.2.9") != "Last" || l.Restricts(LocalAE) || l.Lists(LocalAE, "x") {
		t.Error("Name, Restricts or Lists")
	}
	if len(l.notes) != 2 {
		t.Errorf("notes %v", l.notes)
	}
}

func TestSOPListWordsAreCut(t *testing.T) {
	l := ParseSOPList([]byte(strings.Repeat("n", 70) + " " + strings.Repeat("1", 70) + " sop\n"))
	if e, _ := l.Entry(AbstractSyntax, 0); len(e.Name) != 63 || len(e.Value) != 63 {
		t.Errorf("%+v", e)
	}
}

func TestSOPStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dgatesop.lst")
	s := NewSOPStore(path)
	if !s.Current().Allows(AbstractSyntax, "1.2.840.10008.1.1") || s.Current().Allows(AbstractSyntax, "1.2.3") {
		t.Error("built-in list")
	}
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("A 1.1 sop\nB 1.2 sop\n", testTime)
	first := s.Current()
	if first.Allows(AbstractSyntax, "1.3") || s.Current() != first {
		t.Error("list of the file")
	}
	write("A 1.1 sop\nC 1.3 sop\n", testTime.Add(time.Second))
	if !s.Current().Allows(AbstractSyntax, "1.3") || first.Allows(AbstractSyntax, "1.3") {
		t.Error("the edit was not seen, or an old list changed")
	}
	steps := []struct {
		do   func() error
		want string
	}{
		{func() error { return s.Put(AbstractSyntax, 1, "1.4", "D", testTime) }, "A 1.1 sop,D 1.4 sop"},
		{func() error { return s.Put(AbstractSyntax, 9, "1.5", "E", testTime) }, "A 1.1 sop,D 1.4 sop,E 1.5 sop"},
		{func() error { return s.Delete(AbstractSyntax, 0, testTime) }, "D 1.4 sop,E 1.5 sop"},
		{func() error { return s.Delete(AbstractSyntax, 7, testTime) }, "D 1.4 sop,E 1.5 sop"},
		{func() error { return s.Put(RemoteAE, 0, "SENDER", "site", testTime) }, "site SENDER RemoteAe,D 1.4 sop,E 1.5 sop"},
	}
	for i, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.Lines(string(text)) {
			if line[0] != '#' {
				lines = append(lines, strings.Join(strings.Fields(line), " "))
			}
		}
		if got := strings.Join(lines, ","); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	if err := s.Put(AbstractSyntax, 0, "1.2 3", "x", testTime); err == nil {
		t.Error("a value with a blank was written")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if !s.Current().Allows(AbstractSyntax, "1.4") {
		t.Error("a removed file changed the list")
	}
}

func TestDefaultSOPList(t *testing.T) {
	l := DefaultSOPList()
	if e, _ := l.Entry(AbstractSyntax, 0); e.Name != "Verification" || e.Value != "1.2.840.10008.1.1" {
		t.Errorf("first class %+v", e)
	}
	if e, _ := l.Entry(TransferSyntax, 0); e.Value != "1.2.840.10008.1.2" {
		t.Errorf("first syntax %+v", e)
	}
	for _, uid := range []string{"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.1.88.67", "1.2.826.0.1.3680043.2.135.1066.5.1.4.1.2.2.2"} {
		if !l.Lists(AbstractSyntax, uid) {
			t.Errorf("%s is not listed", uid)
		}
	}
	again := ParseSOPList(l.Text("put_sop:0", testTime))
	for k := range sopKinds {
		for i, e := range l.Entries(k) {
			if g, _ := again.Entry(k, i); g.Name != e.Name || g.Value != e.Value {
				t.Errorf("%v written and read is %v", e, g)
			}
		}
	}
	if len(again.notes) != 0 || len(l.Entries(AbstractSyntax)) != 151 || len(l.Entries(TransferSyntax)) != 13 {
		t.Errorf("%v, %d classes, %d syntaxes", again.notes, len(l.Entries(AbstractSyntax)), len(l.Entries(TransferSyntax)))
	}
}

func TestCurrentSOPList(t *testing.T) {
	l := CurrentSOPList()
	for _, uid := range []string{
		"1.2.840.10008.5.1.4.1.1.88.34", "1.2.840.10008.5.1.4.1.1.66.7", "1.2.840.10008.5.1.4.1.1.88.73", "1.2.840.10008.5.1.4.1.1.30",
		"1.2.840.10008.5.1.4.1.1.77.1.7", "1.2.840.10008.5.1.4.1.1.104.3", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.34.7",
	} {
		if !l.Lists(AbstractSyntax, uid) {
			t.Errorf("class %s is not listed", uid)
		}
	}
	for _, uid := range []string{"1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.8.1"} {
		if !l.Lists(TransferSyntax, uid) {
			t.Errorf("syntax %s is not listed", uid)
		}
	}
	again := ParseSOPList(l.Text("write-defaults", testTime))
	for k := range sopKinds {
		if len(again.notes) != 0 || len(again.Entries(k)) != len(l.Entries(k)) {
			t.Errorf("%v: %d entries written, %d read, %v", k, len(l.Entries(k)), len(again.Entries(k)), again.notes)
		}
	}
	if l == DefaultSOPList() || len(DefaultSOPList().Entries(TransferSyntax)) != 13 {
		t.Error("the list of the original changed")
	}
}
