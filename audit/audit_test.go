package audit

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"conquest/console"
)

func open(t *testing.T, path string, key string) *Log {
	t.Helper()
	l, err := Open(Options{File: path, Key: []byte(key), Server: "HOUSE", Console: console.New("", "")})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var sample = Event{
	ID: Transferred, Action: Create, Parties: []Party{{ID: "CT1", Address: "10.0.0.7", Requestor: true, Source: true}, {ID: "HOUSE", Destination: true}},
	Patient: "P1 & <co>", Study: "1.2.3", Accession: "A1", Class: "1.2.840.10008.5.1.4.1.1.2", Count: 1,
}

func TestChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	for range 3 { // three processes
		l := open(t, path, "secret")
		for range 5 {
			l.Note(sample)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Verify(path, []byte("secret"))
	if err != nil || c.Messages != 15 {
		t.Fatal(c, err)
	}
	if _, err := Verify(path, nil); err == nil || !strings.Contains(err.Error(), "AuditKey") {
		t.Errorf("without the key: %v", err)
	}
	whole, _ := os.ReadFile(path)
	lines := strings.SplitAfter(string(whole), "\n")
	for name, tt := range map[string]struct {
		text, want string
	}{
		"changed":   {strings.Replace(string(whole), "10.0.0.7", "10.0.0.8", 1), "line 1 was changed"},
		"taken out": {strings.Join(append(append([]string{}, lines[:4]...), lines[5:]...), ""), "line 5 has number 6"},
		"put in":    {string(whole) + lines[14], "line 16 has number 15"},
		"garbage":   {string(whole) + "x\n", "line 16 is no line"},
	} {
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(path, []byte("secret")); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTornLine: a process that is killed while it writes leaves no broken chain.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, "")
	l.Note(sample)
	l.Note(sample)
	l.Close()
	whole, _ := os.ReadFile(path)
	os.WriteFile(path, whole[:len(whole)-40], 0o600)
	l = open(t, path, "")
	l.Note(sample)
	l.Close()
	if c, err := Verify(path, nil); err != nil || c.Messages != 2 {
		t.Error(c, err)
	}
}

// TestTally: objects that are alike are one message with their number.
func TestTally(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, "")
	for range 40 {
		l.Tally(sample)
	}
	other := sample
	other.Study = "1.2.4"
	l.Tally(other)
	list, err := l.Tail(0, 10)
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	if text := list[0].XML + list[1].XML; !strings.Contains(text, `NumberOfInstances="40"`) || !strings.Contains(text, `NumberOfInstances="1"`) {
		t.Error(text)
	}
}

// TestFullDisk: what can not be written is counted and told of later.
func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, "")
	good := l.file
	var err error
	if l.file, err = os.OpenFile("/dev/full", os.O_RDWR, 0); err != nil {
		t.Skip(err)
	}
	l.Note(sample)
	l.Note(sample)
	l.file = good
	l.Note(sample)
	l.Close()
	text, _ := os.ReadFile(path)
	if c, err := Verify(path, nil); err != nil || c.Messages != 2 || !strings.Contains(string(text), "2 audit messages could not be written") {
		t.Errorf("%+v %v\n%s", c, err, text)
	}
}

// rules is the schema of PS3.15 section A.5.1 as far as it is used: which attributes
// an element must and may have, and which elements come in it, in order.
var rules = map[string]struct {
	must, may []string
	inside    string // expression over the names of the elements, each with a blank
}{
	"AuditMessage":                    {nil, nil, `^EventIdentification (ActiveParticipant )+AuditSourceIdentification (ParticipantObjectIdentification )*$`},
	"EventIdentification":             {[]string{"EventDateTime", "EventOutcomeIndicator"}, []string{"EventActionCode"}, `^EventID (EventTypeCode )*(EventOutcomeDescription )?$`},
	"EventID":                         {codedMust, codedMay, `^$`},
	"EventTypeCode":                   {codedMust, codedMay, `^$`},
	"EventOutcomeDescription":         {nil, nil, `^$`},
	"ActiveParticipant":               {[]string{"UserID", "UserIsRequestor"}, []string{"AlternativeUserID", "UserName", "NetworkAccessPointID", "NetworkAccessPointTypeCode"}, `^(RoleIDCode )*(MediaIdentifier )?$`},
	"RoleIDCode":                      {codedMust, codedMay, `^$`},
	"AuditSourceIdentification":       {[]string{"AuditSourceID"}, []string{"AuditEnterpriseSiteID"}, `^(AuditSourceTypeCode )*$`},
	"AuditSourceTypeCode":             {[]string{"csd-code"}, codedMust, `^$`},
	"ParticipantObjectIdentification": {[]string{"ParticipantObjectID"}, []string{"ParticipantObjectTypeCode", "ParticipantObjectTypeCodeRole", "ParticipantObjectDataLifeCycle", "ParticipantObjectSensitivity"}, `^ParticipantObjectIDTypeCode (ParticipantObjectName |ParticipantObjectQuery )(ParticipantObjectDetail )*(ParticipantObjectDescription )*$`},
	"ParticipantObjectIDTypeCode":     {codedMust, codedMay, `^$`},
	"ParticipantObjectName":           {nil, nil, `^$`},
	"ParticipantObjectQuery":          {nil, nil, `^$`},
	"ParticipantObjectDetail":         {[]string{"type", "value"}, nil, `^$`},
	"ParticipantObjectDescription":    {nil, nil, `^(MPPS )*(Accession )*(SOPClass )*(ParticipantObjectContainsStudy )?(Encrypted )?(Anonymized )?$`},
	"Accession":                       {[]string{"Number"}, nil, `^$`},
	"SOPClass":                        {[]string{"NumberOfInstances"}, []string{"UID"}, `^(Instance )*$`},
}

var codedMust, codedMay = []string{"csd-code", "codeSystemName", "originalText"}, []string{"displayName"}

type node struct {
	name     string
	children string
}

// judge compares a message with the schema.
func judge(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	var stack []*node
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			name := tok.Name.Local
			r, ok := rules[name]
			if !ok {
				return fmt.Errorf("no element %s", name)
			}
			have := map[string]bool{}
			for _, a := range tok.Attr {
				have[a.Name.Local] = true
			}
			for _, m := range r.must {
				if !have[m] {
					return fmt.Errorf("%s has no %s", name, m)
				}
				delete(have, m)
			}
			for _, m := range r.may {
				delete(have, m)
			}
			if len(have) > 0 {
				return fmt.Errorf("%s must not have %v", name, have)
			}
			if len(stack) > 0 {
				stack[len(stack)-1].children += name + " "
			}
			stack = append(stack, &node{name: name})
		case xml.EndElement:
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !regexp.MustCompile(rules[n.name].inside).MatchString(n.children) {
				return fmt.Errorf("in %s stand %q", n.name, n.children)
			}
		}
	}
}

// TestSchema: messages of all kinds are valid.
func TestSchema(t *testing.T) {
	who := []Party{{ID: "anna", Address: "::1", Requestor: true}, {}}
	for _, e := range []Event{
		sample,
		{ID: ApplicationActivity, Type: Start, Action: Execute, Parties: who},
		{ID: UserAuthentication, Type: Login, Action: Execute, Outcome: Minor, Reason: "wrong\npassword", Parties: who},
		{ID: Query, Action: Execute, Parties: who, Class: "1.2.840.10008.5.1.4.1.2.2.1", Query: "PatientName=\x00<x>", Count: 3},
		{ID: Query, Action: Execute, Parties: who, Query: "PatientID=7"},
		{ID: StudyDeleted, Action: Delete, Parties: who, Patient: "\xff\x01", Study: "1.2", Count: 2},
		{ID: InstancesAccessed, Action: Read, Parties: who, Count: 2},
		{ID: SecurityAlert, Type: Restricted, Action: Execute, Outcome: Serious, Parties: who, Detail: "something"},
	} {
		e.Time = time.Now()
		text, err := message(&e, "HOUSE")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\n") {
			t.Errorf("several lines: %s", text)
		}
		if err := judge(string(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// certificate makes a certificate for this machine; the file has key and certificate.
func certificate(t *testing.T) (file string, cert tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	return file, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestSyslog: messages come over TLS, in frames of RFC 5425, each once also after the
// server was away.
func TestSyslog(t *testing.T) {
	ca, cert := certificate(t)
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, "")
	l.Note(sample)
	got := make(chan string, 10)
	sink, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	address := sink.Addr().String()
	serve := func(sink net.Listener, many int) {
		c, err := sink.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		for range many {
			var n int
			if _, err := fmt.Fscanf(r, "%d ", &n); err != nil {
				return
			}
			b := make([]byte, n)
			if _, err := io.ReadFull(r, b); err != nil {
				return
			}
			got <- string(b)
		}
	}
	go serve(sink, 2)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	s := &Syslog{File: path, Address: address, CA: ca, Console: console.New("", ""), pause: 50 * time.Millisecond}
	go func() { defer close(done); s.Send(ctx) }()
	next := func() string {
		t.Helper()
		select {
		case m := <-got:
			return m
		case <-time.After(20 * time.Second):
			t.Fatal("no message")
			return ""
		}
	}
	m := next()
	want := regexp.MustCompile(`^<85>1 \S+Z \S+ dgate \d+ DICOM\+RFC3881 \[chain@32473 seq="1" hash="[0-9a-f]{64}"\] \x{FEFF}<\?xml version="1.0" encoding="UTF-8"\?><AuditMessage>`)
	if !want.MatchString(m) {
		t.Errorf("%q", m)
	}
	l.Note(sample)
	if m := next(); !strings.Contains(m, `seq="2"`) {
		t.Errorf("%q", m)
	}
	sink.Close()
	cancel()
	<-done
	l.Note(sample)
	sink, err = tls.Listen("tcp", address, &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	go serve(sink, 1)
	ctx, cancel = context.WithCancel(context.Background())
	done = make(chan struct{})
	go func() { defer close(done); s.Send(ctx) }()
	if m := next(); !strings.Contains(m, `seq="3"`) {
		t.Errorf("%q", m)
	}
	cancel()
	<-done
	l.Close()
}

func TestOff(t *testing.T) {
	var none *Log
	none.Note(sample)
	none.Tally(sample)
	if none.On() || none.Close() != nil {
		t.Error("a nil log does something")
	}
}
