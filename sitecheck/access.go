package sitecheck

import (
	"os"
	"strings"

	"conquest/access"
	"conquest/dicomini"
	"conquest/finding"
)

// accessFindings are the mistakes in who may do what: the file of AccessRights, and
// keys that need others.
func accessFindings(cfg *dicomini.Config) []finding.Finding {
	var list []finding.Finding
	if cfg.Switch("TLSOnly") && cfg.Number("TLSPort") == 0 {
		list = append(list, finding.Finding{Severity: finding.Error, Key: "TLSOnly", Message: "TLSOnly is set but TLSPort is not: the server does not start", Fix: "set TLSPort = 2762, TLSCertificate and TLSKey"})
	}
	path := cfg.Value("AccessRights")
	if path == "" {
		return list
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return append(list, finding.Finding{Severity: finding.Error, Key: "AccessRights", Message: "AccessRights can not be read, so nobody but this machine may associate: " + err.Error()})
	}
	for _, bad := range access.ParseRights(string(text)).Bad {
		list = append(list, finding.Finding{Severity: finding.Error, File: path, Line: bad.Line, Message: "the line gives no rights: " + bad.Text, Fix: "write: AE hosts rights, as docs/security.md has it"})
	}
	return list
}

// moveHosts tells which entries of acrnema.map let the caller name the host.
func (m *migration) moveHosts() {
	if m.cfg.Value("MoveHosts") != "" {
		return
	}
	aes, _, err := m.cfg.ReadAEMap()
	if err != nil {
		return // told with the files
	}
	var names []string
	for _, e := range aes.Entries() {
		if e.Wildcard() && strings.HasSuffix(e.Host, "*") {
			names = append(names, e.Name)
		}
	}
	if len(names) > 0 {
		m.say(finding.Warning, "a C-MOVE to %s (acrnema.map) reaches hosts of this machine, private networks and those of its interfaces only; list others in MoveHosts", strings.Join(names, ", "))
	}
}
