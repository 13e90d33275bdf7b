package script

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/site"
	"conquest/scripting"
)

// queryValue is the value of a tag in the first record that matches k.
func (s *Host) queryValue(ctx context.Context, k scripting.QueryKeys, tag dicom.Tag) (string, error) {
	var table *dicomini.Table
	name := ""
	type key struct{ column, value string }
	var keys []key
	cfg := s.Live.Current()
	patient := key{site.ColumnOf(&s.Schema.Patient, dicom.PatientID), k.PatientID}
	switch k.Level {
	case 'P':
		table, name, keys = &s.Schema.Patient, cfg.PatientTableName, []key{patient}
	case 'S':
		table, name = &s.Schema.Study, cfg.StudyTableName
		keys = []key{{site.ColumnOf(table, dicom.PatientID), k.PatientID}, {site.ColumnOf(table, dicom.StudyInstanceUID), k.StudyUID}}
	case 'E':
		table, name = &s.Schema.Series, cfg.SeriesTableName
		keys = []key{{site.ColumnOf(table, dicom.PatientID), k.PatientID}, {site.ColumnOf(table, dicom.StudyInstanceUID), k.StudyUID}, {site.ColumnOf(table, dicom.SeriesInstanceUID), k.SeriesUID}}
	case 'W':
		table, name = &s.Schema.WorkList, cfg.WorkListTableName
		keys = []key{{site.ColumnOf(table, dicom.AccessionNumber), k.AccessionNo}}
	default:
		return "", fmt.Errorf("no database level %c", k.Level)
	}
	column := site.ColumnOf(table, tag)
	if column == "" {
		return "", fmt.Errorf("element %s is not a column of %s", tag, name)
	}
	var where []string
	for _, c := range keys {
		if c.column != "" {
			where = append(where, c.column+" = "+db.Quote(c.value))
		}
	}
	rows, err := s.Index.Query(ctx, name, column, strings.Join(where, " AND "), "")
	if err != nil || len(rows) == 0 || len(rows[0]) == 0 {
		return "", err
	}
	return strings.TrimRight(rows[0][0], " "), nil
}

var sqlWords = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`'[^']*'|[A-Za-z_][A-Za-z_0-9]*`) })

// matchObject evaluates an ExportFilter: a condition over the joined record of
// one image (docs/original/scripting.md 1.4).
func (s *Host) matchObject(ctx context.Context, condition, sop, patientID string) (bool, error) {
	cfg := s.Live.Current()
	if limit := s.Schema.NameLimit; limit > 0 {
		condition = sqlWords().ReplaceAllStringFunc(condition, func(w string) string {
			if w[0] == '\'' || len(w) <= limit {
				return w
			}
			return w[:limit]
		})
	}
	img, ser, stu, pat := cfg.ImageTableName, cfg.SeriesTableName, cfg.StudyTableName, cfg.PatientTableName
	link := func(t *dicomini.Table) string { return t.Columns[len(t.Columns)-1].Name }
	key := func(t *dicomini.Table) string { return t.Columns[0].Name }
	where := []string{
		"(" + condition + ")",
		img + "." + key(&s.Schema.Image) + " = " + db.Quote(sop),
	}
	tables := img
	if s.Index.Kind() != db.DBase {
		tables = strings.Join([]string{img, ser, stu, pat}, ", ")
		where = append(where,
			img+"."+link(&s.Schema.Image)+" = "+ser+"."+key(&s.Schema.Series),
			ser+"."+link(&s.Schema.Series)+" = "+stu+"."+key(&s.Schema.Study),
			stu+"."+link(&s.Schema.Study)+" = "+pat+"."+key(&s.Schema.Patient))
	}
	if column := site.ColumnOf(&s.Schema.Image, dicom.PatientID); column != "" {
		where = append(where, img+"."+column+" = "+db.Quote(patientID))
	}
	rows, err := s.Index.Query(ctx, tables, img+"."+key(&s.Schema.Image), strings.Join(where, " AND "), "")
	return len(rows) > 0, err
}
