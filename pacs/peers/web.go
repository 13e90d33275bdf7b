package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dicomweb/client"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/pixel"
)

// webPeers keeps the clients of the DICOMweb servers in use.
type webPeers struct {
	mu      sync.Mutex
	clients map[string]webClient // by name
}

type webClient struct {
	peer dicomini.WebPeer
	*client.Client
}

// ErrUnknownWeb tells that a DICOMweb server is not in dicomweb.map.
var ErrUnknownWeb = errors.New("DICOMweb server is not in dicomweb.map")

// WebServer is the name of the DICOMweb server that a destination "WEB:NAME" is, if
// dicomweb.map has it.
func (s *Peers) WebServer(destination string) (name string, is bool) {
	if name, is = dicomini.WebName(destination); !is {
		return "", false
	}
	if _, is = s.Webs.Lookup(name); !is {
		return "", false
	}
	return name, true
}

// web is the client of a DICOMweb server, "NAME" or "WEB:NAME".
func (s *Peers) web(name string) (webClient, error) {
	peer, ok := s.Webs.Lookup(name)
	if !ok {
		return webClient{}, fmt.Errorf("%s: %w", name, ErrUnknownWeb)
	}
	s.webs.mu.Lock()
	defer s.webs.mu.Unlock()
	if c, have := s.webs.clients[peer.Name]; have {
		if c.peer == peer {
			return c, nil
		}
		c.Close()
		delete(s.webs.clients, peer.Name)
	}
	c, err := client.New(client.Options{
		URL: peer.URL, User: peer.User, SecretFile: peer.SecretFile, TokenFile: peer.TokenFile, OAuthFile: peer.OAuthFile,
		CAFile: peer.CAFile, CertFile: peer.CertFile, KeyFile: peer.KeyFile,
		Timeout: peer.Timeout, Parallel: peer.Parallel, Agent: "dgate/" + site.Version,
	})
	if err != nil {
		return webClient{}, fmt.Errorf("DICOMweb server %s: %w", peer.Name, err)
	}
	if s.webs.clients == nil {
		s.webs.clients = map[string]webClient{}
	}
	s.webs.clients[peer.Name] = webClient{peer, c}
	return s.webs.clients[peer.Name], nil
}

// destination is the server as the log of destinations out of order names it.
func (c webClient) destination() Destination {
	d := Destination{Called: dicomini.WebPrefix + c.peer.Name, Host: c.peer.URL}
	if u, err := url.Parse(c.peer.URL); err == nil {
		d.Host, d.Port = u.Hostname(), u.Port()
	}
	return d
}

// noted logs that a server can not be used, or can again.
func (s *Peers) noted(c webClient, err error) {
	var answer *client.Error
	switch {
	case err == nil, errors.As(err, &answer) && answer.Status != 0 && answer.Status < 500 && answer.Status != 401 && answer.Status != 403:
		s.reachedAgain(c.destination())
	default:
		s.notReached(c.destination(), err)
	}
}

// EchoWeb asks a DICOMweb server for an answer, for nothing else.
func (s *Peers) EchoWeb(ctx context.Context, name string) error {
	c, err := s.web(name)
	if err != nil {
		return err
	}
	if err := c.Echo(ctx); err != nil {
		return fmt.Errorf("DICOMweb server %s at %s: %w", c.peer.Name, c.peer.URL, err)
	}
	return nil
}

// webLevels are the resources for the levels of C-FIND.
var webLevels = []struct {
	prefix, word string
	level        client.Level
}{{"PATIENT", "PATIENT", client.Patients}, {"STUDY", "STUDY", client.Studies}, {"SERIES", "SERIES", client.Series}, {"IMAGE", "IMAGE", client.Instances}}

// findWeb is a C-FIND of a DICOMweb server.
func (s *Peers) findWeb(ctx context.Context, name, level string, keys *dicom.Dataset) ([]*dicom.Dataset, error) {
	c, err := s.web(name)
	if err != nil {
		return nil, err
	}
	for _, l := range webLevels {
		if !strings.HasPrefix(strings.ToUpper(level), l.prefix) {
			continue
		}
		answers, err := c.Find(ctx, l.level, keys)
		s.noted(c, err)
		if err != nil {
			return nil, fmt.Errorf("search at DICOMweb server %s: %w", c.peer.Name, err)
		}
		for _, a := range answers {
			a.SetString(dicom.QueryRetrieveLevel, l.word)
		}
		return answers, nil
	}
	return nil, fmt.Errorf("no query level %q at DICOMweb server %s", level, c.peer.Name)
}

// FetchWeb fetches what keys name, a study or what is below it, from a DICOMweb
// server. An object belongs to take until that returns.
func (s *Peers) FetchWeb(ctx context.Context, name string, ref client.Ref, take func(*dicom.Dataset) error) error {
	c, err := s.web(name)
	if err != nil {
		return err
	}
	err = c.Retrieve(ctx, ref, func(r io.Reader) error { return s.spooled(r, take) })
	if err != nil {
		return fmt.Errorf("fetch from DICOMweb server %s: %w", c.peer.Name, err)
	}
	return nil
}

// webBulk is the size from which values of a fetched object stay in its file.
const webBulk = 256 << 10

// spooled brings an object to a file first: it may be of any size.
func (s *Peers) spooled(r io.Reader, take func(*dicom.Dataset) error) error {
	dir := s.TempDir(s.Live.Current())
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "web-*.dcm")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	object, err := dicom.ReadFile(f.Name(), dicom.ParseOptions{BulkThreshold: webBulk})
	if err != nil {
		return err
	}
	defer object.Close()
	return take(object.Dataset)
}

// getWeb collects the objects that keys name.
func (s *Peers) getWeb(ctx context.Context, name string, keys *dicom.Dataset) ([]*dicom.Dataset, error) {
	list := []*dicom.Dataset{}
	ref := client.Ref{Study: keys.String(dicom.StudyInstanceUID), Series: keys.String(dicom.SeriesInstanceUID), Instance: keys.String(dicom.SOPInstanceUID)}
	studies := []string{ref.Study}
	if ref.Study == "" {
		q := dicom.NewDataset(2)
		q.SetString(dicom.PatientID, keys.String(dicom.PatientID))
		q.SetString(dicom.StudyInstanceUID, "")
		if keys.String(dicom.PatientID) == "" {
			return nil, fmt.Errorf("fetch from DICOMweb server %s: neither a study nor a patient is named", name)
		}
		answers, err := s.findWeb(ctx, name, "STUDY", q)
		if err != nil {
			return nil, err
		}
		studies = nil
		for _, a := range answers {
			studies = append(studies, a.String(dicom.StudyInstanceUID))
		}
	}
	for _, study := range studies {
		ref.Study = study
		err := s.FetchWeb(ctx, name, ref, func(d *dicom.Dataset) error {
			whole, err := inMemory(d)
			if err == nil {
				list = append(list, whole)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// inMemory is a copy of an object that needs no file.
func inMemory(d *dicom.Dataset) (*dicom.Dataset, error) {
	var b strings.Builder
	if err := dicom.WritePart10(&b, d, dicom.Meta{}); err != nil {
		return nil, err
	}
	return dicom.ParsePart10([]byte(b.String()), dicom.ParseOptions{})
}

// WebError is an object that a DICOMweb server did not take.
type WebError struct {
	Server string
	client.Result
	RetryAfter time.Duration // that the server asks for; 0: none
}

// Error says why.
func (e *WebError) Error() string { return "DICOMweb server " + e.Server + ": " + e.Reason }

// Gone tells that the server takes nothing now, from us at least.
func (e *WebError) Gone() bool { return e.Fate == client.Later || e.Fate == client.NoEntry }

// Again tells that the object may be sent again later.
func (e *WebError) Again() bool { return e.Gone() || e.Fate == client.LaterAlone }

// StoreWeb sends objects to a DICOMweb server, in requests of so many as its entry
// says, in the transfer syntax of a compression code, "" for that of its entry. The
// objects are changed by that. The errors are those of the objects, in their order,
// nil for those that were delivered.
func (s *Peers) StoreWeb(ctx context.Context, name, code string, objects []*dicom.Dataset) []error {
	ctx, done := s.Work(ctx, "objects for a DICOMweb server")
	defer done()
	errs := make([]error, len(objects))
	c, err := s.web(name)
	if err != nil {
		for i := range errs {
			errs[i] = &WebError{Server: name, Result: client.Result{Fate: client.Refused, Reason: err.Error()}}
		}
		return errs
	}
	if code == "" {
		code = c.peer.Syntax
	}
	ready := make([]int, 0, len(objects))
	for i, d := range objects {
		if err := s.bringToWeb(ctx, d, code); err != nil {
			errs[i] = &WebError{Server: c.peer.Name, Result: client.Result{Fate: client.Refused, Reason: err.Error()}}
			continue
		}
		ready = append(ready, i)
	}
	for len(ready) > 0 {
		n := min(len(ready), c.peer.Batch)
		s.storeBatch(ctx, c, objects, ready[:n], errs)
		ready = ready[n:]
	}
	return errs
}

// storeBatch sends some of the objects in one request, and those whose transfer
// syntax is not taken once more without compression.
func (s *Peers) storeBatch(ctx context.Context, c webClient, objects []*dicom.Dataset, which []int, errs []error) {
	out := c.Store(ctx, s.webObjects(objects, which))
	var plain []int
	for i, r := range out.Results {
		n := which[i]
		if r.Fate == client.OtherSyntax && objects[n].TransferSyntax().UID != dicom.ExplicitLittleEndian &&
			s.transcode.TranscodeTo(ctx, objects[n], dicom.ExplicitLittleEndian, 0, false) == nil {
			plain = append(plain, n)
			continue
		}
		errs[n] = s.webResult(c, objects[n], r, out.RetryAfter)
	}
	if len(plain) == 0 {
		return
	}
	out = c.Store(ctx, s.webObjects(objects, plain))
	for i, r := range out.Results {
		errs[plain[i]] = s.webResult(c, objects[plain[i]], r, out.RetryAfter)
	}
}

// webResult is the error of a result, nil for a delivery.
func (s *Peers) webResult(c webClient, d *dicom.Dataset, r client.Result, after time.Duration) error {
	e := &WebError{Server: c.peer.Name, Result: r, RetryAfter: after}
	switch {
	case e.Gone():
		s.notReached(c.destination(), e)
	default:
		s.reachedAgain(c.destination())
	}
	if r.Fate != client.Delivered {
		return e
	}
	if r.Warning != 0 {
		oplog.StoredWithWarning(s.Console, c.peer.Name, d.String(dicom.SOPInstanceUID), r.Warning)
	}
	return nil
}

func (s *Peers) webObjects(objects []*dicom.Dataset, which []int) []client.Object {
	meta := dicom.Meta{ImplementationClassUID: site.ImplementationClassUID, ImplementationVersionName: site.ImplementationVersion()}
	list := make([]client.Object, len(which))
	for i, n := range which {
		d := objects[n]
		list[i] = client.Object{
			Study: d.String(dicom.StudyInstanceUID), UID: d.String(dicom.SOPInstanceUID),
			Write: func(w io.Writer) error { return dicom.WritePart10(w, d, meta) },
		}
	}
	return list
}

// bringToWeb makes an object fit for application/dicom (PS3.18 section 8.7.3): in the
// transfer syntax of a code, as it is when that is compressed and the code says so,
// else in Explicit VR Little Endian.
func (s *Peers) bringToWeb(ctx context.Context, d *dicom.Dataset, code string) error {
	c, err := pixel.ParseCode(code)
	if err != nil {
		return err
	}
	own := d.TransferSyntax()
	switch c.Family {
	case 'j', 'k', 's':
		if err := s.transcode.Transcode(ctx, d, code); err != nil {
			s.Console.Event("*** object not recompressed for sending", "mode", code, "sop", d.String(dicom.SOPInstanceUID), "error", err)
		} else if d.TransferSyntax().Encapsulated {
			return nil
		}
	}
	nki := d.NKI() != nil && !d.Has(dicom.PixelData)
	switch now := d.TransferSyntax(); {
	case c.AsIs() && now.Encapsulated, now.UID == dicom.ExplicitLittleEndian && !nki:
		return nil
	}
	if err := s.transcode.TranscodeTo(ctx, d, dicom.ExplicitLittleEndian, 0, false); err != nil {
		return fmt.Errorf("object in %s can not be sent: %w", own.UID, err)
	}
	return nil
}

// storeWebAt is StoreAt for a DICOMweb server: its results in the form of answers
// to C-STORE.
func (s *Peers) storeWebAt(ctx context.Context, name string, objects []*dicom.Dataset) []*dicom.Dataset {
	copies := make([]*dicom.Dataset, len(objects))
	for i, d := range objects {
		copies[i] = d.Clone()
	}
	responses := make([]*dicom.Dataset, len(objects))
	for i, err := range s.StoreWeb(ctx, name, "", copies) {
		command := dimse.Command{Field: dimse.CStoreRSP, Status: statusOfWeb(err), AffectedSOPInstanceUID: objects[i].String(dicom.SOPInstanceUID)}
		if set, err := command.Set(); err == nil {
			responses[i] = set
		}
		if err != nil {
			s.Console.Event("*** dicomstore: object not sent", "ae", name, "sop", objects[i].String(dicom.SOPInstanceUID), "error", err)
		}
	}
	return responses
}

// statusOfWeb is the status of C-STORE that says the same.
func statusOfWeb(err error) dimse.Status {
	var e *WebError
	switch {
	case err == nil:
		return dimse.Success
	case errors.As(err, &e) && e.Again():
		return dimse.OutOfResources
	}
	return dimse.CannotUnderstand
}
