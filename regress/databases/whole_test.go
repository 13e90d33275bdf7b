package databases

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/db/testserver"
	"conquest/regress/rig"
)

// driver is a database with the keys of dicom.ini that choose it.
type driver struct {
	name string
	keys func(t *testing.T) map[string]string
	// differs names the steps whose answers differ from those on SQLite.
	differs map[string]string
	// text is applied to what SQLite gave before comparing.
	text func(string) string
	// counts tells that computed fields differ and are not compared.
	counts bool
}

// The shipped settings of each driver (docs/original/database.md 1).
var drivers = []driver{
	{name: "sqlite", keys: func(*testing.T) map[string]string { return nil }},
	{name: "dbase", keys: func(t *testing.T) map[string]string {
		return map[string]string{"SQLServer": folder(t), "SqLite": "0", "IndexDBF": "10", "PackDBF": "0", "LongQueryDBF": "1000"}
	}, differs: map[string]string{
		"database type":           "other driver",
		"study by exact lower id": "dBASE compares without case",
		"lua lower id":            "dBASE compares without case",
	}, counts: true}, // dBASE counts the rows that match the columns of an answer (docs/original/database.md 6)
	{name: "postgres", keys: func(t *testing.T) map[string]string {
		s := start(t, testserver.StartPostgres)
		return map[string]string{
			"SQLServer": s.name, "SQLHost": s.Addr, "Username": s.User, "SqLite": "0", "Postgres": "1",
			"DoubleBackSlashToDB": "1", "UseEscapeStringConstants": "1",
		}
	}, text: unicode, differs: map[string]string{
		"database type":       "other driver",
		"study by lower name": "PostgreSQL compares with case, as with the original",
	}},
	{name: "mariadb", keys: func(t *testing.T) map[string]string {
		s := start(t, testserver.StartMariaDB)
		return map[string]string{
			"SQLServer": s.name, "SQLHost": s.Addr, "Username": s.User, "SqLite": "0", "Mysql": "1", "DoubleBackSlashToDB": "1",
		}
	}, text: unicode, differs: map[string]string{
		"database type":           "other driver",
		"study by exact lower id": "the collation of MariaDB compares without case",
		"lua lower id":            "the collation of MariaDB compares without case",
	}},
}

// withoutLabel leaves out the character set that a Unicode index names in answers
// that need it; what the text is stays.
func withoutLabel(lines []string) []string {
	list := slices.Clone(lines)
	for i := range list {
		list[i] = strings.ReplaceAll(list[i], "0008,0005=ISO_IR 192 ", "")
	}
	return list
}

// unicode is what a UTF-8 database makes of Latin-1 text.
func unicode(s string) string { return strings.ReplaceAll(s, "\xfc", "ü") }

func folder(t testing.TB) string { return t.TempDir() + string(filepath.Separator) }

// runningServer is a private server with a fresh database.
type runningServer struct {
	*testserver.Server
	name string
}

func start(t testing.TB, how func() (*testserver.Server, error)) runningServer {
	t.Helper()
	s, err := how()
	if err != nil {
		rig.Missing(t, err)
	}
	t.Cleanup(func() { s.Stop() })
	name, err := s.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	return runningServer{s, name}
}

// step is what one action of a session gave.
type step struct {
	name  string
	lines []string
}

// rules of the session: what a site's scripts ask of its index.
const rules = `ImportConverter0 = append "%QP0010,0010|" to q.txt
ImportConverter1 = append "%QS0008,1030|" to q.txt
ImportConverter2 = append "%QE0008,0060~|%n" to q.txt
ExportConverters = 2
ExportFilter0 = Modality = 'MR'
ExportConverter0 = append "mr %V0008,0018%n" to export.txt
ExportFilter1 = ImageNumber LIKE '1%' and BitsStored = '12'
ExportConverter1 = append "first %V0008,0018%n" to export.txt
`

const queryScript = `local f = io.open('lua.txt', 'a')
local function ask(...)
  local r = dbquery(...)
  f:write(tostring(r and #r), '\n')
  for i = 1, r and #r or 0 do f:write('  ', table.concat(r[i], '|'), '\n') end
end
ask('DICOMPatients', 'PatientID,PatientNam,PatientSex', '', 'PatientID')
ask('DICOMStudies', 'StudyInsta,StudyModal', "PatientID = 'PAT001'")
ask('DICOMSeries', 'SeriesInst', "Modality = 'MR' and SeriesNumb is not null")
ask('DICOMImages', 'SOPInstanc', "ImagePat = 'PAT001' and ImageNumbe = '1'", 'SOPInstanc')
ask('DICOMPatients', 'PatientID', "PatientID like 'PAT0%'", 'PatientID')
ask('DICOMWorkList', 'PatientID,AccessionN', '')
ask('DICOMPatients', 'PatientID', "PatientID = 'nobody'")
f:write(changeuid('1.2.3.4.5', '9.8.7', 'stage1'), '\n')
f:write(changeuid('1.2.3.4.5', '', 'stage1'), '\n')
f:write(changeuidback('9.8.7', 'stage1'), '\n')
f:close()
`

const lowerScript = `local r = dbquery('DICOMPatients', 'PatientID', "PatientID = 'pat001'")
local f = io.open('lower.txt', 'w') f:write(#r, '\n') f:close()
`

// session runs a site from nothing to regeneration and tells what it gave.
func session(t *testing.T, s *site) []step {
	t.Helper()
	var steps []step
	note := func(name string, lines []string) { steps = append(steps, step{name, lines}) }
	dest := s.receive()
	s.more = rules
	s.file("q.lua", queryScript)
	s.file("lower.lua", lowerScript)
	worklist, err := filepath.Abs("testdata/worklist.hl7")
	if err != nil {
		t.Fatal(err)
	}
	s.write()
	s.command("-v", "-r")
	s.start()
	note("store", s.store(inputs(t)...))
	note("exports", sorted(s.lines("export.txt", 12)))
	note("percent variables", s.lines("q.txt", 18))
	s.command("--loadhl7:" + worklist)
	note("patients", sorted(s.find("-P", "QueryRetrieveLevel=PATIENT", "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "NumberOfPatientRelatedStudies")))
	note("all levels", everyLevel(s))
	note("study by lower name", s.find("-S", "QueryRetrieveLevel=STUDY", "PatientName=doe*", "StudyInstanceUID"))
	note("study by exact lower id", s.find("-S", "QueryRetrieveLevel=STUDY", "PatientID=pat001", "StudyInstanceUID"))
	note("worklist", s.find("-W", "AccessionNumber", "PatientName", "PatientID", "ScheduledProcedureStepSequence[0].Modality", "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate"))
	note("move of a study", movedBy(t, s, dest, "QueryRetrieveLevel=STUDY", "StudyInstanceUID="+firstStudy))
	note("move of an image", movedBy(t, s, dest, "QueryRetrieveLevel=IMAGE", "PatientID=PAT003", "SOPInstanceUID"))
	note("get", got(t, s, "QueryRetrieveLevel=STUDY", "StudyInstanceUID="+firstStudy))
	s.command(`--lua:dofile("q.lua")`)
	note("lua", sorted(s.lines("lua.txt", 20)))
	s.command(`--lua:dofile("lower.lua")`)
	note("lua lower id", s.lines("lower.txt", 1))
	s.command("--deletestudy:PAT001:" + firstStudy)
	s.command("--deletepatient:PAT003")
	note("after deletes", everyLevel(s))
	s.stop()
	s.start()
	note("after restart", everyLevel(s))
	note("store again", s.store(inputs(t)[:3]...))
	note("after storing again", everyLevel(s))
	s.stop()
	s.command("-v", "-r")
	s.start()
	note("after regeneration", everyLevel(s))
	note("worklist after regeneration", s.find("-W", "AccessionNumber", "PatientName"))
	note("database type", []string{regexp.MustCompile(`Database type: .*`).FindString(s.log0())})
	s.stop()
	return steps
}

const firstStudy = "1.2.826.0.1.3680043.8.498.15703.1"

func inputs(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../../db/testdata/reference/input/*.dcm")
	if err != nil || len(list) != 18 {
		t.Fatalf("%d objects: %v", len(list), err)
	}
	for i := range list {
		if list[i], err = filepath.Abs(list[i]); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// everyLevel asks at the levels of study root, with all kinds of keys.
func everyLevel(s *site) []string {
	var list []string
	ask := func(model string, keys ...string) {
		list = append(list, strings.Join(keys, " "))
		for _, a := range sorted(s.find(model, keys...)) {
			list = append(list, "  "+a)
		}
	}
	ask("-P", "QueryRetrieveLevel=PATIENT", "PatientID=PAT0*", "PatientName")
	ask("-S", "QueryRetrieveLevel=STUDY", "PatientID", "StudyInstanceUID", "ModalitiesInStudy", "StudyDescription", "AccessionNumber", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances")
	ask("-S", "QueryRetrieveLevel=STUDY", "ModalitiesInStudy=RTPLAN", "StudyInstanceUID")
	ask("-S", "QueryRetrieveLevel=STUDY", "StudyDate=20240101-20241231", "StudyInstanceUID")
	ask("-S", "QueryRetrieveLevel=STUDY", "StudyDate=-20240102", "StudyInstanceUID")
	ask("-S", "QueryRetrieveLevel=STUDY", "PatientName=*oe*", "PatientID")
	ask("-S", "QueryRetrieveLevel=STUDY", "PatientID=PAT00?", "StudyInstanceUID")
	ask("-S", "QueryRetrieveLevel=STUDY", "PatientSex=F", "PatientName", "StudyInstanceUID")
	ask("-S", "QueryRetrieveLevel=STUDY", "StudyInstanceUID="+firstStudy+`\1.2.826.0.1.3680043.8.498.15703.2`, "PatientID")
	ask("-S", "QueryRetrieveLevel=SERIES", "StudyInstanceUID="+firstStudy, "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "NumberOfSeriesRelatedInstances")
	ask("-S", "QueryRetrieveLevel=SERIES", "PatientName=D*", "Modality", "SeriesInstanceUID")
	ask("-S", "QueryRetrieveLevel=IMAGE", "StudyInstanceUID="+firstStudy, "SeriesInstanceUID", "SOPInstanceUID", "InstanceNumber")
	ask("-S", "QueryRetrieveLevel=IMAGE", "PatientID=PAT001", "Modality=CT", "StudyDate", "SOPInstanceUID")
	ask("-S", "QueryRetrieveLevel=IMAGE", "PatientID=nobody", "SOPInstanceUID")
	return list
}

// lines waits until a file has n lines and returns them without UIDs made here.
func (s *site) lines(name string, n int) []string {
	s.t.Helper()
	var list []string
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		b, _ := os.ReadFile(filepath.Join(s.dir, name))
		list = strings.Split(strings.TrimRight(string(b), "\n"), "\n")
		if len(list) >= n || time.Now().After(end) {
			return list
		}
	}
}

// log0 is the whole log of the server.
func (s *site) log0() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "server.log"))
	return string(b)
}

var counts = regexp.MustCompile(`Number of (?:Completed|Failed|Warning|Remaining) Suboperations\s*: \d+`)

func movedBy(t *testing.T, s *site, dest *receiver, keys ...string) []string {
	t.Helper()
	out := s.move(keys...)
	list := dest.take(t)
	if m := counts.FindAllString(out, -1); len(m) >= 4 {
		list = append(list, m[len(m)-4:]...)
	}
	return list
}

// got retrieves by C-GET and returns the UIDs of what came.
func got(t *testing.T, s *site, keys ...string) []string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-S", "-od", dir}
	for _, k := range keys {
		args = append(args, "-k", k)
	}
	s.tool("getscu", args...)
	return (&receiver{dir: dir}).take(t)
}

// TestSameOnAllDatabases runs the same session on each database.
func TestSameOnAllDatabases(t *testing.T) {
	needTools(t)
	binary := dgate(t)
	var want []step
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			got := session(t, newSite(t, binary, d.keys(t)))
			if d.name == "sqlite" {
				want = got
				golden(t, got)
				return
			}
			compare(t, want, got, d)
		})
	}
}

func compare(t *testing.T, want, got []step, d driver) {
	t.Helper()
	for i, w := range want {
		if i >= len(got) {
			t.Fatalf("%s: missing", w.name)
		}
		lines := slices.Clone(w.lines)
		for i := range lines {
			if d.text != nil {
				lines[i] = d.text(lines[i])
			}
		}
		if d.text != nil {
			got[i].lines = withoutLabel(got[i].lines)
			slices.Sort(lines) // the label stood in front of what they were sorted by
			slices.Sort(got[i].lines)
		}
		if d.counts {
			lines, got[i].lines = withoutCounts(lines), withoutCounts(got[i].lines)
		}
		same := slices.Equal(lines, got[i].lines)
		if reason, may := d.differs[w.name]; !same && may {
			t.Logf("%s differs: %s", w.name, reason)
		} else if !same {
			t.Errorf("%s:\n%s", w.name, difference(lines, got[i].lines))
		}
	}
}

var computed = regexp.MustCompile(`0020,120\d=\d+ +`)

// withoutCounts blanks the computed fields.
func withoutCounts(lines []string) []string {
	list := slices.Clone(lines)
	for i, l := range list {
		list[i] = computed.ReplaceAllString(l, "")
	}
	return list
}

// difference shows the lines that only one side has.
func difference(want, got []string) string {
	var b strings.Builder
	for _, l := range want {
		if !slices.Contains(got, l) {
			fmt.Fprintf(&b, "  missing %q\n", l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			fmt.Fprintf(&b, "  extra   %q\n", l)
		}
	}
	if b.Len() == 0 {
		fmt.Fprintf(&b, "  order or number: %d and %d lines\n", len(want), len(got))
	}
	return b.String()
}

// golden compares with what the session gave before; DGATE_UPDATE=1 records.
func golden(t *testing.T, steps []step) {
	t.Helper()
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "## %s\n", s.name)
		for _, l := range s.lines {
			fmt.Fprintln(&b, strings.TrimRight(l, " "))
		}
	}
	const name = "testdata/session.txt"
	if os.Getenv("DGATE_UPDATE") != "" {
		if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(text); want != b.String() {
		t.Errorf("not as in %s:\n%s", name, difference(strings.Split(want, "\n"), strings.Split(b.String(), "\n")))
	}
}
