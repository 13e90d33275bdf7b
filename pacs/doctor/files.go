package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"conquest/console"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/group"
	"conquest/storage"
)

// freshFile is the age below which a file may still be on its way into the
// index of a running server.
const freshFile = 30 * time.Second

// checkedFile is what a file itself says.
type checkedFile struct {
	path, device string
	size         int64
	fresh        bool
	sop, patient string
	err          error
}

// readFiles reads all files of the MAG devices on all cores and judges them one
// by one.
func (e *examination) readFiles(ctx context.Context) error {
	p := console.NewProgress("doctor", e.Terminal, e.Console)
	defer p.End()
	for n := range e.dev.MAGs() {
		dir := e.dev.MAG(n)
		if e.absent[dir] || !storage.IsDir(dir) {
			continue
		}
		if err := e.readDevice(ctx, p, fmt.Sprintf("MAG%d", n), dir); err != nil {
			return err
		}
	}
	return nil
}

func (e *examination) readDevice(ctx context.Context, p *console.Progress, device, dir string) error {
	paths, checked := make(chan string, 256), make(chan checkedFile, 256)
	var walkErr error
	var work, readers group.Group
	work.Go("walk "+dir, func() {
		defer close(paths)
		walkErr = storage.WalkObjects(ctx, dir, func(path string) error {
			select {
			case paths <- path:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, func(err error) { e.Console.Event("*** folder can not be read", "error", err) })
	})
	for range runtime.GOMAXPROCS(0) {
		readers.Go("read files", func() {
			for path := range paths {
				checked <- e.check(path, device)
			}
		})
	}
	work.Go("end of files", func() {
		readers.Wait()
		close(checked)
	})
	for f := range checked {
		e.files++
		e.judge(dir, f)
		p.Add(1)
	}
	work.Wait()
	return walkErr
}

// check reads a file. A panic costs that file only.
func (e *examination) check(path, device string) (c checkedFile) {
	err := group.Guard("read "+path, func() error { c = checkFile(path, device); return nil })
	if err != nil {
		c = checkedFile{path: path, device: device, err: err}
	}
	return c
}

// skippedSize is the size from which a value is skipped, not read.
const skippedSize = 4096

// checkFile reads a file to its end, without loading pixels.
func checkFile(path, device string) (c checkedFile) {
	c = checkedFile{path: path, device: device}
	defer func() {
		if p := recover(); p != nil {
			c.err = fmt.Errorf("internal error: %v", p)
		}
	}()
	if fi, err := os.Stat(path); err == nil {
		c.size = fi.Size()
		c.fresh = time.Since(fi.ModTime()) < freshFile
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{BulkThreshold: skippedSize})
	if err != nil {
		c.err = err
		return c
	}
	defer f.Close()
	c.sop, c.patient = f.String(dicom.SOPInstanceUID), f.String(dicom.PatientID)
	if c.sop == "" {
		c.err = fmt.Errorf("no SOP instance UID")
	}
	return c
}

// judge compares a file with the rows that name it.
func (e *examination) judge(dir string, f checkedFile) {
	rows := e.byPath[f.path]
	rel, err := filepath.Rel(dir, f.path)
	if err != nil {
		rel = f.path
	}
	name := f.device + ":" + rel
	for _, r := range rows {
		r.seen = true
	}
	switch {
	case len(rows) == 0:
		e.judgeUnknown(name, f)
		return
	case len(rows) > 1:
		e.add(symptom{kind: sharedFile, path: f.path, Finding: said("%s: %s and %d more", name, rows[0].sop, len(rows)-1)})
	}
	r := rows[0]
	switch {
	case f.err != nil:
		mirror := e.mirrorOf(r)
		e.add(symptom{kind: badFile, row: r, path: f.path, device: f.device, dir: mirror, curse: mirror == "",
			Finding: said("%s: %v", name, f.err)})
	case f.sop != r.sop && len(rows) == 1:
		e.add(symptom{kind: otherObject, row: r, path: f.path, Finding: said("%s: index %s, file %s", name, r.sop, f.sop)})
	case f.patient != r.patient && r.patient != "" && f.patient != "":
		e.add(symptom{kind: otherPatient, row: r, path: f.path, Finding: said("%s: index '%s', file '%s'", name, r.patient, f.patient)})
	}
}

// judgeUnknown judges a file that no row names.
func (e *examination) judgeUnknown(name string, f checkedFile) {
	if f.fresh {
		e.young = append(e.young, f.path)
		return
	}
	known := e.bySOP[f.sop]
	switch {
	case f.err != nil:
		e.add(symptom{kind: badFile, path: f.path, device: f.device, Finding: said("%s: not in the index, %v", name, f.err)})
	case known == nil:
		e.add(symptom{kind: fileWithoutRow, path: f.path, device: f.device, Finding: said("%s object %s of patient '%s'", name, f.sop, f.patient)})
	case known.patient != f.patient && known.patient != "":
		e.add(symptom{kind: otherPatient, row: known, path: f.path, Finding: said("%s: not in the index, object %s of patient '%s', which the index knows for '%s'", name, f.sop, f.patient, known.patient)})
	case !storage.Exists(known.path) && !known.virtual():
		known.seen = true
		e.add(symptom{kind: movedFile, row: known, path: f.path, device: f.device, Finding: said("%s: the index says %s:%s", name, known.device, known.file)})
	default:
		e.add(symptom{kind: secondCopy, row: known, path: f.path, device: f.device, Finding: said("%s: object %s, the index has %s:%s", name, f.sop, known.device, known.file)})
	}
}

// mirrorOf is the mirror folder that holds a readable copy of an object, "" when
// none does.
func (e *examination) mirrorOf(r *imageRow) string {
	n, ok := magNumber(r.device)
	if !ok {
		return ""
	}
	dir := e.dev.Mirror(n)
	if dir == "" {
		return ""
	}
	if c := checkFile(dir+storage.Native(r.file), ""); c.err != nil || c.sop != r.sop {
		return ""
	}
	return dir
}

// magNumber is the number of a MAG device name.
func magNumber(device string) (int, bool) {
	if len(device) < 4 || !strings.EqualFold(device[:3], "MAG") {
		return 0, false
	}
	digits, _, _ := strings.Cut(device[3:], ".")
	if !isDigits(digits) || len(digits) > 4 {
		return 0, false
	}
	return dicomini.Atoi(digits), true
}

// mirrors compares the sizes of files and mirror copies, and looks for copies of
// what is not in the index.
func (e *examination) mirrors(ctx context.Context) error {
	for i := range e.rows {
		r := &e.rows[i]
		n, ok := magNumber(r.device)
		if !ok || r.virtual() || e.dev.Mirror(n) == "" || e.absent[e.dev.Mirror(n)] {
			continue
		}
		original, err := os.Stat(r.path)
		if err != nil {
			continue
		}
		mirror := e.dev.Mirror(n)
		copied, err := os.Stat(mirror + storage.Native(r.file))
		switch {
		case time.Since(original.ModTime()) < freshFile:
		case err != nil:
			e.add(symptom{kind: noMirror, row: r, dir: mirror, Finding: said("%s: no copy", r)})
		case copied.Size() != original.Size():
			e.add(symptom{kind: noMirror, row: r, dir: mirror, Finding: said("%s: the copy has another size", r)})
		}
	}
	for n := 0; e.dev.Mirror(n) != ""; n++ {
		if err := e.strays(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (e *examination) strays(ctx context.Context, n int) error {
	mirror, mag := e.dev.Mirror(n), e.dev.MAG(n)
	if e.absent[mirror] || e.absent[mag] || !storage.IsDir(mirror) {
		return nil
	}
	return storage.WalkObjects(ctx, mirror, func(path string) error {
		rel, err := filepath.Rel(mirror, path)
		if err == nil && len(e.byPath[mag+rel]) == 0 && len(e.byPath[path]) == 0 && !storage.Exists(mag+rel) {
			e.add(symptom{kind: strayMirror, path: path, Finding: said("MIRROR%d:%s", n, rel)})
		}
		return nil
	}, func(err error) { e.Console.Event("*** folder can not be read", "error", err) })
}
