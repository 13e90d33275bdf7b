package dimse

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"conquest/dicom"
)

// shippedPolicy has the transfer syntaxes of the shipped dgatesop.lst and the
// abstract syntaxes the probes use.
func shippedPolicy() *ListPolicy {
	p := &ListPolicy{
		AbstractSyntaxes: []string{Verification, "1.2.840.10008.5.1.4.1.1.4", ctImage, StudyRootFind},
		TransferSyntaxes: []string{dicom.ImplicitLittleEndian, dicom.ExplicitLittleEndian, dicom.ExplicitBigEndian},
	}
	for _, n := range []string{"50", "51", "53", "55", "57", "70", "80", "81", "90", "91"} {
		p.TransferSyntaxes = append(p.TransferSyntaxes, "1.2.840.10008.1.2.4."+n)
	}
	return p
}

type associateProbe struct {
	Name    string
	Request struct {
		Ctx             [][2]json.RawMessage
		Called, Calling *string
		AppCtx          string
		Roles           [][3]any
		Extra, Server   string
	}
	Response struct {
		PDU      string
		Contexts map[string]json.RawMessage
		Reject   []byte `json:"-"`
		RSR      []int  `json:"result_source_reason"`
		UserInfo []struct {
			Item  string
			Value any
		} `json:"user_info"`
	}
}

func (p *associateProbe) proposal(t *testing.T) *AssociateRQ {
	t.Helper()
	rq := &AssociateRQ{ProtocolVersion: 1, ApplicationContext: ApplicationContextName}
	rq.Called, rq.Calling = NewAETitle("CONQUESTSRV1", ' '), NewAETitle("PROBE", ' ')
	if p.Request.Called != nil {
		rq.Called = NewAETitle(*p.Request.Called, ' ')
	}
	if p.Request.Calling != nil {
		rq.Calling = NewAETitle(*p.Request.Calling, ' ')
	}
	orDefault(&p.Request.AppCtx, ApplicationContextName)
	rq.ApplicationContext = p.Request.AppCtx
	for i, c := range p.Request.Ctx {
		pc := ProposedContext{ID: byte(2*i + 1)}
		if json.Unmarshal(c[0], &pc.AbstractSyntax) != nil || json.Unmarshal(c[1], &pc.TransferSyntaxes) != nil {
			t.Fatalf("context %s", c)
		}
		rq.Contexts = append(rq.Contexts, pc)
	}
	if rq.Contexts == nil {
		rq.Contexts = []ProposedContext{{1, Verification, []string{dicom.ImplicitLittleEndian}}}
	}
	for _, r := range p.Request.Roles {
		rq.User.Roles = append(rq.User.Roles, RoleSelection{r[0].(string), r[1].(float64) != 0, r[2].(float64) != 0})
	}
	if p.Request.Extra != "" {
		if err := rq.User.parse(unhex(t, p.Request.Extra)); err != nil {
			t.Fatal(err)
		}
	}
	return rq
}

var listInText = regexp.MustCompile(`(\w+)=\{([^}]*)\}`)

// policy reads the lists out of the description of the server.
func (p *associateProbe) policy() *ListPolicy {
	policy := shippedPolicy()
	for _, m := range listInText.FindAllStringSubmatch(p.Request.Server, -1) {
		list := strings.Split(m[2], ",")
		switch m[1] {
		case "RemoteAE":
			policy.RemoteAE = list
		case "LocalAE":
			policy.LocalAE = list
		case "application":
			policy.Application = list
		}
	}
	return policy
}

// Differences: an association in which no transfer syntax is acceptable is
// refused, where the original accepted and closed; the transfer syntax of
// refused contexts is not compared.
func TestNegotiationProbes(t *testing.T) {
	f, err := os.Open("testdata/associate-probes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rejectedByUs := []string{"assoc-only-unknown-ts", "assoc-unknown-both"}
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var p associateProbe
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		t.Run(p.Name, func(t *testing.T) {
			d := p.policy().Negotiate(p.proposal(t), nil)
			if slices.Contains(rejectedByUs, p.Name) {
				p.Response.PDU, p.Response.RSR = "A-ASSOCIATE-RJ", []int{1, 1, 1}
			}
			p.compare(t, d)
		})
	}
	if n < 15 {
		t.Errorf("only %d records", n)
	}
}

func (p *associateProbe) compare(t *testing.T, d Decision) {
	t.Helper()
	if p.Response.PDU == "A-ASSOCIATE-RJ" {
		if r := d.Reject; r == nil || !slices.Equal(p.Response.RSR, []int{int(r.Result), int(r.Source), int(r.Reason)}) {
			t.Errorf("reject %+v, want %v", r, p.Response.RSR)
		}
		return
	}
	if d.Reject != nil || len(d.Contexts) != len(p.Response.Contexts) {
		t.Fatalf("%+v", d)
	}
	for _, got := range d.Contexts {
		raw := p.Response.Contexts[strconv.Itoa(int(got.ID))]
		want := struct {
			Result byte
			TS     string
		}{}
		if err := json.Unmarshal(raw, &want); err != nil {
			if err := json.Unmarshal(raw, &[]any{&want.Result, &want.TS}); err != nil {
				t.Fatal(err)
			}
		}
		if got.Result != want.Result || want.Result == 0 && got.TransferSyntax != want.TS {
			t.Errorf("context %d: %+v, want %+v", got.ID, got, want)
		}
	}
	p.compareRoles(t, d)
}

func (p *associateProbe) compareRoles(t *testing.T, d Decision) {
	t.Helper()
	var want, got []string
	for _, u := range p.Response.UserInfo {
		if u.Item == "54" {
			want = append(want, u.Value.(string))
		}
	}
	b := (&UserInformation{Roles: d.Roles}).appendTo(nil)
	eachItem(b, func(kind byte, v []byte) error {
		if kind == itemRole {
			got = append(got, hex.EncodeToString(v))
		}
		return nil
	})
	if !slices.Equal(got, want) {
		t.Errorf("roles %v, want %v", got, want)
	}
}

func FuzzAssociate(f *testing.F) {
	for _, v := range pduVectors(f) {
		f.Add(v.bytes[6:])
	}
	policy := shippedPolicy()
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := ParsePDU(PDUAssociateAC, b); err == nil {
			AppendPDU(nil, p)
		}
		p, err := ParsePDU(PDUAssociateRQ, b)
		if err != nil {
			return
		}
		rq := p.(*AssociateRQ)
		d := policy.Negotiate(rq, nil)
		if d.Reject == nil && len(d.Contexts) != len(rq.Contexts) {
			t.Fatalf("%d results for %d contexts", len(d.Contexts), len(rq.Contexts))
		}
		if again, err := ParsePDU(PDUAssociateRQ, rq.appendBody(nil)); err == nil {
			if !bytes.Equal(again.appendBody(nil), rq.appendBody(nil)) {
				t.Fatal("the PDU changes when written and read")
			}
		}
	})
}
