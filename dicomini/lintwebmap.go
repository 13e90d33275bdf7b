package dicomini

import (
	"net/url"
	"os"
	"strings"

	"conquest/finding"
)

// maxWebName is the longest name that fits an AE title behind "WEB:", as which moves
// and delayed commands name the server.
const maxWebName = 16 - len(WebPrefix)

// lintWebMap looks for mistakes in dicomweb.map.
func (l *linter) lintWebMap(m *WebMap) {
	m.mu.RLock()
	notes := m.notes
	m.mu.RUnlock()
	for _, n := range notes {
		l.add(finding.Error, n.Line, "", n.Fix, "%s: the line is left out", n.Message)
	}
	seen := map[string]int{}
	for _, p := range m.Entries() {
		if first := seen[lower(p.Name)]; first != 0 {
			l.add(finding.Warning, p.Line, p.Name, "remove one of the lines", "%s is listed again; only line %d counts", p.Name, first)
			continue
		}
		seen[lower(p.Name)] = p.Line
		l.lintWebPeer(p)
	}
}

func (l *linter) lintWebPeer(p WebPeer) {
	if len(p.Name) > maxWebName {
		l.add(finding.Warning, p.Line, p.Name, "use at most 12 characters", "%s has more than 12 characters: WEB:%s is too long for the AE title of a C-MOVE or a delayed forward", p.Name, p.Name)
	}
	if !compressionCode().MatchString(p.Syntax) {
		l.add(finding.Error, p.Line, p.Name, codeFix, "unknown compression %s", p.Syntax)
	}
	for _, file := range []string{p.SecretFile, p.TokenFile, p.OAuthFile, p.CAFile, p.CertFile, p.KeyFile} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			l.add(finding.Error, p.Line, p.Name, "", "%s: %v", p.Name, err)
		}
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		l.add(finding.Error, p.Line, p.Name, "", "%s: %v", p.Name, err)
		return
	}
	secret := p.SecretFile != "" || p.TokenFile != "" || p.OAuthFile != ""
	if secret && strings.EqualFold(u.Scheme, "http") && !loopback(u.Hostname()) {
		l.add(finding.Warning, p.Line, p.Name, "use https", "%s: password or token go over the network without encryption", p.Name)
	}
}
