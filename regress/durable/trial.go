package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"conquest/dimse"
)

// trial is a server that something is wrong with. Its site folder, with the
// journals, may lie on another disk than its devices.
type trial struct {
	*run
	site, devices string
	now, later    target // of the export converter and of the delayed forward
	acked         []string
	refused       int
	stop          []func()
}

// newTrial makes the folders and starts the destinations.
func newTrial(r *run, site string) (*trial, error) {
	t := &trial{run: r, site: site, devices: filepath.Join(r.dir, "devices")}
	for _, p := range []*target{&t.now, &t.later} {
		stop, err := p.start()
		if err != nil {
			return nil, err
		}
		t.stop = append(t.stop, stop)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	return t, t.prepare()
}

func (t *trial) close() {
	for _, stop := range t.stop {
		stop()
	}
}

func (t *trial) prepare() error {
	ini := fmt.Sprintf(`[sscscp]
MicroPACS = sscscp
MyACRNema = DURABLE
TCPPort = %[1]d
SQLServer = %[2]s/data/dbase/conquest.db3
SQLite = 1
MAGDevices = 1
MAGDevice0 = %[2]s/data/
FileNameSyntax = 4
MIRRORDevices = 1
MIRRORDevice0 = %[2]s/mirror/
ImportConverter0 = forward image to LATER after 1
ExportConverters = 1
ExportConverter0 = forward to NOW
ForwardAssociationLevel = GLOBAL
FailHoldOff = 1
RetryDelay = 1
TCPIPTimeOut = 2
`, t.port, t.devices)
	aes := fmt.Sprintf("DURABLE 127.0.0.1 %d un\nNOW 127.0.0.1 %d un\nLATER 127.0.0.1 %d un\n", t.port, t.now.port, t.later.port)
	for _, folder := range []string{"data/dbase", "mirror"} {
		if err := os.MkdirAll(filepath.Join(t.devices, folder), 0o777); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{"dicom.ini": ini, "acrnema.map": aes} {
		if err := os.WriteFile(filepath.Join(t.site, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	t.run.dir = t.site
	out, err := t.command("-r")
	if err != nil {
		return fmt.Errorf("initialize: %w\n%s", err, out)
	}
	return nil
}

// command runs the binary in the site folder.
func (t *trial) command(args ...string) (string, error) {
	cmd := exec.Command(t.binary, append([]string{"-w" + t.site}, args...)...)
	cmd.Dir = t.site
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// start starts the server; its output does not go to the site folder.
func (t *trial) start() error {
	log, err := os.OpenFile(filepath.Join(t.devices, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	t.cmd = exec.Command(t.binary, "-w"+t.site, "-v")
	t.cmd.Dir, t.cmd.Stdout, t.cmd.Stderr = t.site, log, log
	if err := t.cmd.Start(); err != nil {
		return err
	}
	return t.awaitServer()
}

// store sends n objects on one association and notes what became of them.
func (t *trial) store(n int) error {
	a, err := t.dial(ctImage)
	if err != nil {
		return err
	}
	defer a.Release(context.Background())
	for range n {
		t.count++
		ds, uid, _ := object(t.count/100+1, t.count, 0)
		_, err := a.Store(context.Background(), dimse.StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: uid, Data: dimse.NewData(ds)})
		var status *dimse.StatusError
		switch {
		case errors.As(err, &status):
			t.refused++
		case err != nil:
			return err
		default:
			t.acked = append(t.acked, uid)
		}
	}
	return nil
}

// missing are the acknowledged objects that a destination has not got.
func (t *trial) missing(p *target) (list []string) {
	for _, uid := range t.acked {
		if p.count(uid) == 0 {
			list = append(list, uid)
		}
	}
	return list
}

// copies are the SOP instances of the mirror.
func (t *trial) copies() (map[string]bool, error) {
	found := map[string]bool{}
	files, err := (&run{dir: t.devices}).files("mirror", "")
	for uid := range files {
		found[uid] = true
	}
	return found, err
}

// settled waits until all that was acknowledged is where it is to be.
func (t *trial) settled() error {
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		copies, err := t.copies()
		if err != nil {
			return err
		}
		unmirrored := 0
		for _, uid := range t.acked {
			if !copies[uid] {
				unmirrored++
			}
		}
		now, later := t.missing(&t.now), t.missing(&t.later)
		if len(now)+len(later)+unmirrored == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			letters, _ := t.command("--deadletters:")
			queues, _ := t.command("--queues:")
			return fmt.Errorf("of %d acknowledged objects %d were not exported, %d not forwarded, %d not mirrored\n%s\n%s",
				len(t.acked), len(now), len(later), unmirrored, letters, queues)
		}
	}
}

// twice is how many objects a destination got more than once.
func (t *trial) twice() (n int) {
	for _, p := range []*target{&t.now, &t.later} {
		for _, uid := range t.acked {
			if p.count(uid) > 1 {
				n++
			}
		}
	}
	return n
}

func (t *trial) say(fault string, rounds int) {
	t.log("fault: %s, rounds %d, acknowledged %d, refused %d, lost 0, sent twice %d", fault, rounds, len(t.acked), t.refused, t.twice())
}
