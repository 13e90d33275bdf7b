package oplog

import (
	"errors"
	"testing"
)

func TestLinesOfQueries(t *testing.T) {
	check(t, []golden{
		{"SearchLevel", operator, "(StudyRoot) search level: study", func(to *listener) { SearchLevel(to, "StudyRoot", "study") }},
		{"Located", operator, "C-Find (StudyRoot) located 4 records", func(to *listener) { Located(to, "StudyRoot", 4) }},
		{"QueryOn", debug, "Query On DICOMImages", func(to *listener) { QueryOn(to, "DICOMImages") }},
		{"Records", debug, "Records = 3", func(to *listener) { Records(to, 3) }},
		{"NotInDatabase", debug, "Queried item 0010 0011 is not in the database", func(to *listener) { NotInDatabase(to, 0x0010, 0x0011) }},
		{"RowsAreIn", debug, "MySQLCharset = auto: the rows are in charset", func(to *listener) { RowsAreIn(to, "charset") }},
		{"NamesNotSampled", debug, "sample of names not read: no route", func(to *listener) { NamesNotSampled(to, errors.New("no route")) }},
		{"IndexNotMade", debug, "index patient not made: no route", func(to *listener) { IndexNotMade(to, "patient", errors.New("no route")) }},
		{"DatabaseLost", operator, "*** database patient is not reachable, work waits for it: why", func(to *listener) { DatabaseLost(to, "patient", "why") }},
		{"DatabaseFound", operator, "database patient is reachable again, after 4 s", func(to *listener) { DatabaseFound(to, "patient", 4) }},
		{"IndexLocked", operator, "*** the index is locked by another program, 3 changes wait", func(to *listener) { IndexLocked(to, 3) }},
		{"DBaseIndexing", operator, "Creating index on field 3 for 123/1.dcm with 5 records", func(to *listener) { DBaseIndexing(to, 3, "123/1.dcm", 5) }},
		{"DBaseIndexed", operator, "Index for 123/1.dcm finished in 4 ms; total space = 5 records", func(to *listener) { DBaseIndexed(to, "123/1.dcm", 4, 5) }},
		{"DBaseSlow", operator, "Indexed query in 123/1.dcm took long: 4 ms", func(to *listener) { DBaseSlow(to, "123/1.dcm", 4) }},
		{"VirtualNoConnection", operator, "*** Virtual query - failed to connect for C-FIND to PEER", func(to *listener) { VirtualNoConnection(to, "PEER") }},
		{"VirtualAnswering", debug, "Virtualquery: processing response from server: PEER", func(to *listener) { VirtualAnswering(to, "PEER") }},
		{"VirtualDuplicates", debug, "Virtualquery: removed 3 duplicates out of 4 entries", func(to *listener) { VirtualDuplicates(to, 3, 4) }},
		{"VirtualFixKodak", operator, "*** Virtual query - FIXKODAK is set for server PEER but FixKodak is not set in dicom.ini", func(to *listener) { VirtualFixKodak(to, "PEER") }},
		{"VirtualDateWildcard", operator, "Virtual query - blocked wildcard date query to PEER", func(to *listener) { VirtualDateWildcard(to, "PEER") }},
		{"VirtualTypeFix", operator, "IMAGETYPEFIX removed 3 incorrect query results", func(to *listener) { VirtualTypeFix(to, 3) }},
		{"VirtualComputed", debug, "VirtualQueryCached: server does not provide computed fields - cannot cache", func(to *listener) { VirtualComputed(to, "server") }},
		{"VirtualCacheRead", debug, "VirtualQueryCached: read 3 cache records for server from 123/1.dcm.result.dcm", func(to *listener) { VirtualCacheRead(to, 3, "server", "123/1.dcm") }},
		{"VirtualCacheStored", debug, "VirtualQueryCached: stored 3 cache records for server in 123/1.dcm.result.dcm", func(to *listener) { VirtualCacheStored(to, 3, "server", "123/1.dcm") }},
		{"VirtualAdded", debug, "Virtual query (PEER) added - 123/1.dcm", func(to *listener) { VirtualAdded(to, "PEER", "123/1.dcm") }},
		{"Cloning", operator, "cloning db for patient id=P1", func(to *listener) { Cloning(to, "P1") }},
		{"Cloned", operator, "clone db done", func(to *listener) { Cloned(to) }},
		{"HL7Item", debug, "HL7 item: patient, contents: contents", func(to *listener) { HL7Item(to, "patient", "contents") }},
		{"WorklistFields", debug, "Entering modality worklist fields: names", func(to *listener) { WorklistFields(to, "names") }},
	})
}
