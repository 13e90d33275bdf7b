package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestUndocumentedDifferencesComeFirst(t *testing.T) {
	r := New("Test", "left", "right")
	r.Fact("objects", "%d", 1)
	r.Fact("objects", "%d", 2)
	r.Add(Difference{Kind: "row", What: "PatientNam", Documented: "Universal matching", Example: Example{Object: "1.2", A: "x", B: "y"}})
	r.Add(Difference{Kind: "status", What: "C-STORE", Example: Example{Object: "1.3", A: "0000", B: "<b>C000</b>\x1b"}})
	if g := r.Groups(); len(g) != 2 || g[0].Kind != "status" || g[1].Documented == "" {
		t.Errorf("groups: %+v", g)
	}
	var text, page, out bytes.Buffer
	for _, err := range []error{r.Text(&text), r.HTML(&page), r.JSON(&out)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(text.String(), "1 differences that are not documented, 1 documented") || strings.Contains(text.String(), "\x1b") {
		t.Error(text.String())
	}
	if strings.Contains(page.String(), "<b>C000") || !strings.Contains(page.String(), "Universal matching") {
		t.Error(page.String())
	}
	var w Written
	if err := json.Unmarshal(out.Bytes(), &w); err != nil || w.Differences != 1 || len(w.Facts) != 1 || w.Facts[0].Value != "2" {
		t.Errorf("%v: %+v", err, w)
	}
}

func TestReportIsBounded(t *testing.T) {
	r := New("Test", "left", "right")
	for i := range 3 * maxGroups {
		for range 2 * maxExamples {
			r.Add(Difference{Kind: "row", What: fmt.Sprint(i)})
		}
	}
	if n := r.Differences(); n != 6*maxGroups*maxExamples {
		t.Errorf("%d differences counted", n)
	}
	if g := r.Groups(); len(g) != maxGroups+1 || len(g[0].Examples) != maxExamples {
		t.Errorf("%d groups, %d examples", len(g), len(g[0].Examples))
	}
}
