package server_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"conquest/dicom"
)

// prepare writes the configuration, starts peers and server, and stores what was
// there before.
func (r *converterReplay) prepare(p *converterProbe, goOn bool) {
	s := r.s
	for name, text := range p.FilesBefore {
		os.MkdirAll(filepath.Dir(filepath.Join(s.dir, name)), 0o777)
		s.write(name, text)
	}
	for _, name := range p.Executable {
		os.Chmod(filepath.Join(s.dir, name), 0o755)
	}
	s.ini = r.config(p)
	s.aemap = "<AE> 127.0.0.1 <PORT> un\nTARGET1 127.0.0.1 <PORT1> un\nTARGET2 127.0.0.1 <PORT2> un\nDEADAE 127.0.0.1 <PORT9> un\nTARGETJ 127.0.0.1 <PORT1> j2\n"
	if goOn {
		s.configure()
		time.Sleep(1100 * time.Millisecond) // the file is looked at once a second
		return
	}
	for _, n := range p.Targets {
		r.peer(n, p.TargetOptions)
	}
	if len(p.Before) == 0 {
		s.start()
		return
	}
	with := s.ini
	s.ini = r.config(&converterProbe{Converter: "none"})
	s.start()
	for _, set := range p.Before {
		input := map[string]*string{}
		for k, v := range set {
			input[k] = &v
		}
		r.storescu("STORESCU", "CONQUESTSRV1", r.write(input, 0))
	}
	s.stop()
	s.ini = with
	s.start()
}

func (r *converterReplay) config(p *converterProbe) string {
	b, err := os.ReadFile("../rules/testdata/dicom.ini")
	if err != nil {
		r.t.Fatal(err)
	}
	text := string(b)
	for _, l := range p.Ini {
		key, _, _ := strings.Cut(l, "=")
		if !strings.Contains(strings.ToLower(key), "converter") || strings.HasSuffix(strings.TrimSpace(key), "s") {
			text = regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(strings.TrimSpace(key))+` *=.*\n`).ReplaceAllString(text, "")
		}
	}
	lines := slices.Clone(p.Ini)
	if p.Script != nil && !strings.HasPrefix(p.Converter, "--") {
		lines = append(lines, p.Converter+" = "+*p.Script)
	}
	text = strings.Replace(text, "[lua]\n", strings.Join(lines, "\n")+"\n[lua]\n"+strings.Join(p.Lua, "\n")+"\n", 1)
	text += "\n[scripts]\n"
	for k, v := range p.Scripts {
		text += k + " = " + v + "\n"
	}
	return text
}

// peer starts a storescp that receives into the folder targetN.
func (r *converterReplay) peer(n int, options []string) {
	dir := filepath.Join(r.s.dir, fmt.Sprint("target", n))
	if err := os.Mkdir(dir, 0o777); err != nil {
		r.t.Fatal(err)
	}
	if options == nil {
		options = []string{"-pdu", "16384"}
	}
	cmd := exec.Command("storescp", append(slices.Clone(options), "-aet", fmt.Sprint("TARGET", n), "+uf", "-od", dir, fmt.Sprint(r.s.port+n))...)
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	await(r.t, "start of storescp", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.s.port+n))
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

var recordNumber = regexp.MustCompile(`1\.2\.3\.(\d+)\.|(\d{5,7})`)

// write makes the object of a record and gives its file; shift moves its number.
func (r *converterReplay) write(input map[string]*string, shift int) string {
	f, err := dicom.ReadFile("../rules/testdata/base.dcm", dicom.ParseOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	d := f.Dataset.Clone()
	number := ""
	for _, key := range []string{"0008,0018", "0020,000d", "0010,0020"} {
		if v := input[key]; v != nil && number == "" {
			if m := recordNumber.FindStringSubmatch(*v); m != nil {
				number = m[1] + m[2]
			}
		}
	}
	now := number
	if shift > 0 {
		n := 0
		fmt.Sscan(number, &n)
		now = fmt.Sprint(n + shift)
	}
	for tag, v := range map[dicom.Tag]string{
		dicom.SOPInstanceUID: "1.2.3.%s.3", dicom.StudyInstanceUID: "1.2.3.%s.1", dicom.SeriesInstanceUID: "1.2.3.%s.2",
		dicom.AccessionNumber: "ACC%s", dicom.PatientID: "P%s",
	} {
		d.SetString(tag, fmt.Sprintf(v, now))
	}
	for key, v := range input {
		tag, ok := dicom.ParseTag(key)
		switch {
		case !ok:
			r.t.Fatalf("tag %q", key)
		case v == nil:
			d.Delete(tag)
		default:
			r.set(d, tag, strings.ReplaceAll(*v, number, now))
		}
	}
	d.SetString(dicom.MediaStorageSOPInstanceUID, d.String(dicom.SOPInstanceUID))
	if r.sent == nil && shift == 0 {
		r.sent = d.Clone()
	}
	return r.file(d)
}

func (r *converterReplay) set(d *dicom.Dataset, tag dicom.Tag, text string) {
	switch dicom.CurrentDictionary().VR(tag) {
	case dicom.US:
		n := 0
		fmt.Sscan(text, &n)
		d.SetUint16(tag, uint16(n))
	case dicom.UL:
		n := 0
		fmt.Sscan(text, &n)
		d.SetUint32(tag, uint32(n))
	default:
		d.SetString(tag, text)
	}
}

func (r *converterReplay) file(d *dicom.Dataset) string {
	f, err := os.CreateTemp(r.s.dir, "sent*.tmp")
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	if err := dicom.WritePart10(f, d, dicom.Meta{}); err != nil {
		r.t.Fatal(err)
	}
	return f.Name()
}

var storeResponse = regexp.MustCompile(`Received Store Response (\(.*\))`)

func (r *converterReplay) storescu(calling, called string, files ...string) []any {
	args := append([]string{"-v", "-nh", "-aet", calling, "-aec", called, "127.0.0.1", fmt.Sprint(r.s.port)}, files...)
	out, _ := exec.Command("storescu", args...).CombinedOutput()
	var list []any
	for _, m := range storeResponse.FindAllSubmatch(out, -1) {
		list = append(list, string(m[1]))
	}
	return list
}

func (r *converterReplay) send(p *converterProbe) {
	r.sent = nil
	var files []string
	for k := range max(1, p.Count) {
		files = append(files, r.write(p.Input, k))
	}
	list := r.storescu(orText(p.Calling, "STORESCU"), orText(p.Called, "CONQUESTSRV1"), files...)
	r.got.status = any(list)
	if len(list) == 1 && p.Count <= 1 {
		r.got.status = list[0]
	}
}

func orText(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

var fileName = regexp.MustCompile(`<FILE:([^:>]+)>`)

func (r *converterReplay) command(p *converterProbe) {
	text := r.s.fill(p.Run)
	if p.Object != nil {
		text = strings.ReplaceAll(text, "<OBJ>", r.write(p.Object, 0))
	}
	text = fileName.ReplaceAllStringFunc(text, func(m string) string {
		found, _ := filepath.Glob(filepath.Join(r.s.dir, "data", m[len("<FILE:"):len(m)-1], "*"))
		if len(found) == 0 {
			r.t.Fatalf("no file for %s", m)
		}
		return found[0]
	})
	cmd := exec.Command("sh", "-c", text)
	cmd.Dir = r.s.dir
	out, _ := cmd.CombinedOutput()
	filter := regexp.MustCompile(orText(p.ClientFilter, "."))
	r.got.client = []string{}
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimRight(line, "\n"); filter.MatchString(line) {
			r.got.client = append(r.got.client, r.plain(line))
		}
	}
}
