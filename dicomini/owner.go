package dicomini

import "strings"

// Owner is what names the files of the queues: the port, as in the original, and
// the node where several servers share a folder.
func (c *Config) Owner() string {
	if c.NodeName == "" {
		return c.TCPPort
	}
	return c.TCPPort + "-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, c.NodeName)
}
