package browse

import (
	"fmt"
	"testing"
	"time"
)

func TestChoices(t *testing.T) {
	now := time.Date(2024, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		q    Query
		want string // the first search that is tried
	}{
		{Query{}, "[]"},
		{Query{Text: "today"}, "[{0008,0020 [20240302] [] false []   false}]"},
		{Query{Text: "2024-03-01"}, "[{0008,0020 [20240301] [] false []   false}]"},
		{Query{Text: "20240301-"}, "[{0008,0020 [] [] false [] 20240301  false}]"},
		{Query{Text: "1.2.840.10008.1"}, "[{0020,000d [1.2.840.10008.1] [] false []   false}]"},
		{Query{Text: "CT"}, "[{0008,0061 [] [] false [CT]   false}]"},
		{Query{Text: "smith, john"}, "[{0010,0010 [] [*smith*john*] true []   false}]"},
		{Query{Text: "smi?h*"}, "[{0010,0010 [] [smi?h*] true []   false}]"},
		{Query{Text: "köhler"}, "[{0010,0010 [] [*köhler* *k\xf6hler*] true []   false}]"},
		{Query{Text: "%_'"}, "[{0010,0010 [] [*%_'*] true []   false}]"},
	} {
		if got := fmt.Sprint(choices(c.q, now)[0]); got != c.want {
			t.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
}
