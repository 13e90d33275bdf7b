// Package transcode changes the pixel data of objects: other compressions, other sizes.
package transcode

import "conquest/pacs/site"

// Transcoder recompresses and reduces objects, and counts what it did.
type Transcoder struct {
	*site.Site
}

// New makes it.
func New(s *site.Site) *Transcoder {
	return &Transcoder{Site: s}
}
