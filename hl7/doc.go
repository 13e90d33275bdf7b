// Package hl7 reads HL7 version 2 messages for the modality worklist: the items
// that the seventh column of the worklist table of dicom.sql names (docs/original/web.md
// 6), the rows they make, and the exchange of messages over TCP (MLLP).
package hl7
