package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A peer is a server to measure.
type peer struct {
	name     string
	addr     string
	ae       string
	dir      string // its folder
	pid      int    // 0: not known
	files    bool   // no server: plain files, the limit of the disk
	eager    bool   // the client acknowledges at once
	cmd      *exec.Cmd
	filled   bool // the objects of the queries are there
	forwards bool // to moveAE, by its configuration
	dest     int  // objects for retrieval are there, by kind
	startUp  time.Duration
	idle     int64 // resident memory after the start, bytes
}

// A starter makes a folder ready and returns the command line to run there.
type starter func(p *peer, port, destPort int) ([]string, error)

// starters returns the servers that can be started by name, with further lines
// of dicom.ini for those that have one.
func starters(o *options, ini []string) map[string]starter {
	ini = append(ini[:len(ini):len(ini)], o.ini...)
	return map[string]starter{
		"dgate":    dgateStarter(o.dgate, "", ini),
		"original": dgateStarter(o.original, o.support, ini),
		"storescp": startStorescp,
		"dcmqrscp": startDcmqrscp,
		"orthanc":  startOrthanc,
	}
}

// startPeer starts the named server and waits for its first answer.
func startPeer(o *options, name string, destPort int) (*peer, error) {
	dir, err := os.MkdirTemp(o.dir, "load-"+strings.ReplaceAll(name, ":", "-")+"-")
	if err != nil {
		return nil, fmt.Errorf("make folder of %s: %w", name, err)
	}
	p := &peer{name: name, dir: dir, ae: "LOADSCP", eager: o.eager}
	if name == "files" {
		p.files = true
		return p, nil
	}
	kind, variant, _ := strings.Cut(name, ":")
	ini, ok := variants[variant]
	if !ok {
		return nil, fmt.Errorf("no variant %q of a server", variant)
	}
	start := starters(o, ini)[kind]
	if start == nil {
		return nil, fmt.Errorf("no server %q", name)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	argv, err := start(p, port, destPort)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", name, err)
	}
	p.addr = fmt.Sprintf("127.0.0.1:%d", port)
	return p, p.run(argv)
}

func (p *peer) run(argv []string) error {
	log, err := os.Create(filepath.Join(p.dir, "server.log"))
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer log.Close()
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.dir, log, log
	// Without this dcmtk's programs wait for acknowledgements, and so does
	// Orthanc, which uses its library.
	p.cmd.Env = append(os.Environ(), "TCP_NODELAY=1")
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.pid = p.cmd.Process.Pid
	for {
		a, err := p.dial(proposal{verification, []string{implicitLE}, false})
		if err == nil {
			err = errors.Join(a.echo(), a.release())
		}
		if err == nil {
			break
		}
		if time.Since(begin) > 20*time.Second {
			p.stop()
			return fmt.Errorf("start %s: no answer: %w", p.name, err)
		}
		time.Sleep(time.Millisecond)
	}
	p.startUp = time.Since(begin)
	p.idle = readUsage(p.pid).peak
	return nil
}

// stop ends the server and removes its folder.
func (p *peer) stop() {
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		timer := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
		_ = p.cmd.Wait() // its exit status tells nothing here
		timer.Stop()
	}
	if p.dir != "" {
		os.RemoveAll(p.dir)
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func writeFiles(dir string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

func startStorescp(p *peer, port, _ int) ([]string, error) {
	data := filepath.Join(p.dir, "data")
	return []string{"storescp", "--fork", "-aet", p.ae, "-od", data, fmt.Sprint(port)}, os.Mkdir(data, 0o777)
}

func startDcmqrscp(p *peer, port, destPort int) ([]string, error) {
	data := filepath.Join(p.dir, "data")
	if err := os.Mkdir(data, 0o777); err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`NetworkTCPPort = %d
MaxPDUSize = 65536
MaxAssociations = 64
HostTable BEGIN
dest = (%s, 127.0.0.1, %d)
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
%s %s RW (1000, 4096mb) ANY
AETable END
`, port, moveAE, destPort, p.ae, data)
	return []string{"dcmqrscp", "-c", "qr.cfg"}, writeFiles(p.dir, map[string]string{"qr.cfg": config})
}

func startOrthanc(p *peer, port, destPort int) ([]string, error) {
	config, err := json.MarshalIndent(map[string]any{
		"Name": p.ae, "DicomAet": p.ae, "DicomPort": port,
		"HttpServerEnabled": false, "StorageDirectory": "data", "IndexDirectory": "data",
		"SynchronousStorage": false, "SyncStorageArea": false, "Plugins": []string{},
		"DicomCheckCalledAet": false, "DicomAlwaysAllowFind": true, "DicomAlwaysAllowGet": true,
		"DicomAlwaysAllowMove": true, "DicomAlwaysAllowStore": true, "DicomThreadsCount": 20,
		"OverwriteInstances": true,
		"DicomModalities": map[string]any{
			"dest": []any{moveAE, "127.0.0.1", destPort},
			"load": []any{callingAE, "127.0.0.1", destPort},
		},
	}, "", " ")
	if err != nil {
		return nil, err
	}
	return []string{"Orthanc", "orthanc.json"}, writeFiles(p.dir, map[string]string{"orthanc.json": string(config)})
}

// dgateStarter starts a dgate binary; support is the folder with its support
// files, "" when they are built in.
func dgateStarter(binary, support string, ini []string) starter {
	return func(p *peer, port, destPort int) ([]string, error) {
		if binary == "" {
			return nil, errors.New("no binary given")
		}
		p.forwards = slices.ContainsFunc(ini, func(l string) bool { return strings.Contains(l, "forward to "+moveAE) })
		data := filepath.Join(p.dir, "data") + "/"
		for _, sub := range []string{"dbase", "incoming", "printer_files"} {
			if err := os.MkdirAll(filepath.Join(data, sub), 0o777); err != nil {
				return nil, err
			}
		}
		files := map[string]string{
			"dicom.ini":   dgateIni(p.ae, port, data, ini),
			"acrnema.map": fmt.Sprintf("%s 127.0.0.1 %d un\n%s 127.0.0.1 %d un\n", p.ae, port, moveAE, destPort),
		}
		if support != "" {
			for _, name := range []string{"dgate.dic", "dicom.sql", "dgatesop.lst"} {
				text, err := os.ReadFile(filepath.Join(support, name))
				if err != nil {
					return nil, err
				}
				files[name] = string(text)
			}
		}
		if err := writeFiles(p.dir, files); err != nil {
			return nil, err
		}
		image, err := os.ReadFile(binary)
		if err != nil {
			return nil, err
		}
		exe := filepath.Join(p.dir, "dgate")
		if err := os.WriteFile(exe, image, 0o777); err != nil {
			return nil, err
		}
		init := exec.Command(exe, "-v", "-r")
		init.Dir = p.dir
		if text, err := init.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("make database: %w\n%s", err, text)
		}
		return []string{exe, "-v"}, nil
	}
}

func dgateIni(ae string, port int, data string, extra []string) string {
	lines := []string{
		"[sscscp]", "MicroPACS = sscscp", "MyACRNema = " + ae, fmt.Sprintf("TCPPort = %d", port),
		"SQLHost = localhost", "SQLServer = " + data + "dbase/conquest.db3",
		"Username = dontcare", "Password = dontcare", "SQLite = 1", "PostGres = 0", "MySQL = 0",
		"UIDPrefix = 99999.99999", "EnableComputedFields = 1", "FileNameSyntax = 4",
		"MAGDevices = 1", "MAGDevice0 = " + data, "MAGDeviceFullThreshold = 30",
		"OperatorConsole = 127.0.0.1", "DebugLevel = 0", "PACSName = " + ae,
	}
	has := func(key string) bool {
		for _, l := range extra {
			if name, _, _ := strings.Cut(l, "="); strings.EqualFold(strings.TrimSpace(name), key) {
				return true
			}
		}
		return false
	}
	for _, d := range []string{"IncomingCompression = un", "DroppedFileCompression = un", "ArchiveCompression = as", "ImportExportDragAndDrop = 0"} {
		if key, _, _ := strings.Cut(d, " ="); !has(key) {
			lines = append(lines, d)
		}
	}
	return strings.Join(append(lines, extra...), "\n") + "\n"
}
