package dicomweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// mediaRange is one range of an Accept header (RFC 9110 section 12.5.1), with the
// parameters of PS3.18 section 8.7.3.
type mediaRange struct {
	kind   string // lower case, such as "image/jpeg", "image/*", "*/*"
	part   string // type parameter of a multipart range; "" is any
	syntax string // transfer-syntax; "" when not told
	q      int    // thousandths
}

// media is what an answer may be.
type media struct {
	kind      string // of the parts when multipart
	multipart bool
	syntax    string // transfer syntax; "" when the type has none
	// stored tells that it is what lies in the archive.
	stored bool
	// also are names by which it is asked for too, such as application/json.
	also []string
}

// name is the Content-Type, of the parts when multipart.
func (m media) name() string {
	if m.syntax == "" {
		return m.kind
	}
	return m.kind + "; transfer-syntax=" + m.syntax
}

// maxRanges bounds what is looked at of an Accept header.
const maxRanges = 64

// acceptOf are the ranges of a request: its accept parameter goes before the
// header (PS3.18 section 8.3.3.1). None stands for all types.
func acceptOf(r *http.Request) []mediaRange {
	var list []mediaRange
	if text, ok := queryValue(r.URL.RawQuery, "accept"); ok && text != "" {
		list = parseAccept(text)
	}
	if len(list) == 0 {
		list = parseAccept(strings.Join(r.Header.Values("Accept"), ","))
	}
	if len(list) == 0 {
		list = []mediaRange{{kind: "*/*", q: 1000}}
	}
	return list
}

// parseAccept reads media ranges in the order they stand; what can not be read is
// left out.
func parseAccept(s string) []mediaRange {
	var list []mediaRange
	for item := range splitOutside(s, ',') {
		if len(list) == maxRanges {
			break
		}
		m := mediaRange{q: 1000}
		first := true
		for field := range splitOutside(item, ';') {
			if first {
				m.kind = strings.ToLower(strings.TrimSpace(field))
				first = false
				continue
			}
			name, value, _ := strings.Cut(field, "=")
			value = unquote(strings.TrimSpace(value))
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "type":
				m.part = strings.ToLower(value)
			case "transfer-syntax":
				m.syntax = value
			case "q":
				m.q = quality(value)
			}
		}
		if main, sub, ok := strings.Cut(m.kind, "/"); ok && main != "" && sub != "" {
			list = append(list, m)
		}
	}
	return list
}

// splitOutside yields the pieces of s between separators outside of quotes.
func splitOutside(s string, separator byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, quoted := 0, false
		for i := 0; i < len(s); i++ {
			switch {
			case quoted && s[i] == '\\':
				i++
			case s[i] == '"':
				quoted = !quoted
			case s[i] == separator && !quoted:
				if !yield(s[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(s[start:])
	}
}

func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// quality reads a q value; one that can not be read counts as 1.
func quality(s string) int {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > 1 || f < 0 || f != f {
		return 1000
	}
	return int(f*1000 + 0.5)
}

// fits tells how well a range names a type: 0 not at all, more for more specific
// ones. A range without a transfer syntax asks for any that is on offer.
func (m mediaRange) fits(o media) int {
	want, bonus := m.kind, 0
	if o.multipart && want != "*/*" {
		if want != "multipart/related" && want != "multipart/*" {
			return 0
		}
		if want = m.part; want == "" {
			return 2
		}
		bonus = 4
	}
	if m.syntax != "" && m.syntax != "*" && m.syntax != o.syntax {
		return 0
	}
	if m.syntax == "*" && o.stored {
		bonus++
	}
	main, _, _ := strings.Cut(o.kind, "/")
	switch {
	case want == o.kind || slices.Contains(o.also, want):
		return 3 + bonus
	case want == main+"/*":
		return 2 + bonus
	case want == "*/*":
		return 1 + bonus
	case m.syntax == "*" && want == "application/octet-stream" && o.stored:
		return 3 + bonus // the bytes, whatever they are
	}
	return 0
}

// choose finds the offers that ranges ask for, the best first: by quality, then
// in the order of the ranges, then by how well they fit, then in their own order.
func choose(ranges []mediaRange, offers []media) []media {
	type graded struct {
		media
		q, rank, fit int
	}
	var list []graded
	for _, o := range offers {
		best, rank := 0, -1
		for i, m := range ranges {
			if f := m.fits(o); f > best {
				best, rank = f, i
			}
		}
		if rank >= 0 && ranges[rank].q > 0 {
			list = append(list, graded{o, ranges[rank].q, rank, best})
		}
	}
	slices.SortStableFunc(list, func(a, b graded) int {
		if a.q != b.q {
			return b.q - a.q
		}
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return b.fit - a.fit
	})
	out := make([]media, len(list))
	for i, g := range list {
		out[i] = g.media
	}
	return out
}

// bestOffer is what suits the request best; none is 406.
func bestOffer(r *http.Request, offers []media) (media, error) {
	list := choose(acceptOf(r), offers)
	if len(list) == 0 {
		return media{}, notAcceptable(offers)
	}
	return list[0], nil
}

func notAcceptable(offers []media) error {
	var names []string
	for _, o := range offers {
		name := o.name()
		if o.multipart {
			name = `multipart/related; type="` + o.kind + `"`
			if o.syntax != "" {
				name += "; transfer-syntax=" + o.syntax
			}
		}
		names = append(names, name)
	}
	return refuse(http.StatusNotAcceptable, "none of the types asked for can be made of this; on offer: %s", strings.Join(names, ", "))
}
