package dicom

import "strings"

// NameGroup are the components of one representation of a person's name.
type NameGroup struct {
	Family, Given, Middle, Prefix, Suffix string
}

// PersonName is a value of VR PN: up to three representations (PS3.5 section
// 6.2.1).
type PersonName struct {
	Alphabetic, Ideographic, Phonetic NameGroup
}

// ParsePersonName splits a decoded name at "=" and "^".
func ParsePersonName(s string) PersonName {
	var groups [3]NameGroup
	for i, g := range strings.SplitN(s, "=", 3) {
		groups[i] = parseNameGroup(g)
	}
	return PersonName{groups[0], groups[1], groups[2]}
}

func parseNameGroup(s string) NameGroup {
	var c [5]string
	for i, part := range strings.SplitN(s, "^", 5) {
		c[i] = strings.Trim(part, " ")
	}
	return NameGroup{c[0], c[1], c[2], c[3], c[4]}
}

// String joins the components with "^", without those missing at the end.
func (g NameGroup) String() string {
	return strings.TrimRight(strings.Join([]string{g.Family, g.Given, g.Middle, g.Prefix, g.Suffix}, "^"), "^")
}

// String joins the representations with "=", without those missing at the end.
func (n PersonName) String() string {
	return strings.TrimRight(n.Alphabetic.String()+"="+n.Ideographic.String()+"="+n.Phonetic.String(), "=")
}
