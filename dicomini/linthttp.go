package dicomini

import (
	"net/netip"
	"strings"

	"conquest/finding"
)

// lintHTTP reports what keeps the port for web clients from being opened as
// asked, and that it exists where pages of the original are used.
func (l *linter) lintHTTP(c *Config) {
	line := func(key string) int { return c.file.Line(c.main, key) }
	if c.Number("HTTPPort") == 0 {
		if c.file.HasSection("webdefaults") {
			l.add(finding.Hint, 0, "HTTPPort", "HTTPPort = 8086", "web pages are set up here; the server itself also speaks DICOMweb when HTTPPort is set (docs/dicomweb.md)")
		}
		return
	}
	if c.Number("HTTPPort") == c.Port() {
		l.add(finding.Error, line("HTTPPort"), "HTTPPort", "HTTPPort = 8086", "HTTPPort is the port of DICOM, TCPPort")
	}
	for _, r := range c.HTTPRefusals() {
		l.add(finding.Error, line(r.Key), r.Key, r.Cure, "%s: the port is opened for this machine only", r.Text)
	}
	if (c.Value("HTTPCertificate") == "") != (c.Value("HTTPKey") == "") {
		l.add(finding.Error, line("HTTPCertificate"), "HTTPCertificate", "", "HTTPCertificate and HTTPKey belong together: HTTPPort is not opened")
	}
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback() || strings.EqualFold(host, "localhost")
}
