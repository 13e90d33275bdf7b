package access

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"conquest/dicomini"
)

// Rights is what a caller may do.
type Rights byte

// The rights, by the words of the file.
const (
	Store Rights = 1 << iota
	Query
	Retrieve
	Delete           // server commands that delete
	Commands         // other server commands, scripts of requests
	noRights  Rights = 0
	allRights        = Store | Query | Retrieve | Delete | Commands
)

var rightWords = map[string]Rights{
	"store": Store, "query": Query, "retrieve": Retrieve, "delete": Delete, "commands": Commands,
	"all": allRights, "none": noRights,
}

// Has tells whether all rights of what are among r.
func (r Rights) Has(what Rights) bool { return r&what == what }

// String are the words of the file.
func (r Rights) String() string {
	var words []string
	for _, w := range []string{"store", "query", "retrieve", "delete", "commands"} {
		if r.Has(rightWords[w]) {
			words = append(words, w)
		}
	}
	if words == nil {
		return "none"
	}
	return strings.Join(words, " ")
}

// RightsList is the content of a file of rights, which binds AE titles to hosts
// and certificates. A line is
//
//	TITLE HOSTS[,certificate=NAME] RIGHT ...
//
// The title may end in *. HOSTS are as in AllowedIPs, parted by commas. NAME is
// the common name, a DNS name, or the SHA-256 fingerprint in hexadecimal of the
// client certificate that must have been shown over TLS. The rights are store,
// query, retrieve, delete, commands, all, none. # begins a comment line. The first
// line counts of which title, host and certificate fit.
type RightsList struct {
	lines []rightsLine
	// Bad are the lines that can not be read; they give nobody any right.
	Bad []RightsNote
}

// RightsNote is a line that can not be read.
type RightsNote struct {
	Line int
	Text string
}

type rightsLine struct {
	title       string
	hosts       dicomini.HostList
	certificate string // "" for none needed
	rights      Rights
}

// ParseRights reads a file of rights.
func ParseRights(text string) *RightsList {
	l := &RightsList{}
	for i, line := range strings.Split(strings.TrimPrefix(text, "\xef\xbb\xbf"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parsed, problem := parseRightsLine(strings.Fields(line))
		if problem != "" {
			l.Bad = append(l.Bad, RightsNote{i + 1, problem})
			continue
		}
		l.lines = append(l.lines, parsed)
	}
	return l
}

func parseRightsLine(words []string) (line rightsLine, problem string) {
	if len(words) < 3 {
		return line, "write: AE hosts rights"
	}
	line.title = words[0]
	var hosts []string
	for item := range strings.SplitSeq(words[1], ",") {
		if name, ok := strings.CutPrefix(item, "certificate="); ok && name != "" {
			line.certificate = name
			continue
		}
		hosts = append(hosts, item)
	}
	line.hosts = dicomini.ParseHosts(strings.Join(hosts, ","))
	if len(line.hosts.Bad) > 0 {
		return line, fmt.Sprintf("%.60q is no address", line.hosts.Bad[0])
	}
	for _, w := range words[2:] {
		r, ok := rightWords[strings.ToLower(strings.TrimSuffix(w, ","))]
		if !ok {
			return line, fmt.Sprintf("%.60q is no right: store, query, retrieve, delete, commands, all, none", w)
		}
		line.rights |= r
	}
	return line, ""
}

// Of are the rights of a caller; known is false when no line fits. state is that
// of a TLS connection, nil for a plain one.
func (l *RightsList) Of(title string, host netip.Addr, state *tls.ConnectionState) (rights Rights, known bool) {
	for i := range l.lines {
		line := &l.lines[i]
		if line.fitsTitle(title) && line.hosts.Has(host) && line.fitsCertificate(state) {
			return line.rights, true
		}
	}
	return noRights, false
}

// binds tells whether a line is about this very title.
func (l *RightsList) binds(title string) bool {
	return slices.ContainsFunc(l.lines, func(line rightsLine) bool { return line.title == title })
}

func (l *rightsLine) fitsTitle(title string) bool {
	if prefix, wild := strings.CutSuffix(l.title, "*"); wild {
		return strings.HasPrefix(title, prefix)
	}
	return title == l.title
}

func (l *rightsLine) fitsCertificate(state *tls.ConnectionState) bool {
	if l.certificate == "" {
		return true
	}
	if state == nil || len(state.VerifiedChains) == 0 || len(state.PeerCertificates) == 0 {
		return false
	}
	c := state.PeerCertificates[0]
	sum := sha256.Sum256(c.Raw)
	return c.Subject.CommonName == l.certificate || slices.Contains(c.DNSNames, l.certificate) ||
		strings.EqualFold(hex.EncodeToString(sum[:]), strings.ReplaceAll(l.certificate, ":", ""))
}
