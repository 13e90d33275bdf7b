package dicomweb

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"conquest/dicom"
)

// searchesAll is an archive that matches every attribute by itself.
type searchesAll struct{ Archive }

func (searchesAll) Searches(Level, dicom.Path) bool { return true }

func (searchesAll) Search(context.Context, *Query) (Found, error) {
	return Found{Exact: true, Rows: func(func(Row, error) bool) {}}, nil
}

func (searchesAll) Related(context.Context, Level, []string) (map[string]Related, error) {
	return nil, nil
}

func queried(t *testing.T, query string) (*request, error) {
	h := &handler{Service: New(searchesAll{}, Options{})}
	r := httptest.NewRequest("GET", "/studies", nil)
	r.URL.RawQuery = query
	return h.queryOf(Studies, r)
}

func TestQueryKeys(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"PatientID=A", "0010,0020=A"},
		{"00100020=A%20B&StudyDescription=x+y", "0010,0020=A B 0008,1030=x y"},
		{"PatientName=*", ""},
		{"StudyInstanceUID=1.2,1.3%5C%5C1.4", `0020,000d=1.2\1.3\1.4`},
		{"ModalitiesInStudy=CT,MR", `0008,0061=CT\MR`},
		{"RequestAttributesSequence.RequestedProcedureID=R", "0040,0275/0040,1001=R"},
		{"_=1&nosuch=2&limit=3", ""},
		{"PatientID=%2525", "0010,0020=%25"},
	} {
		q, err := queried(t, c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		var list []string
		for _, k := range q.Keys {
			list = append(list, strings.ToLower(k.Path.String())+"="+k.Text)
		}
		if got := strings.Join(list, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.query, got, c.want)
		}
	}
}

func TestQueryRefuses(t *testing.T) {
	for _, query := range []string{
		"limit=x", "limit=-1", "offset=1e3", "fuzzymatching=maybe", "StudyDate=2024", "StudyDate=20241301", "StudyDate=-", "StudyTime=9", "StudyTime=2561",
		"PatientID=%zz", "PatientID=%00", "%=1", "StudyInstanceUID=" + strings.Repeat("1.2,", maxUIDs+1),
	} {
		if _, err := queried(t, query); err == nil {
			t.Errorf("%.60s is taken", query)
		} else if status, _ := statusOf(err); status != http.StatusBadRequest {
			t.Errorf("%.60s: %d %v", query, status, err)
		}
	}
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"PatientName=a*&limit=1", "00100020=%C3%BC", "a.b.c=1&includefield=all,00080005", "StudyDate=20240101-"} {
		f.Add(s)
	}
	h := New(searchesAll{}, Options{}).Handler("/dw")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/dw/studies", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%q: %d", query, w.Code)
		}
	})
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		vr         dicom.VR
		key, value string
		fuzzy      bool
		want       bool
	}{
		{dicom.LO, "a*c", "abbc", false, true}, {dicom.LO, "a?c", "abbc", false, false}, {dicom.LO, "%", "x", false, false}, {dicom.LO, "A", "a", false, false},
		{dicom.PN, "yamada*", "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce", false, true}, {dicom.PN, "\u5c71\u7530^\u592a\u90ce", "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce", false, true},
		{dicom.PN, "tar", "Yamada^Tarou", false, false}, {dicom.PN, "tar", "Yamada^Tarou", true, true}, {dicom.PN, "taro yam", "Yamada^Tarou", true, true},
		{dicom.PN, "kohler", "K\u00f6hler^\u00c4nne", true, true}, {dicom.PN, "hler", "K\u00f6hler", true, false},
		{dicom.DA, "20240101-20240131", "20240131", false, true}, {dicom.DA, "-20240131", "20240201", false, false},
		{dicom.TM, "1000-1059", "105930.5", false, true}, {dicom.TM, "1030", "103015", false, true}, {dicom.TM, "11-", "1059", false, false},
		{dicom.IS, "7", "+07", false, true},
	} {
		if got := matchValue(c.key, c.value, c.vr, c.fuzzy); got != c.want {
			t.Errorf("%v %q ~ %q (fuzzy %v): %v", c.vr, c.key, c.value, c.fuzzy, got)
		}
	}
}
