//go:build linux

package commands

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

var (
	portName = regexp.MustCompile(`<PORT([1-9]?)>`)
	fileName = regexp.MustCompile(`<(FILE|NAME):([^:<>]+)(?::(\d+))?>`)
)

// fill replaces the placeholders of a record by what they are in this folder.
func (s *site) fill(text string) string {
	text = portName.ReplaceAllStringFunc(text, func(p string) string {
		n := 0
		fmt.Sscanf(p, "<PORT%d>", &n)
		return fmt.Sprint(s.port + n)
	})
	text = fileName.ReplaceAllStringFunc(text, func(p string) string {
		m := fileName.FindStringSubmatch(p)
		n := 0
		fmt.Sscan(m[3], &n)
		return s.stored(m[2], n, m[1] == "NAME")
	})
	return strings.NewReplacer("<DIR>", s.dir, "<IN>", s.in, "<ROOT>", s.root).Replace(text)
}

// stored is the n-th file of an image folder, by name.
func (s *site) stored(patient string, n int, nameOnly bool) string {
	dir := filepath.Join(s.dir, "data", patient)
	entries, _ := os.ReadDir(dir)
	if n >= len(entries) {
		return "<no such file>"
	}
	if nameOnly {
		return entries[n].Name()
	}
	return filepath.Join(dir, entries[n].Name())
}

// A blank is a part of an output that is different each time, and the
// placeholder for it.
type blank struct {
	re   *regexp.Regexp
	with string
}

var blanks = []blank{
	{regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d \d{4}\b`), "<DATE>"},
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b`), "<DATE>"},
	{regexp.MustCompile(`\b99999\.99999\.\d[\d.]*\d`), "<UID>"},
	{regexp.MustCompile(`(_\d{4}_\d{6}_)1[4-9]\d{8}[0-9a-f]{3,8}(_\d+)?\b`), "${1}<N>"},
	{regexp.MustCompile(`(UPACS THREAD )\d+`), "${1}<N>"},
	{regexp.MustCompile(`(FreeStore Left )\d+`), "${1}<N>"},
	{regexp.MustCompile(`(Space on \w+ *: )\d+`), "${1}<N>"},
	{regexp.MustCompile(`(Free space on MAG   Device \d := )\d+`), "${1}<N>"},
	{regexp.MustCompile(`(gpps:)-?\d+`), "${1}<N>"},
}

// unfill is the reverse of fill: what the record would have in place of the
// values of this folder and this moment.
func (s *site) unfill(text string) string {
	text = strings.NewReplacer(s.dir, "<DIR>", s.in, "<IN>", s.root, "<ROOT>").Replace(text)
	for i := range 10 {
		name := "<PORT>"
		if i > 0 {
			name = fmt.Sprintf("<PORT%d>", i)
		}
		text = regexp.MustCompile(fmt.Sprintf(`\b%d\b`, s.port+i)).ReplaceAllString(text, name)
	}
	for _, b := range blanks {
		text = b.re.ReplaceAllString(text, b.with)
	}
	return text
}

// free are the parts that need not agree, in outputs, logs and effects.
var free = []blank{
	// What the original's C library and 7za print.
	{regexp.MustCompile(`(?m)^(<malloc statistics>|Arena \d+:|Total \(incl\. mmap\):|system bytes .*|in use bytes .*|max mmap .*)\n`), ""},
	{regexp.MustCompile(`(?ms)^\n(<7-Zip banner>|7-Zip \(a\)).*?(^Everything is Ok\n(\nSize: .*?\nCompressed: \d+\n)?|\.\.\.<)`), ""},
	{regexp.MustCompile(`(?m)^(sh: 1: pscp: not found|run pscp: .*)\n`), ""},
	// Sizes of logs, of compressed or zipped files, and of what holds a counter.
	{regexp.MustCompile(`(\w+\.log|st\.txt|st1|o\.jpg|\.zip|\.7z) \((\d+->)?\d+ bytes\)`), "$1"},
	{regexp.MustCompile(`(dgatesop\.lst|acrnema\.map) \(\d+->`), "$1 (->"},
	{regexp.MustCompile(`(?m)(<DATE> \S{5} +\d+) +\d* +(\S+)$`), "$1 $2"},
	// Times, numbers of threads and messages.
	{regexp.MustCompile(`(TOTAL RUNNING TIME: )\d+`), "$1<N>"},
	{regexp.MustCompile(`(Message ID       := )[0-9a-f]{4}`), "$1<N>"},
	{regexp.MustCompile(`^\d+ MB$`), "<N> MB"},
	{regexp.MustCompile(`(Run time \(s\)).*`), "$1"},
	{regexp.MustCompile(`Threads=\d+`), "Threads=<N>"},
	{regexp.MustCompile(`(?m)^(<DATE> )?(Started|Stopped) zip and cleanup thread\n`), ""}, // comes when it likes
	// The original shows what was in its memory behind the name of a segment.
	{regexp.MustCompile(`(HL7 item: \w+\.0, contents: [A-Z]{2}[A-Z0-9]).*`), "$1"},
	// What has an entry in docs/differences.md: the length in requests of ours,
	// mistakes that are told at start, line ends that the original forgot.
	{regexp.MustCompile(`(PDU length: )(4096|131072)`), "$1<N>"},
	{regexp.MustCompile(`(?m)^lint: .*\n`), ""},
	{regexp.MustCompile(`(: NOSUCHAE *|Sort: DICOMWorkList\.PatientNam)(C-Move|Records)`), "$1\n$2"},
	{regexp.MustCompile(`(?m)^Virtualquery: cleaning response from server: .*\n`), ""},
	{regexp.MustCompile(`(DICOMImages\.SOPInstanc), DICOMImages\.SOPInstanc\b`), "$1"},
}

func released(text string) string {
	for _, b := range free {
		text = b.re.ReplaceAllString(text, b.with)
	}
	return text
}

// iniGrowth reads the sizes of dicom.ini in an effect, of which only the
// difference counts.
var iniGrowth = regexp.MustCompile(`dicom\.ini \((\d+)->(\d+) bytes\)`)

func releasedEffect(text string) string {
	text = iniGrowth.ReplaceAllStringFunc(text, func(m string) string {
		var a, b int
		fmt.Sscanf(m, "dicom.ini (%d->%d bytes)", &a, &b)
		return fmt.Sprintf("dicom.ini (%+d bytes)", b-a)
	})
	return released(text)
}

// sortedLines puts lines in order for comparison.
func sortedLines(text string) string {
	lines := strings.SplitAfter(text, "\n")
	sort.Strings(lines)
	return strings.Join(lines, "")
}
