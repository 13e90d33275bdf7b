package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"image/png"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// count is the number of objects that a query for a patient finds.
func (s *site) count(patient string) int {
	s.t.Helper()
	a := s.dial(nil, dimse.StudyRootFind)
	defer a.Release(context.Background())
	keys := dicom.NewDataset(3)
	keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
	keys.SetString(dicom.PatientID, patient)
	keys.SetString(dicom.SOPInstanceUID, "")
	n := 0
	for _, err := range a.Find(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: keys}) {
		if err != nil {
			s.t.Fatal(err)
		}
		n++
	}
	return n
}

// TestDestroyedAfterDelayedForward: what a delayed forward will read is kept
// until it is sent, over a restart too, and is gone then.
func TestDestroyedAfterDelayedForward(t *testing.T) {
	s := newSite(t, "ForwardCollectDelay = 1", "FailHoldOff = 1", "RetryDelay = 1",
		"ImportConverter0 = forward image to MYDEST; destroy")
	s.start()
	s.store(image("FC03", "1.2.9.1", "1.2.9.1.1", "1.2.9.1.1.1", 1))
	if n := s.count("FC03"); n != 1 {
		t.Fatalf("%d objects while the forward waits, want 1\n%s", n, s.log())
	}
	s.stop()
	s.start()
	dest := newAcceptor(t, s.port+4)
	await(t, "delayed forward", func() bool { return len(dest.seen()) == 1 })
	await(t, "removal of the object", func() bool { return s.count("FC03") == 0 })
	files, err := filepath.Glob(filepath.Join(s.dir, "data", "FC03", "*"))
	if err != nil || len(files) > 0 {
		t.Errorf("files stay: %v %v", files, err)
	}
}

// TestDestroyedWithoutForward: nothing is kept for a rule without a delayed
// command.
func TestDestroyedWithoutForward(t *testing.T) {
	s := newSite(t, "ImportConverter0 = destroy").start()
	s.store(image("GONE", "1.2.9.2", "1.2.9.2.1", "1.2.9.2.1.1", 1))
	if n := s.count("GONE"); n != 0 {
		t.Errorf("%d objects", n)
	}
}

func commitmentRequest(transaction string, uids ...string) *dicom.Dataset {
	d := dicom.NewDataset(2)
	d.SetString(0x00081195, transaction)
	var items []*dicom.Dataset
	for _, uid := range uids {
		item := dicom.NewDataset(2)
		item.SetString(dicom.ReferencedSOPClassUID, "1.2.840.10008.5.1.4.1.1.2")
		item.SetString(dicom.ReferencedSOPInstanceUID, uid)
		items = append(items, item)
	}
	d.SetItems(0x00081199, items...)
	return d
}

// reports collects N-EVENT-REPORTs.
func reports(c chan<- *dicom.Dataset) dimse.Handler {
	return dimse.HandlerFunc(func(_ context.Context, a *dimse.Association, m *dimse.Message) error {
		if m.Command.Field != dimse.NEventReportRQ {
			return fmt.Errorf("unexpected %04x", uint16(m.Command.Field))
		}
		d, err := m.Data.Dataset(dicom.ParseOptions{})
		if err != nil {
			return err
		}
		d = d.Clone()
		d.SetUint16(0x00001002, m.Command.EventTypeID)
		c <- d
		return a.ReplyStatus(m, dimse.Success, "")
	})
}

func (s *site) askCommitment(t *testing.T, handler dimse.Handler, calling string, d *dicom.Dataset) *dimse.Association {
	t.Helper()
	a, err := dimse.Dial(context.Background(), s.addr(), dimse.Request{
		Calling: calling, Called: s.ae, Handler: handler,
		Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.StorageCommitmentPush}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	_, err = a.Request(context.Background(), nil, dimse.Command{
		Field: dimse.NActionRQ, RequestedSOPClassUID: dimse.StorageCommitmentPush,
		RequestedSOPInstanceUID: dimse.StorageCommitmentPushInstance, ActionTypeID: 1,
	}, dimse.NewData(d), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func checkReport(t *testing.T, d *dicom.Dataset, transaction string, event, done int, failed string, reason int) {
	t.Helper()
	if got := d.String(0x00081195); got != transaction {
		t.Errorf("transaction %s, want %s", got, transaction)
	}
	if n, _ := d.Int(0x00001002); n != event {
		t.Errorf("event %d, want %d", n, event)
	}
	if n := len(d.Items(0x00081199)); n != done {
		t.Errorf("%d objects committed, want %d", n, done)
	}
	bad := d.Items(0x00081198)
	if failed == "" {
		if len(bad) != 0 {
			t.Errorf("%d objects failed", len(bad))
		}
		return
	}
	if len(bad) != 1 || bad[0].String(dicom.ReferencedSOPInstanceUID) != failed {
		t.Fatalf("failed objects %v", bad)
	}
	if n, _ := bad[0].Int(0x00081197); n != reason {
		t.Errorf("reason %04x, want %04x", n, reason)
	}
}

// TestCommitmentSameAssociation: an unknown requester is answered where it asked.
func TestCommitmentSameAssociation(t *testing.T) {
	s := newSite(t).start()
	s.store(image("SC1", "1.2.8.1", "1.2.8.1.1", "1.2.8.1.1.1", 1))
	c := make(chan *dicom.Dataset, 1)
	a := s.askCommitment(t, reports(c), "STRANGER", commitmentRequest("1.2.8.9.1", "1.2.8.1.1.1", "1.2.8.1.1.99"))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	go a.Serve(ctx)
	select {
	case d := <-c:
		checkReport(t, d, "1.2.8.9.1", 2, 1, "1.2.8.1.1.99", 0x0112)
	case <-ctx.Done():
		t.Fatal("no report")
	}
}

// TestCommitmentNewAssociation: a requester of acrnema.map is called back, over a
// restart of the server too.
func TestCommitmentNewAssociation(t *testing.T) {
	s := newSite(t, "FailHoldOff = 1", "RetryDelay = 1").start()
	s.store(image("SC2", "1.2.8.2", "1.2.8.2.1", "1.2.8.2.1.1", 1))
	a := s.askCommitment(t, nil, "MYDEST", commitmentRequest("1.2.8.9.2", "1.2.8.2.1.1"))
	if err := a.Release(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.stop()
	s.start()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.port+4))
	if err != nil {
		t.Fatal(err)
	}
	c := make(chan *dicom.Dataset, 1)
	ctx, cancel := context.WithCancel(context.Background())
	srv := &dimse.Server{Handler: reports(c)}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, l) }()
	defer func() { cancel(); <-served }()
	select {
	case d := <-c:
		checkReport(t, d, "1.2.8.9.2", 1, 1, "", 0)
	case <-time.After(15 * time.Second):
		t.Fatalf("no report\n%s", s.log())
	}
}

func TestCommitmentOff(t *testing.T) {
	s := newSite(t, "StorageCommitment = 0").start()
	_, err := dimse.Dial(context.Background(), s.addr(), dimse.Request{
		Calling: "X", Called: s.ae, Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.StorageCommitmentPush}},
	})
	if !errors.Is(err, dimse.ErrNoContext) {
		t.Errorf("got %v, want %v", err, dimse.ErrNoContext)
	}
}

// certificate makes a CA or a certificate signed by one; files are PEM.
func certificate(t *testing.T, dir, name string, ca *tls.Certificate) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        ca == nil, BasicConstraintsValid: true,
	}
	parent, signer := tmpl, any(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: pkcs}} {
		if err := os.WriteFile(filepath.Join(dir, name+file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// TestTLS: the plain and the TLS port side by side, callers without certificate
// refused, and forwards to a TLS destination.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	ca := certificate(t, dir, "ca", nil)
	certificate(t, dir, "server", ca)
	client := certificate(t, dir, "client", ca)
	s := newSite(t)
	s.ini = strings.ReplaceAll(s.ini, "MAGDevices = 1", strings.Join([]string{
		"MAGDevices = 1", "TLSPort = <PORT1>", "TLSCertificate = " + dir + "/server.crt", "TLSKey = " + dir + "/server.key",
		"TLSClientCA = " + dir + "/ca.crt", "TLSDestinations = SELF*", "TLSServerCA = " + dir + "/ca.crt",
		"ExportConverters = 1", "ExportConverter0 = ifequal \"%i\", \"TLSPAT\"; forward to SELFTLS dest <AE>"}, "\n"))
	s.aemap += "SELFTLS 127.0.0.1 <PORT1> un\n"
	s.start()
	await(t, "the TLS port, which opens after the plain one", func() bool { return strings.Contains(s.log(), "Listening for TLS") })
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	echo := func(config *tls.Config) error {
		a, err := dimse.Dial(context.Background(), fmt.Sprintf("127.0.0.1:%d", s.port+1), dimse.Request{
			Calling: "X", Called: s.ae, TLS: config, Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}},
		})
		if err != nil {
			return err
		}
		defer a.Close()
		return a.Echo(context.Background())
	}
	if err := echo(&tls.Config{RootCAs: pool, ServerName: "127.0.0.1", Certificates: []tls.Certificate{*client}}); err != nil {
		t.Errorf("echo over TLS: %v\n%s", err, s.log())
	}
	if err := echo(&tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}); err == nil {
		t.Error("a caller without certificate was served")
	}
	if err := echo(nil); err == nil {
		t.Error("a plain caller was served on the TLS port")
	}
	s.store(image("TLSPAT", "1.2.7.1", "1.2.7.1.1", "1.2.7.1.1.1", 1)) // plain port
	await(t, "forward over TLS", func() bool { return strings.Contains(s.log(), "Rewritten file") })
}

// TestAccess: AllowedIPs and DeniedIPs.
func TestAccess(t *testing.T) {
	for _, tt := range []struct {
		line string
		want bool
	}{
		{"AllowedIPs = 127.0.0.1", true}, {"AllowedIPs = 10.0.0.0/8", false},
		{"DeniedIPs = 127.0.0.0/8", false}, {"DeniedIPs = 10.1.2.3", true},
	} {
		t.Run(tt.line, func(t *testing.T) {
			s := newSite(t, tt.line).start()
			a, err := dimse.Dial(context.Background(), s.addr(), dimse.Request{
				Calling: "X", Called: s.ae, Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}},
			})
			if (err == nil) != tt.want {
				t.Errorf("connected %v, want %v: %v", err == nil, tt.want, err)
			}
			if err == nil {
				a.Close()
			} else {
				await(t, "log line", func() bool { return strings.Contains(s.log(), "refused by AllowedIPs or DeniedIPs") })
			}
		})
	}
}

// TestLimits: associations of one host beyond the limit are refused.
func TestLimits(t *testing.T) {
	s := newSite(t, "MaximumAssociationsPerHost = 2").start()
	open := func() (*dimse.Association, error) {
		return dimse.Dial(context.Background(), s.addr(), dimse.Request{
			Calling: "X", Called: s.ae, Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}},
		})
	}
	for range 2 {
		a, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
	}
	_, err := open()
	var rejected *dimse.RejectError
	if !errors.As(err, &rejected) || rejected.Result != dimse.RejectTransient {
		t.Errorf("third association: %v", err)
	}
}

// TestDestinationHealth: a destination that is down is mentioned a few times,
// not for each object, and once when it is back.
func TestDestinationHealth(t *testing.T) {
	s := newSite(t, "ImportConverter0 = forward to MYDEST").start()
	for i := range 8 {
		s.store(image("HP", "1.2.6.1", "1.2.6.1.1", fmt.Sprintf("1.2.6.1.1.%d", i+1), i+1))
	}
	log := s.log()
	if n := strings.Count(log, "destination can not be reached"); n != 2 {
		t.Errorf("%d lines of single failures, want 2", n)
	}
	if n := strings.Count(log, "destination is out of order"); n != 1 {
		t.Errorf("%d lines that the destination is out of order, want 1", n)
	}
	newAcceptor(t, s.port+4)
	s.store(image("HP", "1.2.6.1", "1.2.6.1.1", "1.2.6.1.1.100", 100))
	if n := strings.Count(s.log(), "destination is in order again"); n != 1 {
		t.Errorf("%d lines that the destination is in order, want 1", n)
	}
}

// TestPrintedFilm: the film of a print job of Lua, sent to the server itself, is
// drawn with its images at their places.
func TestPrintedFilm(t *testing.T) {
	s := newSite(t).start()
	s.store(image("PR", "1.2.5.1", "1.2.5.1.1", "1.2.5.1.1.1", 1), image("PR", "1.2.5.1", "1.2.5.1.1", "1.2.5.1.1.2", 250))
	out := s.run(`--lua:local q=newdicomobject(); q.PatientID='PR'; local a=dicomread(q); return #a .. tostring(dicomprint(a, 'CONQUESTSRV1', '', 'ImageDisplayFormat=STANDARD\\1,2'))`)
	films, err := filepath.Glob(filepath.Join(s.dir, "data", "printer_files", "film_*.png"))
	if err != nil || len(films) != 1 {
		t.Fatalf("films %v, %v; lua: %s\n%s", films, err, out, s.log())
	}
	f, err := os.Open(films[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if b := im.Bounds(); b.Dx() != 2100 || b.Dy() != 2550 {
		t.Errorf("film of %v", b)
	}
	lit := func(y0, y1 int) (n int) {
		for y := y0; y < y1; y += 10 {
			for x := 0; x < 2100; x += 10 {
				if r, _, _, _ := im.At(x, y).RGBA(); r > 0x4000 {
					n++
				}
			}
		}
		return n
	}
	if lit(0, 1275) == 0 || lit(1275, 2550) == 0 {
		t.Error("an image box is empty")
	}
	pictures, _ := filepath.Glob(filepath.Join(s.dir, "data", "printer_files", "*.dcm"))
	if len(pictures) != 2 {
		t.Errorf("%d pictures, want 2", len(pictures))
	}
}
