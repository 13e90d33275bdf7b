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

	port  int
	peer  peer
	cmd   *exec.Cmd
	count int // of the round

	mu    sync.Mutex
	acked map[string]string // of this round: SOP instance UID to the comment it was acknowledged with
	total int               // acknowledged in all rounds
}

const (
	ctImage         = "1.2.840.10008.5.1.4.1.1.2"
	patientComments = dicom.Tag(0x00104000)
)

func (r *run) rounds(n int) error {
	stop, err := r.peer.start()
	if err != nil {
		return err
	}
	defer stop()
	if err := r.prepare(); err != nil {
		return err
	}
	for i := range n {
		r.count = i + 1
		if err := r.round(); err != nil {
			return fmt.Errorf("round %d: %w", r.count, err)
		}
		r.log("round %d: %d objects acknowledged so far, all kept, mirrored, exported and forwarded", r.count, r.total)
	}
	return r.finalCheck()
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
MIRRORDevices = 1
MIRRORDevice0 = ./mirror/
ImportConverter0 = forward series to PEER after 1
ExportConverters = 1
ExportConverter0 = append "%%o%%n" to exported.txt
FailHoldOff = 1
RetryDelay = 1
`, r.port)
	aes := fmt.Sprintf("DURABLE 127.0.0.1 %d un\nPEER 127.0.0.1 %d un\n", r.port, r.peer.port)
	for _, folder := range []string{"data/dbase", "mirror"} {
		if err := os.MkdirAll(filepath.Join(r.dir, folder), 0o777); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{"dicom.ini": ini, "acrnema.map": aes} {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
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
	return r.awaitServer()
}

func (r *run) awaitServer() error {
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
	r.acked = map[string]string{}
	if err := r.start(); err != nil {
		return err
	}
	var workers sync.WaitGroup
	stop := make(chan struct{})
	for w := range r.workers {
		workers.Go(func() { r.store(w, stop) })
	}
	time.Sleep(time.Duration(50+rand.IntN(950)) * time.Millisecond)
	r.kill()
	close(stop)
	workers.Wait()
	if err := r.start(); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	defer r.kill()
	r.total += len(r.acked)
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
			ds, uid, comment := object(r.count, n, try)
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

// object makes object n of a round; try changes its comment.
func object(round, n, try int) (ds *dicom.Dataset, uid, comment string) {
	study := fmt.Sprintf("1.2.3.%d.%d", round, n/1000)
	series := fmt.Sprintf("%s.%d", study, n/50)
	uid = fmt.Sprintf("%s.%d", series, n+1)
	comment = fmt.Sprintf("object %d try %d", n, try)
	ds = dicom.NewDataset(16)
	for t, v := range map[dicom.Tag]string{
		dicom.SOPClassUID: ctImage, dicom.SOPInstanceUID: uid, dicom.Modality: "CT",
		dicom.PatientName: "Durable^Test", dicom.PatientID: fmt.Sprintf("R%d-%d", round, n/1000),
		dicom.StudyInstanceUID: study, dicom.SeriesInstanceUID: series,
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

// check compares what was acknowledged in this round with index, files, mirror,
// exports and the peer.
func (r *run) check() error {
	patients := fmt.Sprintf("R%d-", r.count)
	files, err := r.files("data", patients)
	if err != nil {
		return err
	}
	rows, err := r.rows(patients + "*")
	if err != nil {
		return err
	}
	if err := r.compare(files, rows); err != nil {
		return err
	}
	if err := r.agree(files, rows); err != nil {
		return err
	}
	if err := r.eventually("mirrored", func() (string, error) { return r.unmirrored(patients) }); err != nil {
		return err
	}
	if err := r.eventually("exported", r.unexported); err != nil {
		return err
	}
	return r.eventually("forwarded", r.unforwarded)
}

// compare looks for acknowledged objects that are missing or old.
func (r *run) compare(files map[string]string, rows map[string]bool) error {
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
	return nil
}

// agree compares index and files.
func (r *run) agree(files map[string]string, rows map[string]bool) error {
	for uid := range rows {
		if files[uid] == "" {
			return fmt.Errorf("object %s is in the index and has no file", uid)
		}
	}
	for uid := range files {
		if !rows[uid] {
			return fmt.Errorf("object %s has a file and is not in the index", uid)
		}
	}
	return nil
}

// finalCheck compares all of the index with all files once more.
func (r *run) finalCheck() error {
	if err := r.start(); err != nil {
		return err
	}
	defer r.kill()
	files, err := r.files("data", "")
	if err != nil {
		return err
	}
	rows, err := r.rows("")
	if err != nil {
		return err
	}
	r.log("in the end: %d rows, %d files", len(rows), len(files))
	return r.agree(files, rows)
}

// files reads the stored files of patients whose folders begin so: SOP instance
// UID to comment. A file that can not be read whole is an error.
func (r *run) files(device, patients string) (map[string]string, error) {
	found := map[string]string{}
	folders, err := filepath.Glob(filepath.Join(r.dir, device, patients+"*"))
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".dcm" {
				return err
			}
			uid, comment, err := readObject(path)
			found[uid] = max(found[uid], comment)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func readObject(path string) (uid, comment string, err error) {
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		return "", "", fmt.Errorf("partial file is visible: %w", err)
	}
	defer f.Close()
	if n := len(f.Value(dicom.PixelData)); n != 2*64*64 {
		return "", "", fmt.Errorf("file %s has %d bytes of pixels", path, n)
	}
	return f.String(dicom.SOPInstanceUID), f.String(patientComments), nil
}

// rows asks the index for the images of patients.
func (r *run) rows(patients string) (map[string]bool, error) {
	a, err := r.dial(dimse.StudyRootFind)
	if err != nil {
		return nil, err
	}
	defer a.Release(context.Background())
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
	keys.SetString(dicom.SOPInstanceUID, "")
	keys.SetString(dicom.PatientID, patients)
	rows := map[string]bool{}
	for answer, err := range a.Find(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: keys}) {
		if err != nil {
			return nil, err
		}
		rows[answer.String(dicom.SOPInstanceUID)] = true
	}
	return rows, nil
}

// patience is how long work that was promised may take after a restart.
const patience = 30 * time.Second

// eventually waits until missing answers "".
func (r *run) eventually(what string, missing func() (string, error)) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		uid, err := missing()
		switch {
		case err != nil:
			return err
		case uid == "":
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("object %s was acknowledged and never %s", uid, what)
		}
	}
}

// unmirrored is an acknowledged object whose mirror copy is missing or old.
func (r *run) unmirrored(patients string) (string, error) {
	copies, err := r.files("mirror", patients)
	if err != nil {
		return "", err
	}
	for uid, comment := range r.acked {
		if copies[uid] < comment {
			return uid, nil
		}
	}
	return "", nil
}

// unexported is an acknowledged object that the export converter has not seen.
func (r *run) unexported() (string, error) {
	data, err := os.ReadFile(filepath.Join(r.dir, "exported.txt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		seen[strings.TrimSpace(line)] = true
	}
	for uid := range r.acked {
		if !seen[uid] {
			return uid, nil
		}
	}
	return "", nil
}

// unforwarded is an acknowledged object that the peer has not got.
func (r *run) unforwarded() (string, error) {
	for uid := range r.acked {
		if !r.peer.has(uid) {
			return uid, nil
		}
	}
	return "", nil
}
