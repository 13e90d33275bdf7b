package oplog

import (
	"errors"
	"testing"
)

func TestLinesOfStores(t *testing.T) {
	check(t, []golden{
		{"WrittenFile", operator, "Written file: /data/123/1.dcm", func(to *listener) { WrittenFile(to, "Written file", "/data/123/1.dcm") }},
		{"VirtualFile", operator, "Virtual file: 123/1.dcm", func(to *listener) { VirtualFile(to, "123/1.dcm") }},
		{"WritingFailed", operator, "***Error writing file: /data/123/1.dcm", func(to *listener) { WritingFailed(to, "/data/123/1.dcm") }},
		{"SQLFailed", operator, "***Error saving to SQL: 123/1.dcm", func(to *listener) { SQLFailed(to, "123/1.dcm") }},
		{"StoringAgain", operator, "Retrying storing rejected image", func(to *listener) { StoringAgain(to) }},
		{"FileExists", operator, "File already exists: 123/1.dcm", func(to *listener) { FileExists(to, "123/1.dcm") }},
		{"NotOnMAG", operator, "Cannot rewrite image that is not on MAG store", func(to *listener) { NotOnMAG(to) }},
		{"MissingElement", operator, "No patient", func(to *listener) { MissingElement(to, "patient") }},
		{"WithoutWorklist", operator, "***Refused object without worklist entry: accession number 'accession'", func(to *listener) { WithoutWorklist(to, "accession") }},
		{"PlainForFile", operator, "SaveToDisk: *** warning: cannot write NKI compressed in dcm format, decompressing: /data/123/1.dcm", func(to *listener) { PlainForFile(to, "/data/123/1.dcm") }},
		{"CanNotRewrite", operator, "SaveToDisk: cannot rewrite jpeg/rle image in v2 format: /data/123/1.dcm", func(to *listener) { CanNotRewrite(to, "/data/123/1.dcm") }},
		{"FrameNotExtracted", debug, "frame 3 not extracted: no route", func(to *listener) { FrameNotExtracted(to, 3, errors.New("no route")) }},
		{"FreeSpace", debug, "FreeStore Left 3 on /data", func(to *listener) { FreeSpace(to, 3, "/data") }},
		{"Monitoring", operator, "Monitoring for files in: /data", func(to *listener) { Monitoring(to, "/data") }},
		{"AlsoMonitoring", operator, "Also monitoring for files in: /data", func(to *listener) { AlsoMonitoring(to, "/data") }},
		{"HL7NotOpened", operator, "*** [AddImageFile] could not open HL7 file: /data/123/1.dcm", func(to *listener) { HL7NotOpened(to, "/data/123/1.dcm") }},
		{"HL7Loaded", operator, "[AddImageFile] loaded HL7 file: /data/123/1.dcm", func(to *listener) { HL7Loaded(to, "/data/123/1.dcm") }},
		{"AddNotLoaded", operator, "***[AddImageFile] /data/123/1.dcm -FAILED: Error on Load", func(to *listener) { AddNotLoaded(to, "/data/123/1.dcm") }},
		{"AddWithoutUIDs", operator, "***[AddImageFile] /data/123/1.dcm -FAILED: file does not contain correct UIDs", func(to *listener) { AddWithoutUIDs(to, "/data/123/1.dcm") }},
		{"AddNotEntered", operator, "***[AddImageFile] Error entering object into server: /data/123/1.dcm", func(to *listener) { AddNotEntered(to, "/data/123/1.dcm") }},
		{"AddNotChanged", operator, "***[AddImageFile] Error changing patient ID for file: /data/123/1.dcm", func(to *listener) { AddNotChanged(to, "/data/123/1.dcm") }},
		{"AddedFile", operator, "Added file: /data/123/1.dcm", func(to *listener) { AddedFile(to, "/data/123/1.dcm") }},
		{"AttachNotLoaded", operator, "***[AttachFile] /data/123/1.dcm -FAILED: Error on Load (input) ", func(to *listener) { AttachNotLoaded(to, "/data/123/1.dcm") }},
		{"AttachRejected", operator, "[AttachFile] /data/123/1.dcm rejected by script", func(to *listener) { AttachRejected(to, "/data/123/1.dcm") }},
		{"AttachNotEntered", operator, "***[AttachFile] Error entering object into server: /data/123/1.dcm", func(to *listener) { AttachNotEntered(to, "/data/123/1.dcm") }},
		{"Attached", operator, "Attached image: /data/123/1.dcm", func(to *listener) { Attached(to, "/data/123/1.dcm") }},
		{"AttachSampleFailed", operator, "***[command] 123/1.dcm -FAILED: Error on Load (sample)", func(to *listener) { AttachSampleFailed(to, "command", "123/1.dcm", "sample") }},
		{"AttachedTo", operator, "Modified: 123/1.dcm", func(to *listener) { AttachedTo(to, "Modified", "123/1.dcm") }},
		{"CompressionNotLoaded", operator, "***[TestCompress] /data/123/1.dcm -FAILED: Error on Load", func(to *listener) { CompressionNotLoaded(to, "/data/123/1.dcm") }},
		{"RecompressNotLoaded", operator, "***[recompressFile] /data/123/1.dcm -FAILED: Error on Load", func(to *listener) { RecompressNotLoaded(to, "/data/123/1.dcm") }},
		{"RecompressUnknown", operator, "***[recompressFile] /data/123/1.dcm -FAILED: unknown compression code", func(to *listener) { RecompressUnknown(to, "/data/123/1.dcm", "code") }},
		{"RecompressFailed", operator, "***[recompressFile] /data/123/1.dcm -FAILED: Error on recompress", func(to *listener) { RecompressFailed(to, "/data/123/1.dcm") }},
		{"PrintFile", operator, "Print file: /data/123/1.dcm", func(to *listener) { PrintFile(to, "/data/123/1.dcm") }},
		{"FilmFile", operator, "Film file: /data/123/1.dcm", func(to *listener) { FilmFile(to, "/data/123/1.dcm") }},
		{"GettingPrinter", operator, "getting Printer", func(to *listener) { GettingPrinter(to) }},
		{"PrinterEvent", operator, "N-event Printer", func(to *listener) { PrinterEvent(to) }},
		{"CreatingFilmSession", operator, "Creating Basic Film Session", func(to *listener) { CreatingFilmSession(to) }},
		{"DeletingFilmSession", operator, "Deleting Basic Film Session", func(to *listener) { DeletingFilmSession(to) }},
		{"PrintingFilmSession", operator, "Printing Basic Film Session", func(to *listener) { PrintingFilmSession(to) }},
		{"SetFilmSession", operator, "Set Basic Film Session", func(to *listener) { SetFilmSession(to) }},
		{"CreatingFilmBox", operator, "Creating Basic Film Box with 3 Image boxes - layout - Film# 5", func(to *listener) { CreatingFilmBox(to, 3, "layout", 5) }},
		{"DeletingFilmBox", operator, "Deleting Basic Film Box", func(to *listener) { DeletingFilmBox(to) }},
		{"PrintingFilmBox", operator, "Printing Basic Film Box", func(to *listener) { PrintingFilmBox(to) }},
		{"SetFilmBox", operator, "Set Basic Film Box", func(to *listener) { SetFilmBox(to) }},
	})
}
