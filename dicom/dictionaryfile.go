package dicom

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

const (
	binaryDictionary     = "#!BinRTC"
	binaryDictionaryHead = 12 + 7*4
	binaryRecord         = 12
	maxDictionarySize    = 64 << 20
	maxDictionaryLine    = 1020
)

// ErrDictionary tells that a dictionary file can not be understood.
var ErrDictionary = errors.New("not a data dictionary")

// UseDictionaryFile puts the dictionary of a site on top of the built-in table,
// see [UseDictionary]. Without the file, or when it can not be read, the
// built-in table serves; only the latter is an error.
func UseDictionaryFile(path string) error {
	site, err := siteDictionary(path)
	if err != nil || site == nil {
		return err
	}
	UseDictionary(site)
	return nil
}

// UseDictionaryFileLater is [UseDictionaryFile] when a dictionary is first asked for.
// failed is told then of a file that can not be read.
func UseDictionaryFileLater(path string, failed func(error)) {
	useLater(func() *Dictionary {
		site, err := siteDictionary(path)
		if err != nil {
			failed(err)
		}
		return site
	})
}

// siteDictionary is the dictionary of a site on top of the built-in table, nil
// without a file.
func siteDictionary(path string) (*Dictionary, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	site, err := ParseDictionary(f)
	if err != nil {
		return nil, err
	}
	return StandardDictionary().Overlay(site), nil
}

// ParseDictionary reads a dictionary file (docs/original/config.md 5.3): text with lines
// `(gggg,eeee) VR="XX" Keyword="Name"` or `{ 0xgggg 0xeeee XX "Name" }`, anything
// else ignored (VM and names too), or the binary form. Of a tag told several times the first line
// counts. A file without any entry gives [ErrDictionary].
func ParseDictionary(r io.Reader) (*Dictionary, error) {
	var b bytes.Buffer
	if f, ok := r.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if fi, err := f.Stat(); err == nil {
			b.Grow(int(min(max(fi.Size(), 0), maxDictionarySize)) + bytes.MinRead)
		}
	}
	if _, err := b.ReadFrom(io.LimitReader(r, maxDictionarySize)); err != nil {
		return nil, fmt.Errorf("read dictionary: %w", err)
	}
	d, err := parseDictionary(b.Bytes())
	if err == nil && len(d.tags) == 0 {
		err = ErrDictionary
	}
	if err != nil {
		return nil, fmt.Errorf("read dictionary: %w", err)
	}
	d.sort()
	return d, nil
}

func parseDictionary(b []byte) (*Dictionary, error) {
	if bytes.HasPrefix(b, []byte(binaryDictionary)) {
		return parseBinaryDictionary(b)
	}
	return parseTextDictionary(string(b)), nil
}

func parseTextDictionary(text string) *Dictionary {
	const usualLine = 80
	n := len(text) / usualLine
	d := &Dictionary{tags: make([]Tag, 0, n), entries: make([]DictionaryEntry, 0, n)}
	for line := range strings.Lines(text) {
		d.addLine(line[:min(len(line), maxDictionaryLine)])
	}
	return d
}

func (d *Dictionary) addLine(line string) {
	switch line[0] {
	case '(':
		d.addQuoted(line)
	case '{':
		d.addBraced(line)
	}
}

// addQuoted reads `(gggg,eeee) ... VR="XX" ... Keyword="Name"`.
func (d *Dictionary) addQuoted(line string) {
	if len(line) < 11 || line[5] != ',' {
		return
	}
	t, whole := ParseTagNumber(line[1:10])
	_, rest, ok := strings.Cut(line, `VR="`)
	if !ok || len(rest) < 2 {
		return
	}
	vr := ParseVR(rest[:2])
	var or VR
	if len(rest) >= 5 && rest[2] == '/' {
		if or = ParseVR(rest[3:5]); !or.plausible() {
			or = 0
		}
	}
	_, keyword, _ := strings.Cut(rest, `Keyword="`)
	keyword, _, ok = strings.Cut(keyword, `"`)
	if !ok {
		keyword = ""
	}
	e := DictionaryEntry{VR: vr, Or: or, Keyword: strings.TrimSpace(keyword)}
	if !whole || !vr.plausible() {
		d.count(countedTag(line), e)
		return
	}
	d.add(t, e)
}

// count keeps a line that tells nothing of a tag: of a repeating group, or without VR.
func (d *Dictionary) count(t Tag, e DictionaryEntry) {
	if d.odd == nil {
		d.odd = map[Tag]DictionaryEntry{}
	}
	d.own, d.odd[t] = append(d.own, t), e
}

// countedTag is where the original sorts a line `(gggg,eeee)`, of a repeating group too,
// whose x counts for a digit of 72.
func countedTag(line string) Tag {
	number := func(s string) (n uint16) {
		for _, c := range []byte(strings.ToLower(s)) {
			if c >= 'a' && c <= 'f' {
				c -= 'a' - '0' - 10
			}
			n = n<<4 + uint16(c-'0')
		}
		return n
	}
	return NewTag(number(line[1:5]), number(line[6:10]))
}

// addBraced reads `{ 0xgggg 0xeeee XX "Name" }`; numbers without 0x are
// decimal.
func (d *Dictionary) addBraced(line string) {
	name := ""
	if i := strings.IndexByte(line, '"'); i >= 0 {
		name, _, _ = strings.Cut(line[i+1:], `"`)
		line = line[:i]
	}
	f := strings.FieldsFunc(line[1:], func(r rune) bool { return strings.ContainsRune(" \t,'}\r\n", r) })
	if len(f) < 3 || len(f[2]) < 2 {
		return
	}
	group, err1 := parseNumber(f[0])
	element, err2 := parseNumber(f[1])
	vr := ParseVR(f[2][:2])
	if err1 != nil || err2 != nil || !vr.plausible() {
		return
	}
	d.add(NewTag(group, element), DictionaryEntry{VR: vr, Keyword: strings.TrimSpace(name)})
}

func parseNumber(s string) (uint16, error) {
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		s, base = hex, 16
	}
	n, err := strconv.ParseUint(s, base, 16)
	return uint16(n), err
}

// plausible tells whether v is two capital letters.
func (v VR) plausible() bool {
	a, b := byte(v>>8), byte(v)
	return a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z'
}

// parseBinaryDictionary reads the form with a header of offsets: number of
// entries, offset and size of the key, data and string tables. Records of the
// data table have group, element, VR and six unused bytes; the strings follow
// each other in the same order.
func parseBinaryDictionary(b []byte) (*Dictionary, error) {
	if len(b) < binaryDictionaryHead {
		return nil, ErrDictionary
	}
	field := func(i int) uint64 { return uint64(binary.LittleEndian.Uint32(b[12+4*i:])) }
	n, data, text, textSize := field(0), field(3), field(5), field(6)
	if data+n*binaryRecord > uint64(len(b)) || text+textSize > uint64(len(b)) {
		return nil, ErrDictionary
	}
	names := b[text : text+textSize]
	if text == 0 {
		names = nil
	}
	d := &Dictionary{}
	for i := range n {
		r := b[data+i*binaryRecord:]
		name, rest, _ := bytes.Cut(names, []byte{0})
		names = rest
		vr := VR(binary.LittleEndian.Uint16(r[4:]))
		if !vr.plausible() {
			continue
		}
		t := NewTag(binary.LittleEndian.Uint16(r), binary.LittleEndian.Uint16(r[2:]))
		d.add(t, DictionaryEntry{VR: vr, Keyword: strings.TrimSpace(string(name))})
	}
	return d, nil
}

// sort brings the tags in order; of a repeated tag the first entry stays. Before, own
// holds the tags of lines without a VR, which only count.
func (d *Dictionary) sort() {
	if slices.IsSorted(d.tags) && !repeats(d.tags) && len(d.own) == 0 {
		return
	}
	d.own = append(d.own, d.tags...)
	slices.Sort(d.own)
	order := make([]int, len(d.tags))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.tags[a], d.tags[b]) })
	sorted := &Dictionary{tags: make([]Tag, 0, len(order)), entries: make([]DictionaryEntry, 0, len(order))}
	for _, i := range order {
		if n := len(sorted.tags); n > 0 && sorted.tags[n-1] == d.tags[i] {
			continue
		}
		sorted.add(d.tags[i], d.entries[i])
	}
	d.tags, d.entries = sorted.tags, sorted.entries
}

func repeats(sorted []Tag) bool {
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return true
		}
	}
	return false
}

// WriteDictionary writes d as text that [ParseDictionary] reads.
func WriteDictionary(w io.Writer, d *Dictionary) error {
	bw := bufio.NewWriter(w)
	fmt.Fprintln(bw, "# Data dictionary: tag, value representation, multiplicity, keyword and name of each element")
	for i, t := range d.tags {
		writeEntry(bw, t, &d.entries[i])
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("write dictionary: %w", err)
	}
	return nil
}

func writeEntry(w io.Writer, t Tag, e *DictionaryEntry) {
	vr := e.VR.String()
	if e.Or != 0 {
		vr += "/" + e.Or.String()
	}
	fmt.Fprintf(w, `(%04X,%04X) VR="%s"`, t.Group(), t.Element(), vr)
	if e.VM != "" {
		fmt.Fprintf(w, ` VM="%s"`, e.VM)
	}
	fmt.Fprintf(w, ` Keyword="%s"`, e.Keyword)
	if e.Name != "" {
		fmt.Fprintf(w, ` Name="%s"`, e.Name)
	}
	fmt.Fprintln(w)
}
