package virtual

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"conquest/attribute"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/storage"
)

// Elements of the cache of answers.
const (
	cacheSequence   dicom.Tag = 0x99991000 // the answers in a file of results
	tagSeriesDate   dicom.Tag = 0x00080021
	tagStudyImages  dicom.Tag = 0x00201208
	tagSeriesImages dicom.Tag = 0x00201209
)

// cached tells whether the answers of a virtual server to a query are kept on
// disk: those to IMAGE queries of a patient, study or series.
func (v server) cached(level db.Level, query *dicom.Dataset) bool {
	if level != db.ImageLevel || !v.cacheSeries && !v.cacheStudy || query.String(dicom.SOPInstanceUID) != "" {
		return false
	}
	patient := query.String(dicom.PatientID)
	return patient != "" && !strings.Contains(patient, "*") || query.String(dicom.StudyInstanceUID) != "" ||
		v.cacheSeries && query.String(dicom.SeriesInstanceUID) != ""
}

// cachedFind answers an IMAGE query series by series (or study by study): from
// disk where the virtual server has as many images as when the answers were kept
// (docs/original/network.md 4.6). Names and content of the files are those of the
// original. ask sends one query.
func (s *Servers) cachedFind(v server, query *dicom.Dataset, ask func(db.Level, *dicom.Dataset) ([]*dicom.Dataset, error)) ([]*dicom.Dataset, error) {
	parts, err := ask(v.countingQuery(query))
	if err != nil {
		return nil, err
	}
	var all []*dicom.Dataset
	for _, part := range parts {
		answers, err := s.cachedPart(v, query, part, ask)
		if err != nil {
			return nil, err
		}
		all = append(all, answers...)
	}
	for _, a := range all {
		a.Put(*query.Get(dicom.QueryRetrieveLevel))
	}
	return all, nil
}

// countingQuery asks for the series or studies of an IMAGE query, their dates and
// numbers of images.
func (v server) countingQuery(query *dicom.Dataset) (db.Level, *dicom.Dataset) {
	level, keys := db.SeriesLevel, []dicom.Tag{dicom.StudyInstanceUID, dicom.SeriesInstanceUID}
	date, count := tagSeriesDate, tagSeriesImages
	if v.cacheStudy {
		level, keys = db.StudyLevel, keys[:1]
		date, count = dicom.StudyDate, tagStudyImages
	}
	q := query.Clone()
	for _, t := range keys {
		if !q.Has(t) {
			q.SetString(t, "")
		}
	}
	q.SetString(date, "")
	q.SetString(count, "")
	q.SetString(dicom.QueryRetrieveLevel, levelNames[level])
	return level, q
}

// cachedPart answers the query for one series or study.
func (s *Servers) cachedPart(v server, query, part *dicom.Dataset, ask func(db.Level, *dicom.Dataset) ([]*dicom.Dataset, error)) ([]*dicom.Dataset, error) {
	q := query.Clone()
	q.DeleteFunc(func(e *dicom.Element) bool { return e.Tag.Group() == 2 || e.Tag.IsGroupLength() })
	date, count, series := dicom.StudyDate, tagStudyImages, ""
	q.Put(dicom.NewText(dicom.StudyInstanceUID, dicom.UI, part.String(dicom.StudyInstanceUID)))
	if v.cacheSeries {
		date, count, series = tagSeriesDate, tagSeriesImages, part.String(dicom.SeriesInstanceUID)
		q.Put(dicom.NewText(dicom.SeriesInstanceUID, dicom.UI, series))
	}
	if v.nonVirtual {
		q.SetUint16(site.TagVirtualMask, maskNone)
	}
	day, images := part.String(date), dicomini.Atoi(part.String(count))
	if images < 1 {
		oplog.VirtualComputed(s.Console, v.text)
	}
	if images < 1 || day == time.Now().Format("20060102") {
		return ask(db.ImageLevel, q)
	}
	patient := part.String(dicom.PatientID)
	if patient == "" {
		patient = "unknown"
	}
	name := fmt.Sprintf("%s:%s/%s", patient, part.String(dicom.StudyInstanceUID), series)
	file := s.cacheFile(day, v.cacheKey(query, q, images))
	if answers, ok := cachedAnswers(file, q); ok {
		oplog.VirtualCacheRead(s.Console, len(answers), name, file)
		return answers, nil
	}
	answers, err := ask(db.ImageLevel, q)
	if err != nil {
		return nil, err
	}
	if err := s.keepAnswers(file, q, answers); err != nil {
		s.Console.Event("*** query cache not written", "file", file, "error", err)
		return answers, nil
	}
	oplog.VirtualCacheStored(s.Console, len(answers), name, file)
	return answers, nil
}

// cacheFile is the path of a pair of files without their endings.
func (s *Servers) cacheFile(day string, key uint32) string {
	if len(day) != 8 {
		day = "00000000"
	}
	return filepath.Join(storage.NewDevices(s.Live.Current().Storage).MAG(0), "printer_files", "querycache",
		storage.Clean(day[:4]), storage.Clean(day[4:]), fmt.Sprintf("%08x", key))
}

// cacheKey is the name of the files for a query and a number of images: a sum
// over the elements, group lengths included, as the original makes it. The
// lengths count elements of the whole query as long as they were there.
func (v server) cacheKey(whole, q *dicom.Dataset, images int) uint32 {
	var sum uint32
	add := func(t dicom.Tag, value []byte) {
		sum += attribute.Checksum(string(value)) + 4523*uint32(t.Group()) + 1023*uint32(t.Element())
	}
	lengths := map[uint16]uint32{}
	for e := range q.All() {
		add(e.Tag, e.Value)
		n := len(e.Value)
		if old := whole.Get(e.Tag); old != nil {
			n = len(old.Value)
		}
		lengths[e.Tag.Group()] += 8 + uint32(n)
	}
	for group, n := range lengths {
		add(dicom.NewTag(group, 0), binary.LittleEndian.AppendUint32(nil, n))
	}
	sum += 41
	if v.cacheSeries {
		sum += 6
	}
	sum = sum*uint32(images) + attribute.Checksum(v.text)
	if q.String(imageTypeTag) != "" {
		sum += 273
	}
	return sum
}

// cachedAnswers reads the answers that were kept for just this query.
func cachedAnswers(file string, q *dicom.Dataset) ([]*dicom.Dataset, bool) {
	kept, err := dicom.ReadFile(file+".query.dcm", dicom.ParseOptions{})
	if err != nil {
		return nil, false
	}
	defer kept.Close()
	if !sameElements(kept.Dataset, q) {
		return nil, false
	}
	result, err := dicom.ReadFile(file+".result.dcm", dicom.ParseOptions{})
	if err != nil {
		return nil, false
	}
	defer result.Close()
	return result.Items(cacheSequence), result.Has(cacheSequence)
}

// sameElements compares queries, meta elements and group lengths left out.
func sameElements(a, b *dicom.Dataset) bool {
	values := func(d *dicom.Dataset) string {
		var text strings.Builder
		for e := range d.All() {
			if e.Tag.Group() != 2 && !e.Tag.IsGroupLength() {
				fmt.Fprintf(&text, "%08x %q\n", uint32(e.Tag), e.Value)
			}
		}
		return text.String()
	}
	return values(a) == values(b)
}

// keepAnswers writes the pair of files, the answers first.
func (s *Servers) keepAnswers(file string, q *dicom.Dataset, answers []*dicom.Dataset) error {
	items := make([]*dicom.Dataset, len(answers))
	for i, a := range answers {
		items[i] = a.Clone()
		items[i].Delete(dicom.QueryRetrieveLevel)
	}
	result := dicom.NewDataset(1)
	result.SetItems(cacheSequence, items...)
	query := q.Clone()
	for _, d := range []*dicom.Dataset{result, query} {
		d.SetTransferSyntax(dicom.ImplicitLittleEndian)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	w := s.Writer(s.Live.Current())
	if err := w.WriteTo(file+".result.dcm", result); err != nil {
		return err
	}
	return w.WriteTo(file+".query.dcm", query)
}
