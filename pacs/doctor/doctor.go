// Package doctor examines a site: it compares the index with the folders of the
// devices and with the mirrors, tells what does not fit, and repairs it. A repair
// deletes nothing: files are set aside, index rows are written down, and the whole
// can be taken back.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"conquest/console"
	"conquest/db"
	"conquest/dicomini"
	"conquest/storage"
)

// Site is what is examined.
type Site struct {
	Config  *dicomini.Config
	Schema  *dicomini.Schema // of the index
	Index   *db.DB
	Writer  storage.Writer
	Console *console.Console
	// Terminal shows how far the examination is, when somebody looks; else nil.
	Terminal io.Writer
	// Lock keeps others from storing an object until unlock is called.
	Lock func(sop string) (unlock func())
}

// Examine compares index, devices and mirrors and writes a report to out. action
// is "" to look only, "repair" to repair what can be repaired, or "undo" to take
// the last repair back. The result is the number of findings that are left.
func (s *Site) Examine(ctx context.Context, action string, out io.Writer) (findings int, err error) {
	switch action {
	case "", "repair":
	case "undo":
		return 0, s.undoRepair(ctx, out)
	default:
		return 0, fmt.Errorf("doctor: unknown action %q: repair or undo", action)
	}
	e := newExamination(s)
	if err := e.run(ctx); err != nil {
		return 0, fmt.Errorf("doctor: %w", err)
	}
	e.report(out)
	left := len(e.findings)
	if action == "repair" {
		done, err := e.repair(ctx, out)
		return left - done, err
	}
	if n := e.repairable(); n > 0 {
		fmt.Fprintf(out, "%d of them can be repaired: dgate --doctor:repair\n", n)
	}
	return left, nil
}

// ailment is a kind of finding.
type ailment int

const (
	rowWithoutFile ailment = iota
	fileWithoutRow
	movedFile
	secondCopy
	badFile
	otherObject
	otherPatient
	sharedFile
	twoPatients
	childless
	noMirror
	strayMirror
	offline
)

// ailments in the order of the report.
var ailments = []struct{ title, cure string }{
	rowWithoutFile: {"objects in the index without a file", "restore the file from the mirror, else take the object out of the index"},
	fileWithoutRow: {"files that are not in the index", "enter them"},
	movedFile:      {"objects whose file lies elsewhere", "correct the index"},
	secondCopy:     {"second copies of objects", "set the file that is not in the index aside"},
	badFile:        {"files that can not be read whole", "restore the file from the mirror; a file that is not in the index is set aside"},
	otherObject:    {"files that hold another object than the index says", ""},
	otherPatient:   {"files with another patient ID than the index", ""},
	sharedFile:     {"files that several objects of the index share", ""},
	twoPatients:    {"studies with two patients", ""},
	childless:      {"patients, studies and series without anything below", "take them out of the index"},
	noMirror:       {"objects without a whole mirror copy", "copy them"},
	strayMirror:    {"mirror copies of objects that are not in the index", ""},
	offline:        {"objects on archive media that can not be read now", ""},
}

// finding is one thing that is wrong.
type finding struct {
	kind   ailment
	row    *imageRow // of the index, when there is one
	path   string    // of the file
	device string    // of the file
	text   string
	parent *parentRow
	dir    string // of the mirror
	curse  bool   // can not be repaired
}

// examination is one run of the doctor.
type examination struct {
	*Site
	dev *storage.Devices

	rows     []imageRow
	byPath   map[string][]*imageRow
	bySOP    map[string]*imageRow
	files    int
	findings []finding
}

func newExamination(s *Site) *examination {
	return &examination{Site: s, dev: storage.NewDevices(s.Config.Storage),
		byPath: map[string][]*imageRow{}, bySOP: map[string]*imageRow{}}
}

func (e *examination) add(f finding) { e.findings = append(e.findings, f) }

func (e *examination) run(ctx context.Context) error {
	if err := e.readIndex(ctx); err != nil {
		return err
	}
	if err := e.readFiles(ctx); err != nil {
		return err
	}
	e.rowsWithoutFile()
	if err := e.parents(ctx); err != nil {
		return err
	}
	if err := e.mirrors(ctx); err != nil {
		return err
	}
	if err := e.confirm(ctx); err != nil {
		return err
	}
	slices.SortStableFunc(e.findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), strings.Compare(a.text, b.text))
	})
	return nil
}

// report writes the findings by kind.
func (e *examination) report(out io.Writer) {
	fmt.Fprintf(out, "%d objects in the index, %d files on %d devices\n", len(e.rows), e.files, e.dev.MAGs())
	for i := 0; i < len(e.findings); {
		kind := e.findings[i].kind
		n := i
		for n < len(e.findings) && e.findings[n].kind == kind {
			n++
		}
		fmt.Fprintf(out, "\n%s: %d\n", ailments[kind].title, n-i)
		if cure := ailments[kind].cure; cure != "" {
			fmt.Fprintf(out, "  repair: %s\n", cure)
		}
		for ; i < n; i++ {
			fmt.Fprintf(out, "  %s\n", e.findings[i].text)
		}
	}
	if len(e.findings) == 0 {
		fmt.Fprintln(out, "nothing is wrong")
		return
	}
	fmt.Fprintf(out, "\n%d findings\n", len(e.findings))
}

func (f *finding) repairable() bool { return ailments[f.kind].cure != "" && !f.curse }

func (e *examination) repairable() int {
	n := 0
	for i := range e.findings {
		if e.findings[i].repairable() {
			n++
		}
	}
	return n
}
