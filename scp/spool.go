package scp

import (
	"conquest/dimse"
)

// spool is the file for an object that is too large for memory.
func (s *SCP) spool(_ *dimse.Association, m dimse.Spooled) (dimse.SpoolFile, error) {
	f, offset, err := s.Store.Spool(m.Start, m.Context.TransferSyntax)
	return dimse.SpoolFile{File: f, Offset: offset}, err
}
