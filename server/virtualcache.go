package server

import (
	"context"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	"conquest/dicom"
	"conquest/storage"
)

// cachedFind asks a virtual server. The answers to IMAGE queries of a whole
// series (or study) that is not of today may be kept on disk, as the options
// CACHE and CACHESTUDIES ask for.
func (s *Server) cachedFind(ctx context.Context, v virtualServer, peer destination, level string, query *dicom.Dataset) ([]*dicom.Dataset, error) {
	file := s.cacheFile(v, level, query)
	if file != "" {
		if f, err := dicom.ReadFile(file, dicom.ParseOptions{}); err == nil {
			defer f.Close()
			return f.Items(cacheSequence), nil
		}
	}
	answers, err := s.askFind(ctx, peer, level, query)
	if err != nil || file == "" || len(answers) == 0 || ofToday(answers[0]) {
		return answers, err
	}
	keep := dicom.NewDataset(1)
	items := make([]*dicom.Dataset, len(answers))
	for i, a := range answers {
		items[i] = a.Clone()
	}
	keep.SetItems(cacheSequence, items...)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err == nil {
		err = s.writer(s.live.Current()).WriteTo(file, keep)
		if err != nil {
			s.con.Event("*** query cache not written", "file", file, "error", err)
		}
	}
	return answers, nil
}

// cacheSequence holds the answers in a file of the cache.
const cacheSequence dicom.Tag = 0x99990403

func ofToday(a *dicom.Dataset) bool {
	return a.String(dicom.StudyDate) == time.Now().Format("20060102")
}

// cacheFile is the place of the answers to a query; "" when it is not to be
// kept. The names are ours: the number of images is part of the original's.
func (s *Server) cacheFile(v virtualServer, level string, query *dicom.Dataset) string {
	exact := query.String(dicom.PatientID) != "" && query.String(dicom.StudyInstanceUID) != ""
	if v.cacheSeries {
		exact = exact && query.String(dicom.SeriesInstanceUID) != ""
	}
	if level != "IMAGE" || !exact || !v.cacheSeries && !v.cacheStudy {
		return ""
	}
	ts, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	encoded, err := dicom.Append(nil, query, ts)
	if err != nil {
		return ""
	}
	dir := filepath.Join(storage.NewDevices(s.live.Current().Storage).MAG(0), "printer_files", "querycache", time.Now().Format("2006"), time.Now().Format("0102"))
	return filepath.Join(dir, fmt.Sprintf("%s_%08x.answers.dcm", storage.Clean(v.ae), crc32.ChecksumIEEE(encoded)))
}
