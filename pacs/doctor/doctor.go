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
	"conquest/finding"
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
	// Presence tells which devices are there; nil: all of them.
	Presence *storage.Presence
	// Lock keeps others from storing an object until unlock is called.
	Lock func(sop string) (unlock func())
}

// Examine compares index, devices and mirrors and writes a report to out. action
// is "" to look only, "dry-run" to say as well what a repair would do to each,
// "repair" to repair what can be repaired, or "undo" to take the last repair
// back. The result is the number of findings that are left.
func (s *Site) Examine(ctx context.Context, action string, out io.Writer) (findings int, err error) {
	switch action {
	case "", "dry-run", "repair":
	case "undo":
		return 0, s.undoRepair(ctx, out)
	default:
		return 0, fmt.Errorf("doctor: unknown action %q: dry-run, repair or undo", action)
	}
	e := newExamination(s)
	if err := e.run(ctx); err != nil {
		return 0, fmt.Errorf("doctor: %w", err)
	}
	e.report(out)
	left := len(e.findings)
	if action == "dry-run" {
		e.foretell(out)
		return left, nil
	}
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
	absentDevice
	unjudged
)

// ailments in the order of the report.
var ailments = []struct {
	severity    finding.Severity
	title, cure string
}{
	rowWithoutFile: {finding.Error, "objects in the index without a file", "restore the file from the mirror, else take the object out of the index"},
	fileWithoutRow: {finding.Error, "files that are not in the index", "enter them"},
	movedFile:      {finding.Error, "objects whose file lies elsewhere", "correct the index"},
	secondCopy:     {finding.Warning, "second copies of objects", "set the file that is not in the index aside"},
	badFile:        {finding.Error, "files that can not be read whole", "restore the file from the mirror; a file that is not in the index is set aside"},
	otherObject:    {finding.Error, "files that hold another object than the index says", ""},
	otherPatient:   {finding.Error, "files with another patient ID than the index", ""},
	sharedFile:     {finding.Error, "files that several objects of the index share", ""},
	twoPatients:    {finding.Warning, "studies with two patients", ""},
	childless:      {finding.Warning, "patients, studies and series without anything below", "take them out of the index"},
	noMirror:       {finding.Warning, "objects without a whole mirror copy", "copy them"},
	strayMirror:    {finding.Hint, "mirror copies of objects that are not in the index", ""},
	offline:        {finding.Hint, "objects on archive media that can not be read now", ""},
	absentDevice:   {finding.Error, "devices that are not there; of their objects nothing can be said", ""},
	unjudged:       {finding.Warning, "files that are not in the index but may be on their way into it: look again in half a minute", ""},
}

// symptom is one finding with what its repair needs.
type symptom struct {
	finding.Finding
	kind   ailment
	row    *imageRow // of the index, when there is one
	path   string    // of the file
	device string    // of the file
	parent *parentRow
	dir    string // of the mirror
	curse  bool   // can not be repaired
}

// examination is one run of the doctor.
type examination struct {
	*Site
	dev *storage.Devices

	absent   map[string]bool // folders of devices that are not there
	young    []string        // files that may be on their way into the index
	rows     []imageRow
	byPath   map[string][]*imageRow
	bySOP    map[string]*imageRow
	files    int
	findings []symptom
}

func newExamination(s *Site) *examination {
	return &examination{Site: s, dev: storage.NewDevices(s.Config.Storage),
		byPath: map[string][]*imageRow{}, bySOP: map[string]*imageRow{}}
}

func said(format string, a ...any) finding.Finding {
	return finding.Finding{Message: fmt.Sprintf(format, a...)}
}

func (e *examination) add(f symptom) {
	f.Severity, f.Fix = ailments[f.kind].severity, ailments[f.kind].cure
	e.findings = append(e.findings, f)
}

func (e *examination) run(ctx context.Context) error {
	e.lookForDevices()
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
	if err := e.judgeYoung(ctx); err != nil {
		return err
	}
	slices.SortStableFunc(e.findings, func(a, b symptom) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), strings.Compare(a.Message, b.Message))
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
		fmt.Fprintf(out, "\n%s: %d (%v)\n", ailments[kind].title, n-i, ailments[kind].severity)
		if cure := ailments[kind].cure; cure != "" {
			fmt.Fprintf(out, "  repair: %s\n", cure)
		}
		for ; i < n; i++ {
			fmt.Fprintf(out, "  %s\n", e.findings[i].Message)
		}
	}
	if len(e.findings) == 0 {
		fmt.Fprintln(out, "nothing is wrong")
		return
	}
	fmt.Fprintf(out, "\n%d findings\n", len(e.findings))
}

func (f *symptom) repairable() bool { return ailments[f.kind].cure != "" && !f.curse }

func (e *examination) repairable() int {
	n := 0
	for i := range e.findings {
		if e.findings[i].repairable() {
			n++
		}
	}
	return n
}
