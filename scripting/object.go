package scripting

import (
	"slices"
	"strings"

	"conquest/dicom"
	"conquest/finding"
	"conquest/oplog"
)

// Statements that work on the whole object.

// tagVirtualServers is the mask of virtual servers in queries and moves.
const tagVirtualServers dicom.Tag = 0x99990802

const longestKodakID = 8

func runFixKodak(x *exec) {
	if d := x.object(); d != nil {
		if id, ok := FixKodak(d); ok && x.env.Debugging() {
			oplog.FixedKodak(oplog.Lines(x.env.Debug), id)
		}
	}
	oplog.RuleExecutes(says{x}, x, x.line.text)
}

func runUnfixKodak(x *exec) {
	if d := x.object(); d != nil {
		if id, ok := UnfixKodak(d); ok && x.env.Debugging() {
			oplog.UnfixedKodak(oplog.Lines(x.env.Debug), id)
		}
	}
	oplog.RuleExecutes(says{x}, x, x.line.text)
}

// FixKodak removes the leading 0 of an eight digit patient ID above 1000000 and
// tells the new ID when it did.
func FixKodak(d *dicom.Dataset) (id string, changed bool) {
	id = kodakID(d)
	if len(id) != 8 || id[0] != '0' || atoi(id) <= 1000000 {
		return "", false
	}
	d.SetString(dicom.PatientID, id[1:])
	return id[1:], true
}

// UnfixKodak puts a 0 before a seven digit patient ID above 1000000.
func UnfixKodak(d *dicom.Dataset) (id string, changed bool) {
	id = kodakID(d)
	if len(id) != 7 || id[0] == '0' || atoi(id) <= 1000000 {
		return "", false
	}
	d.SetString(dicom.PatientID, "0"+id)
	return "0" + id, true
}

func kodakID(d *dicom.Dataset) string {
	v := d.Value(dicom.PatientID)
	if len(v) > longestKodakID {
		return ""
	}
	s, _, _ := strings.Cut(string(v), "\x00")
	return strings.TrimSuffix(s, " ")
}

func parseScrub(r *reader) scrubList {
	s := readScrub(r.text())
	if !s.works {
		r.note(finding.Error, 0, "the list begins with neither - nor +: nothing is done", "write scrub -LIST to remove, scrub +LIST to keep")
		return s
	}
	if r.holds(part{r.start, len(r.line.text)}) {
		return s
	}
	dict := dicom.CurrentDictionary()
	for _, t := range identifying {
		if s.removes(t, dict) {
			r.note(finding.Error, 0, "this removes "+t.String()+" ("+dict.Keyword(t)+"), without which an object can not be stored or sent",
				"a group is written with 4 digits, a tag with 8: 00080010")
			break
		}
	}
	return s
}

// identifying are the elements without which an object can not be stored or sent.
var identifying = []dicom.Tag{dicom.SOPClassUID, dicom.SOPInstanceUID, dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID}

// checkRemoval notes that an element without which an object can not be stored is
// removed or emptied.
func (r *reader) checkRemoval(t dicom.Tag) {
	if slices.Contains(identifying, t) {
		r.note(finding.Error, 0, "without "+t.String()+" ("+dicom.CurrentDictionary().Keyword(t)+") an object can not be stored or sent", "give it another value")
	}
}

func runScrub(x *exec, s scrubList) {
	if d := x.object(); d != nil {
		if s.text != "" {
			oplog.Scrubbing(says{x}, s.text[:1], strings.TrimSuffix(s.text[1:], " "))
		}
		s.apply(d)
	}
	oplog.RuleCalls(says{x}, x, x.line.text)
}

// Scrub removes (list begins with -) or keeps only (+) the top-level elements in
// a comma separated list of tags of 8 and groups of 4 hexadecimal digits in upper
// case, VRs of 2 letters, and "priv" for all odd groups. Elements that the
// dictionary does not know, as private ones, have every VR.
func Scrub(d *dicom.Dataset, list string) { readScrub(list).apply(d) }

// scrubList is the list of [Scrub], read.
type scrubList struct {
	text    string
	works   bool // begins with - or +
	remove  bool
	private bool
	anyVR   bool // holds a VR
	items   map[string]bool
}

func readScrub(list string) scrubList {
	s := scrubList{text: list}
	if list == "" || list[0] != '-' && list[0] != '+' {
		return s
	}
	s.works, s.remove = true, list[0] == '-'
	s.private = strings.Contains(list, "priv") || strings.Contains(list, "PRIV") || strings.Contains(list, "Priv")
	s.items = make(map[string]bool)
	for item := range strings.SplitSeq(strings.TrimSuffix(list[1:], " "), ",") {
		s.items[item] = true
		s.anyVR = s.anyVR || len(item) == 2
	}
	return s
}

func (s scrubList) apply(d *dicom.Dataset) {
	if !s.works {
		return
	}
	dict := dicom.CurrentDictionary()
	d.DeleteFunc(func(e *dicom.Element) bool { return s.removes(e.Tag, dict) })
}

// removes tells whether the list takes element t out of an object.
func (s scrubList) removes(t dicom.Tag, dict *dicom.Dictionary) bool {
	tag := mapASCII(t.String(), 'a', 'z', 'A'-'a')
	entry, known := dict.Lookup(t)
	listed := s.items[tag[:4]+tag[5:]] || s.items[tag[:4]] || s.private && t.IsPrivate() ||
		known && s.items[entry.VR.String()] || !known && s.anyVR
	return listed == s.remove
}

func runToMono(x *exec) {
	if d := x.object(); d != nil {
		if err := x.env.ToMono(x.ctx, d); err != nil {
			x.step.Outcome, x.step.Detail = Failed, err.Error()
		}
	}
	oplog.RuleCalls(says{x}, x, x.line.text)
}

// parseCrop reads x1,y1,x2,y2.
func parseCrop(r *reader) [4]int {
	corners := [4]int{0, 0, 9999, 9999}
	rest := r.text()
	for i := range corners {
		part, after, more := strings.Cut(rest, ",")
		if !isNumber(part) {
			break
		}
		corners[i] = atoi(part)
		if rest = after; !more {
			break
		}
	}
	return corners
}

func runCrop(x *exec, corners [4]int) {
	if d := x.object(); d != nil {
		if err := x.env.Crop(x.ctx, d, corners[0], corners[1], corners[2], corners[3]); err != nil {
			x.step.Outcome, x.step.Detail = Failed, err.Error()
		}
	}
	oplog.RuleCalls(says{x}, x, x.line.text)
}

func runCompression(x *exec, p part) {
	mode := x.string(p)
	oplog.RuleCompresses(says{x}, x, mode)
	d := x.object()
	if d == nil {
		return
	}
	if err := x.env.Compress(x.inner(), x.run, d, mode); err != nil {
		oplog.RuleCompressFailed(failing{x}, x, mode)
	}
}

func runVirtualServerMask(x *exec, n int) {
	oplog.RuleSetsVirtualMask(says{x}, x, n)
	if d := x.object(); d != nil {
		d.SetUint16(tagVirtualServers, uint16(n))
	}
}

func runVirtualServer(x *exec, n int) {
	oplog.RuleEnablesVirtual(says{x}, x, n)
	if d := x.object(); d != nil && n >= 0 && n < 16 {
		mask, _ := d.Int(tagVirtualServers)
		d.SetUint16(tagVirtualServers, uint16(mask)|1<<n)
	}
}
