package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// run is a series of kills in one folder.
type run struct {
	dir, binary string
	workers     int
	log         func(format string, a ...any)

	port int
	cmd  *exec.Cmd
	next int // number of the next object

	mu    sync.Mutex
	acked map[string]string // SOP instance UID to the comment it was acknowledged with
	sent  map[string]bool   // sent at least once, acknowledged or not
}

const (
	ctImage         = "1.2.840.10008.5.1.4.1.1.2"
	patientComments = dicom.Tag(0x00104000)
)

func (r *run) rounds(n int) error {
	r.acked, r.sent = map[string]string{}, map[string]bool{}
	if err := r.prepare(); err != nil {
		return err
	}
	for i := range n {
		if err := r.round(); err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
		r.log("round %d: %d objects acknowledged so far, all there", i+1, len(r.acked))
	}
	return nil
}

// prepare makes the server folder and its tables.
func (r *run) prepare() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	ini := fmt.Sprintf(`[sscscp]
MicroPACS = sscscp
MyACRNema = DURABLE
TCPPort = %d
SQLServer = ./data/dbase/conquest.db3
SQLite = 1
EnableComputedFields = 1
MAGDevices = 1
MAGDevice0 = ./data/
FileNameSyntax = 4
ExportConverters = 1
ExportConverter0 = append "%%o%%n" to exported.txt
`, r.port)
	if err := os.MkdirAll(filepath.Join(r.dir, "data", "dbase"), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.dir, "dicom.ini"), []byte(ini), 0o644); err != nil {
		return err
	}
	init := exec.Command(r.binary, "-w"+r.dir, "-v", "-r")
	init.Dir = r.dir
	if out, err := init.CombinedOutput(); err != nil {
		return fmt.Errorf("initialize: %w\n%s", err, out)
	}
	return nil
}

// start starts the server and waits until it answers.
func (r *run) start() error {
	log, err := os.OpenFile(filepath.Join(r.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	r.cmd = exec.Command(r.binary, "-w"+r.dir, "-v")
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = r.dir, log, log
	if err := r.cmd.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if a, err := r.dial(dimse.Verification); err == nil {
			a.Release(context.Background())
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.kill()
	return errors.New("the server does not answer")
}

func (r *run) kill() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}

func (r *run) dial(class string) (*dimse.Association, error) {
	return dimse.Dial(context.Background(), fmt.Sprintf("127.0.0.1:%d", r.port), dimse.Request{
		Calling: "KILLER", Called: "DURABLE",
		Contexts: []dimse.ContextRequest{{AbstractSyntax: class, TransferSyntaxes: []string{dicom.ExplicitLittleEndian}}},
	})
}

// round stores until the kill, starts again and checks.
func (r *run) round() error {
	if err := r.start(); err != nil {
		return err
	}
	var workers sync.WaitGroup
	stop := make(chan struct{})
	for w := range r.workers {
		first := r.next + w
		workers.Go(func() { r.store(first, stop) })
	}
	time.Sleep(time.Duration(50+rand.IntN(950)) * time.Millisecond)
	r.kill()
	close(stop)
	workers.Wait()
	r.next += 100000
	if err := r.start(); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	defer r.kill()
	return r.check()
}

// store sends objects until the connection breaks. Every fifth is sent again
// with another comment.
func (r *run) store(first int, stop chan struct{}) {
	a, err := r.dial(ctImage)
	if err != nil {
		return
	}
	defer a.Close()
	for n := first; ; n += r.workers {
		for try := range 1 + flag5(n) {
			select {
			case <-stop:
				return
			default:
			}
			ds, uid, comment := object(n, try)
			r.mu.Lock()
			r.sent[uid] = true
			r.mu.Unlock()
			_, err := a.Store(context.Background(), dimse.StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: uid, Data: dimse.NewData(ds)})
			if err != nil {
				return
			}
			r.mu.Lock()
			r.acked[uid] = comment
			r.mu.Unlock()
		}
	}
}

func flag5(n int) int {
	if n%5 == 0 {
		return 1
	}
	return 0
}

// object makes object n; try changes its comment.
func object(n, try int) (ds *dicom.Dataset, uid, comment string) {
	uid = fmt.Sprintf("1.2.3.%d.%d", n/50+1, n+1)
	comment = fmt.Sprintf("object %d try %d", n, try)
	ds = dicom.NewDataset(16)
	for t, v := range map[dicom.Tag]string{
		dicom.SOPClassUID: ctImage, dicom.SOPInstanceUID: uid, dicom.Modality: "CT",
		dicom.PatientName: "Durable^Test", dicom.PatientID: fmt.Sprintf("D%d", n/1000),
		dicom.StudyInstanceUID: fmt.Sprintf("1.2.3.%d.%d", n/1000, 1), dicom.SeriesInstanceUID: fmt.Sprintf("1.2.3.%d.%d.2", n/1000, n/50),
		dicom.InstanceNumber: fmt.Sprint(n % 50), dicom.SeriesNumber: fmt.Sprint(n / 50), patientComments: comment,
	} {
		ds.SetString(t, v)
	}
	ds.SetUint16(dicom.Rows, 64)
	ds.SetUint16(dicom.Columns, 64)
	ds.SetUint16(dicom.BitsAllocated, 16)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: bytes.Repeat([]byte{byte(n), byte(try)}, 64*64)})
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	return ds, uid, comment
}

// check compares what was acknowledged with index, files and exports.
func (r *run) check() error {
	files, err := r.files()
	if err != nil {
		return err
	}
	rows, err := r.rows()
	if err != nil {
		return err
	}
	for uid, comment := range r.acked {
		switch {
		case !rows[uid]:
			return fmt.Errorf("object %s was acknowledged and is not in the index", uid)
		case files[uid] == "":
			return fmt.Errorf("object %s was acknowledged and has no file", uid)
		case files[uid] < comment:
			return fmt.Errorf("object %s was acknowledged as %q and its file has %q", uid, comment, files[uid])
		}
	}
	for uid := range rows {
		if files[uid] == "" {
			return fmt.Errorf("object %s is in the index and has no file", uid)
		}
	}
	return r.exports()
}

// files reads all stored files: SOP instance UID to comment. A file that can not
// be read whole is an error.
func (r *run) files() (map[string]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(filepath.Join(r.dir, "data"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".dcm" {
			return err
		}
		f, err := dicom.ReadFile(path, dicom.ParseOptions{})
		if err != nil {
			return fmt.Errorf("partial file is visible: %w", err)
		}
		defer f.Close()
		if n := len(f.Value(dicom.PixelData)); n != 2*64*64 {
			return fmt.Errorf("file %s has %d bytes of pixels", path, n)
		}
		uid := f.String(dicom.SOPInstanceUID)
		found[uid] = max(found[uid], f.String(patientComments))
		return nil
	})
	return found, err
}

// rows asks the index for all images.
func (r *run) rows() (map[string]bool, error) {
	a, err := r.dial(dimse.StudyRootFind)
	if err != nil {
		return nil, err
	}
	defer a.Release(context.Background())
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
	keys.SetString(dicom.SOPInstanceUID, "")
	rows := map[string]bool{}
	for answer, err := range a.Find(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: keys}) {
		if err != nil {
			return nil, err
		}
		rows[answer.String(dicom.SOPInstanceUID)] = true
	}
	return rows, nil
}

// exports waits until the export converter has seen all acknowledged objects.
func (r *run) exports() error {
	missing := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		data, err := os.ReadFile(filepath.Join(r.dir, "exported.txt"))
		if err != nil && len(r.acked) > 0 {
			missing = "any"
			continue
		}
		seen := map[string]bool{}
		for line := range strings.Lines(string(data)) {
			seen[strings.TrimSpace(line)] = true
		}
		missing = ""
		for uid := range r.acked {
			if !seen[uid] {
				missing = uid
				break
			}
		}
		if missing == "" {
			return nil
		}
	}
	return fmt.Errorf("object %s was acknowledged and never exported", missing)
}
