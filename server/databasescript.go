package server

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/scripting"
)

// queryValue is the value of a tag in the first record that matches k.
func (s *Server) queryValue(ctx context.Context, k scripting.QueryKeys, tag dicom.Tag) (string, error) {
	var table *dicomini.Table
	name := ""
	type key struct{ column, value string }
	var keys []key
	cfg := s.live.Current()
	patient := key{columnOf(&s.schema.Patient, dicom.PatientID), k.PatientID}
	switch k.Level {
	case 'P':
		table, name, keys = &s.schema.Patient, cfg.PatientTableName, []key{patient}
	case 'S':
		table, name = &s.schema.Study, cfg.StudyTableName
		keys = []key{{columnOf(table, dicom.PatientID), k.PatientID}, {columnOf(table, dicom.StudyInstanceUID), k.StudyUID}}
	case 'E':
		table, name = &s.schema.Series, cfg.SeriesTableName
		keys = []key{{columnOf(table, dicom.PatientID), k.PatientID}, {columnOf(table, dicom.StudyInstanceUID), k.StudyUID}, {columnOf(table, dicom.SeriesInstanceUID), k.SeriesUID}}
	case 'W':
		table, name = &s.schema.WorkList, cfg.WorkListTableName
		keys = []key{{columnOf(table, dicom.AccessionNumber), k.AccessionNo}}
	default:
		return "", fmt.Errorf("no database level %c", k.Level)
	}
	column := columnOf(table, tag)
	if column == "" {
		return "", fmt.Errorf("element %s is not a column of %s", tag, name)
	}
	var where []string
	for _, c := range keys {
		if c.column != "" {
			where = append(where, c.column+" = "+db.Quote(c.value))
		}
	}
	rows, err := s.db.Query(ctx, name, column, strings.Join(where, " AND "), "")
	if err != nil || len(rows) == 0 || len(rows[0]) == 0 {
		return "", err
	}
	return strings.TrimRight(rows[0][0], " "), nil
}

func columnOf(t *dicomini.Table, tag dicom.Tag) string {
	for _, c := range t.Columns {
		if dicom.NewTag(c.Group, c.Element) == tag {
			return c.Name
		}
	}
	return ""
}

var sqlWords = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`'[^']*'|[A-Za-z_][A-Za-z_0-9]*`) })

// matchObject evaluates an ExportFilter: a condition over the joined record of
// one image (docs/original/scripting.md 1.4).
func (s *Server) matchObject(ctx context.Context, condition, sop, patientID string) (bool, error) {
	cfg := s.live.Current()
	if limit := s.schema.NameLimit; limit > 0 {
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
		img + "." + key(&s.schema.Image) + " = " + db.Quote(sop),
	}
	tables := img
	if s.db.Kind() != db.DBase {
		tables = strings.Join([]string{img, ser, stu, pat}, ", ")
		where = append(where,
			img+"."+link(&s.schema.Image)+" = "+ser+"."+key(&s.schema.Series),
			ser+"."+link(&s.schema.Series)+" = "+stu+"."+key(&s.schema.Study),
			stu+"."+link(&s.schema.Study)+" = "+pat+"."+key(&s.schema.Patient))
	}
	if column := columnOf(&s.schema.Image, dicom.PatientID); column != "" {
		where = append(where, img+"."+column+" = "+db.Quote(patientID))
	}
	rows, err := s.db.Query(ctx, tables, img+"."+key(&s.schema.Image), strings.Join(where, " AND "), "")
	return len(rows) > 0, err
}
