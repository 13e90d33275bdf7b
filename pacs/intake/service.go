// Package intake takes files in: dropped, watched, packed in archives, HL7.
package intake

import (
	"conquest/pacs/modify"
	"conquest/pacs/site"
	"conquest/pacs/store"
	"conquest/pacs/worklist"
)

// Intake takes files in.
type Intake struct {
	*site.Site
	store    *store.Store
	modify   *modify.Modifier
	worklist *worklist.Worklist
}

// New makes it.
func New(s *site.Site, store *store.Store, modify *modify.Modifier, worklist *worklist.Worklist) *Intake {
	return &Intake{Site: s, store: store, modify: modify, worklist: worklist}
}
