package dicomini

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// WebPeer is one DICOMweb server of dicomweb.map.
type WebPeer struct {
	Name, URL string
	User      string // for Basic, with SecretFile
	// Files that are read when they are needed: password, bearer token, client
	// credentials, authorities, certificate and its key.
	SecretFile, TokenFile, OAuthFile, CAFile, CertFile, KeyFile string

	Syntax   string        // compression code of what is stored there, as in acrnema.map
	Timeout  time.Duration // without progress
	Parallel int           // requests at a time
	Batch    int           // objects in one request
	Line     int
}

// WebPrefix stands before the name of a DICOMweb server where AE titles stand.
const WebPrefix = "WEB:"

// WebName is the name in a destination "WEB:NAME"; letter case does not matter.
func WebName(destination string) (name string, is bool) {
	destination = strings.TrimSpace(destination)
	if len(destination) <= len(WebPrefix) || !strings.EqualFold(destination[:len(WebPrefix)], WebPrefix) {
		return "", false
	}
	return destination[len(WebPrefix):], true
}

// WebMap is the table of DICOMweb servers; safe for concurrent use. The zero map
// is empty.
type WebMap struct {
	mu      sync.RWMutex
	entries []WebPeer
	notes   []MapNote
}

// Defaults of the options of dicomweb.map.
const (
	webTimeout  = time.Minute
	webParallel = 2
	webBatch    = 20
	webMaxBatch = 1000
)

// WebMapFile is the path of dicomweb.map: beside acrnema.map.
func (c *Config) WebMapFile() string {
	return filepath.Join(filepath.Dir(c.ACRNemaMap), "dicomweb.map")
}

// Reload replaces all entries by those of the file at path; without a file the map
// is empty. On an error the old entries stay.
func (m *WebMap) Reload(path string) error {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read map of DICOMweb servers: %w", err)
	}
	n := ParseWebMap(text)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries, m.notes = n.entries, n.notes
	return nil
}

// ParseWebMap parses the text of a dicomweb.map: "NAME URL option=value ..." a
// line; lines that begin with # are comments. A line that can not be used is left
// out and noted.
func ParseWebMap(text []byte) *WebMap {
	m := &WebMap{}
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\xef\xbb\xbf")) {
		number++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if p, err := parseWebPeer(words); err != nil {
			m.notes = append(m.notes, MapNote{Line: number, Message: err.Error(), Fix: "write: NAME URL option=value .."})
		} else {
			p.Line = number
			m.entries = append(m.entries, p)
		}
	}
	return m
}

func parseWebPeer(words []string) (WebPeer, error) {
	p := WebPeer{Name: words[0], Syntax: "as", Timeout: webTimeout, Parallel: webParallel, Batch: webBatch}
	if len(words) < 2 {
		return p, fmt.Errorf("DICOMweb server %s has no address", p.Name)
	}
	p.URL = words[1]
	rest, ok := strings.CutPrefix(p.URL, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(p.URL, "http://")
	}
	if !ok || rest == "" {
		return p, fmt.Errorf("the address of DICOMweb server %s is none that begins with https:// or http://", p.Name)
	}
	texts := map[string]*string{
		"user": &p.User, "secret": &p.SecretFile, "token": &p.TokenFile, "oauth": &p.OAuthFile,
		"ca": &p.CAFile, "cert": &p.CertFile, "key": &p.KeyFile, "syntax": &p.Syntax,
	}
	for _, w := range words[2:] {
		key, value, _ := strings.Cut(w, "=")
		if text := texts[key]; text != nil {
			*text = value
			continue
		}
		n := Atoi(value)
		switch key {
		case "timeout":
			p.Timeout = time.Duration(max(n, 1)) * time.Second
		case "parallel":
			p.Parallel = max(n, 1)
		case "batch":
			p.Batch = min(max(n, 1), webMaxBatch)
		default:
			return p, fmt.Errorf("DICOMweb server %s: unknown option %s", p.Name, w)
		}
	}
	switch {
	case (p.User == "") != (p.SecretFile == ""):
		return p, fmt.Errorf("DICOMweb server %s: user and secret belong together", p.Name)
	case (p.CertFile == "") != (p.KeyFile == ""):
		return p, fmt.Errorf("DICOMweb server %s: cert and key belong together", p.Name)
	}
	return p, nil
}

// Lookup finds a server by its name, with or without WEB: before it; letter case
// does not matter.
func (m *WebMap) Lookup(name string) (WebPeer, bool) {
	if n, is := WebName(name); is {
		name = n
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, p := range m.entries {
		if strings.EqualFold(p.Name, name) {
			return p, true
		}
	}
	return WebPeer{}, false
}

// Entries returns a copy of all entries.
func (m *WebMap) Entries() []WebPeer {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return append([]WebPeer(nil), m.entries...)
}
