package shadow

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/group"
	"conquest/proof/compare"
	"conquest/proof/known"
	"conquest/proof/record"
	"conquest/proof/replay"
	"conquest/proof/report"
	"conquest/storage"
)

// Names of the reports in the folder of the shadow.
const (
	htmlName = "report.html"
	jsonName = "report.json"
)

// reports writes reports until ctx ends.
func (s *Shadow) reports(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(reportEvery):
			s.write(false)
		}
	}
}

// write makes the report and writes it down. The sites are compared at the end only:
// before it one of them may be in the middle of something.
func (s *Shadow) write(last bool) *report.Report {
	r := s.report()
	if last {
		if err := s.sites(r); err != nil {
			r.Add(report.Difference{Kind: "trouble", What: "sites not compared", Example: report.Example{B: err.Error()}})
		}
		if err := s.forwards(r); err != nil {
			r.Add(report.Difference{Kind: "trouble", What: "forwards not compared", Example: report.Example{B: err.Error()}})
		}
	} else {
		r.Fact("sites and forwards", "are compared at the end")
	}
	for name, write := range map[string]func(io.Writer) error{htmlName: r.HTML, jsonName: r.JSON} {
		var b bytes.Buffer
		err := write(&b)
		if err == nil {
			err = os.WriteFile(filepath.Join(s.Folder, name), b.Bytes(), 0o600)
		}
		if err != nil {
			s.Tell("report not written: %v", err)
		}
	}
	return r
}

// report is what is known from answers.
func (s *Shadow) report() *report.Report {
	r := report.New("The original and this server side by side", "the original at "+s.Original, "this server in "+s.site.Dir)
	s.facts(r)
	r.Include(s.live)
	return r
}

// sites compares the site with the copy, for the patients that were seen.
func (s *Shadow) sites(r *report.Report) error {
	ctx := context.Background()
	a, err := compare.Open(ctx, s.Site.Path)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := compare.Open(ctx, s.site.Dir)
	if err != nil {
		return err
	}
	defer b.Close()
	ours, err := replay.Collect(s.site.Record, s.site.Dir)
	if err != nil {
		return err
	}
	stored := map[string]bool{}
	for sop, list := range ours.Objects {
		s.sops[sop] = true
		for _, o := range list {
			s.patients[o.Patient] = true
			stored[o.SOP] = true
		}
	}
	for sop := range s.sops {
		for _, p := range patientsOf(ctx, a, sop) {
			s.patients[p] = true
		}
	}
	found, err := compare.Sites(ctx, a, b, compare.Options{
		Patients: slices.Sorted(maps.Keys(s.patients)), Worklist: true, Known: known.Heading,
		Files: func(sop string) bool { return stored[sop] },
	})
	if err != nil {
		return err
	}
	r.Include(found)
	r.Fact("programs that this server would have run", "%d", total(ours.Programs))
	return nil
}

func total(m map[string]int) (n int) {
	for _, k := range m {
		n += k
	}
	return n
}

// patientsOf are the patients under which a site has an object.
func patientsOf(ctx context.Context, a *compare.Site, sop string) (list []string) {
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.SOPInstanceUID, sop)
	refs, err := a.Index().LocateQuietly(ctx, keys)
	if err != nil {
		return nil // a router has no index
	}
	for _, ref := range refs {
		list = append(list, ref.PatientID)
	}
	return list
}

// forwards compares what the original sent with what the copy would have sent.
func (s *Shadow) forwards(r *report.Report) error {
	ours, err := replay.Collect(s.site.Record, s.site.Dir)
	if err != nil {
		return err
	}
	mine := bySOP(ours)
	if s.Relays == 0 {
		r.Fact("forwards", "not compared: the original's were not led through relays; this server would have sent %d objects", count(mine))
		return nil
	}
	theirs, err := replay.Collect(filepath.Join(s.Folder, "traffic"), "")
	if err != nil {
		return err
	}
	his := bySOP(theirs)
	r.Fact("forwards compared", "%d of the original, %d of this server", count(his), count(mine))
	all := map[string]bool{}
	for _, m := range []map[string][]replay.Forward{his, mine} {
		for sop := range m {
			all[sop] = true
		}
	}
	meanwhile := 0
	for sop := range all {
		for _, d := range replay.Forwards(sop, his[sop], mine[sop]) {
			if replay.Meanwhile(&d, ours.Deleted[sop]) {
				meanwhile++
				continue
			}
			d.Documented = known.Heading(d)
			r.Add(d)
		}
	}
	if meanwhile > 0 {
		r.Fact("sent by one only, deleted meanwhile", "%d", meanwhile)
	}
	return nil
}

// bySOP are all objects that were sent, by the UID they were sent with.
func bySOP(o *replay.Outcomes) map[string][]replay.Forward {
	out := map[string][]replay.Forward{}
	for sop, list := range o.Strays {
		out[sop] = append(out[sop], list...)
	}
	for _, list := range o.Objects {
		for _, x := range list {
			if len(x.Forwards) > 0 {
				out[x.SOP] = append(out[x.SOP], x.Forwards...)
			}
		}
	}
	return out
}

func count(m map[string][]replay.Forward) (n int) {
	for _, list := range m {
		n += len(list)
	}
	return n
}

// maxLent bounds the files that are lent for one retrieval.
const maxLent = 20000

// lend puts files of the site on the devices of the copy for a retrieval, as links.
func (s *Shadow) lend(ctx context.Context, a *record.Association, m *record.Message) {
	identifier, err := a.Dataset(m)
	if err != nil || identifier == nil {
		return
	}
	refs, err := s.before.Index().LocateQuietly(ctx, identifier)
	if err != nil {
		return // the answers will show it
	}
	for _, ref := range refs[:min(len(refs), maxLent)] {
		from, _, ok := s.before.Devices.Locate(ref.Device, ref.File)
		dir := s.deviceOfCopy(ref.Device)
		if !ok || dir == "" {
			continue
		}
		to := filepath.Join(dir, storage.Native(ref.File))
		if storage.Exists(to) || !strings.HasPrefix(to, dir) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			s.trouble("files for a retrieval", err)
			return
		}
		if os.Symlink(from, to) != nil { // Windows lets not everybody do that
			err = (storage.Writer{}).CopyTo(to, from)
		}
		if err != nil {
			s.trouble("files for a retrieval", err)
			return
		}
	}
}

// deviceOfCopy is the folder of a MAG device in the copy.
func (s *Shadow) deviceOfCopy(device string) string {
	upper := strings.ToUpper(device)
	if !strings.HasPrefix(upper, "MAG") {
		return filepath.Join(s.site.Dir, "data")
	}
	n := dicomini.Atoi(upper[len("MAG"):])
	if n >= len(s.config.MAGDevices) {
		return ""
	}
	if n == 0 {
		return filepath.Join(s.site.Dir, "data")
	}
	return filepath.Join(s.site.Dir, "data"+upper[len("MAG"):])
}

// servePage shows the report to a browser.
func (s *Shadow) servePage(ctx context.Context, work *group.Group) error {
	if s.Page == "" {
		return nil
	}
	l, err := net.Listen("tcp", s.Page)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Header().Set("Cache-Control", "no-store")
		_ = s.report().Page(w, 5) // a browser that went away
	})
	mux.HandleFunc("GET /report.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = s.report().JSON(w) // a browser that went away
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	context.AfterFunc(ctx, func() { srv.Close() })
	work.Go("page", func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.trouble("page", err)
		}
	})
	s.Tell("live page at http://%s/", l.Addr())
	return nil
}
