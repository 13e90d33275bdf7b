package dimse

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"conquest/dicom"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "\n", "", "\t", "").Replace(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Fields of A-ASSOCIATE PDUs, written out byte by byte (PS3.8 section 9.3).
const (
	vectorHead = `0001 0000
		53455256455220202020202020202020 434c49454e5420202020202020202020
		0000000000000000000000000000000000000000000000000000000000000000
		1000 0015 312e322e3834302e31303030382e332e312e312e31`
	vectorContextRQ = `2000 002e 01000000
		3000 0011 312e322e3834302e31303030382e312e31
		4000 0011 312e322e3834302e31303030382e312e32`
	vectorContextAC = `2100 0019 01000000
		4000 0011 312e322e3834302e31303030382e312e32`
	vectorMax      = `5100 0004 00004000`
	vectorClass    = `5200 0007 312e322e332e34`
	vectorWindow   = `5300 0004 00000001`
	vectorRole     = `5400 000b 0007 312e322e332e35 0100`
	vectorVersion  = `5500 0003 543130`
	vectorExtended = `5600 000c 0007 312e322e332e35 010203`
	vectorCommon   = `5700 0016 0007 312e322e332e35 0003 312e32 0006 0004 312e3233`
	vectorIdentity = `5800 000e 02 01 0004 75736572 0004 70617373`
	vectorAnswer   = `5900 0006 0004 6f6b6179`
	vectorUnknown  = `6600 0002 cafe`
)

func vector(t testing.TB, kind byte, parts ...string) []byte {
	t.Helper()
	body := unhex(t, strings.Join(parts, ""))
	n := len(body)
	return append([]byte{kind, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

func userItem(t testing.TB, parts ...string) string {
	t.Helper()
	items := strings.Join(parts, "")
	n := len(unhex(t, items))
	return "5000" + hex.EncodeToString([]byte{byte(n >> 8), byte(n)}) + items
}

var fullUser = UserInformation{
	MaxPDU: 16384, ImplementationClassUID: "1.2.3.4", ImplementationVersionName: "T10",
	AsyncWindow: &AsyncWindow{Invoked: 0, Performed: 1},
	Roles:       []RoleSelection{{SOPClassUID: "1.2.3.5", SCU: true}},
	Extended:    []ExtendedNegotiation{{SOPClassUID: "1.2.3.5", Info: []byte{1, 2, 3}}},
	CommonExtended: []CommonExtendedNegotiation{
		{SOPClassUID: "1.2.3.5", ServiceClassUID: "1.2", RelatedGeneral: []string{"1.23"}},
	},
	Identity: &UserIdentity{Type: 2, ResponseRequired: true, Primary: []byte("user"), Secondary: []byte("pass")},
	Unknown:  []UnknownItem{{Type: 0x66, Data: []byte{0xca, 0xfe}}},
}

func pduVectors(t testing.TB) map[string]struct {
	bytes []byte
	pdu   PDU
} {
	user := fullUser
	answer := UserInformation{
		MaxPDU: 16384, ImplementationClassUID: "1.2.3.4", ImplementationVersionName: "T10",
		IdentityResponse: &IdentityResponse{Data: []byte("okay")},
	}
	server, client := NewAETitle("SERVER", ' '), NewAETitle("CLIENT", ' ')
	return map[string]struct {
		bytes []byte
		pdu   PDU
	}{
		"A-ASSOCIATE-RQ": {
			vector(t, 1, vectorHead, vectorContextRQ, userItem(t, vectorMax, vectorClass, vectorWindow, vectorRole,
				vectorVersion, vectorExtended, vectorCommon, vectorIdentity, vectorUnknown)),
			&AssociateRQ{
				ProtocolVersion: 1, Called: server, Calling: client, ApplicationContext: ApplicationContextName,
				Contexts: []ProposedContext{{1, Verification, []string{dicom.ImplicitLittleEndian}}}, User: user,
			},
		},
		"A-ASSOCIATE-AC": {
			vector(t, 2, vectorHead, vectorContextAC, userItem(t, vectorMax, vectorClass, vectorVersion, vectorAnswer)),
			&AssociateAC{
				ProtocolVersion: 1, Called: server, Calling: client, ApplicationContext: ApplicationContextName,
				Contexts: []ContextResult{{1, 0, dicom.ImplicitLittleEndian}}, User: answer,
			},
		},
		"A-ASSOCIATE-RJ": {unhex(t, "0300 00000004 00 01 01 07"), &AssociateRJ{1, 1, 7}},
		"P-DATA-TF": {
			unhex(t, "0400 00000010 00000004 01 03 aabb 00000004 03 00 ccdd"),
			&DataTF{[]PDV{{1, true, true, []byte{0xaa, 0xbb}}, {3, false, false, []byte{0xcc, 0xdd}}}},
		},
		"A-RELEASE-RQ": {unhex(t, "0500 00000004 00000000"), &ReleaseRQ{}},
		"A-RELEASE-RP": {unhex(t, "0600 00000004 00000000"), &ReleaseRP{}},
		"A-ABORT":      {unhex(t, "0700 00000004 0000 02 06"), &Abort{2, 6}},
	}
}

func TestPDUVectors(t *testing.T) {
	for name, v := range pduVectors(t) {
		t.Run(name, func(t *testing.T) {
			if got := AppendPDU(nil, v.pdu); !bytes.Equal(got, v.bytes) {
				t.Errorf("written:\n%x\nwant:\n%x", got, v.bytes)
			}
			got, err := ReadPDU(bytes.NewReader(v.bytes), 1<<20)
			if err != nil || !reflect.DeepEqual(got, v.pdu) {
				t.Errorf("read: %v\n%+v\nwant:\n%+v", err, got, v.pdu)
			}
		})
	}
}

func TestPDUCutAnywhere(t *testing.T) {
	for name, v := range pduVectors(t) {
		for n := range len(v.bytes) {
			_, err := ReadPDU(bytes.NewReader(v.bytes[:n]), 1<<20)
			if err == nil {
				t.Errorf("%s cut at %d: no error", name, n)
			}
			if n > 6 {
				ParsePDU(PDUType(v.bytes[0]), v.bytes[6:n])
			}
		}
	}
}

func TestMalformedPDUs(t *testing.T) {
	rq := func(items ...string) []byte { return vector(t, 1, append([]string{vectorHead}, items...)...) }
	for name, c := range map[string]struct {
		bytes []byte
		err   error
	}{
		"unknown type":           {unhex(t, "0800 00000000"), ErrUnknownPDU},
		"HTTP":                   {[]byte("GET / HTTP/1.1\r\n\r\n"), ErrUnknownPDU},
		"2 GB":                   {unhex(t, "0100 7fffffff 0001"), ErrPDUTooLarge},
		"item beyond the end":    {rq("2000 ffff 01"), ErrMalformedPDU},
		"item header cut":        {rq("2000 00"), ErrMalformedPDU},
		"context too short":      {rq("2000 0002 0100"), ErrMalformedPDU},
		"sub-item beyond":        {rq("2000 0008 01000000 3000 00ff"), ErrMalformedPDU},
		"600 contexts":           {rq(strings.Repeat("2000 0004 01000000", 600)), ErrMalformedPDU},
		"role beyond":            {rq(userItem(t, "5400 0004 00ff 3132")), ErrMalformedPDU},
		"identity cut":           {rq(userItem(t, "5800 0004 0101 0009")), ErrMalformedPDU},
		"related class beyond":   {rq(userItem(t, "5700 000a 0001 31 0001 31 0002 00ff")), ErrMalformedPDU},
		"max length too short":   {rq(userItem(t, "5100 0002 0001")), ErrMalformedPDU},
		"PDV beyond the PDU":     {unhex(t, "0400 00000008 000000ff 0103 aabb"), ErrMalformedPDU},
		"PDV without a header":   {unhex(t, "0400 00000006 00000001 0103"), ErrMalformedPDU},
		"PDU ends within PDV":    {unhex(t, "0400 00000003 000000"), ErrMalformedPDU},
		"abort too short":        {unhex(t, "0700 00000002 0000"), ErrMalformedPDU},
		"body shorter than told": {unhex(t, "0700 00000004 0000"), io.ErrUnexpectedEOF},
	} {
		if _, err := ReadPDU(bytes.NewReader(c.bytes), 1<<20); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
	}
}

// A role behind an unknown item is not lost.
func TestItemsBehindUnknownOnes(t *testing.T) {
	b := vector(t, 1, vectorHead, vectorContextRQ, userItem(t, vectorUnknown, vectorMax, vectorRole))
	p, err := ReadPDU(bytes.NewReader(b), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if u := p.(*AssociateRQ).User; len(u.Roles) != 1 || u.MaxPDU != 16384 {
		t.Errorf("user information %+v", u)
	}
}

func TestAETitle(t *testing.T) {
	for _, c := range []struct {
		in   string
		pad  byte
		want string
		text string
	}{
		{"A", ' ', "A               ", "A"},
		{"A", 0, "A\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "A"},
		{"12345678901234567", ' ', "1234567890123456", "1234567890123456"},
		{" A B", ' ', " A B            ", "A B"},
	} {
		title := NewAETitle(c.in, c.pad)
		if string(title[:]) != c.want || title.String() != c.text {
			t.Errorf("%q: %q %q", c.in, title[:], title.String())
		}
	}
}

func FuzzPDU(f *testing.F) {
	for _, v := range pduVectors(f) {
		f.Add(v.bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ReadPDU(bytes.NewReader(b), 1<<20)
		if err != nil {
			return
		}
		again, err := ReadPDU(bytes.NewReader(AppendPDU(nil, p)), 1<<21)
		if _, grown := p.(*AssociateRQ); err != nil && !grown {
			if _, grown = p.(*AssociateAC); !grown {
				t.Fatalf("own PDU is not readable: %v", err)
			}
		}
		if err == nil && again.Type() != p.Type() {
			t.Fatalf("type %d became %d", p.Type(), again.Type())
		}
	})
}
