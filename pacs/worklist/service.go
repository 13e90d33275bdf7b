// Package worklist enters HL7 messages in the modality worklist, and values of the worklist in
// received objects.
package worklist

import "conquest/pacs/site"

// Worklist is the table of scheduled procedures.
type Worklist struct {
	*site.Site
}

// New makes it.
func New(s *site.Site) *Worklist {
	return &Worklist{Site: s}
}
