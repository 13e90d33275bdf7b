package storage

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/dicomini"
)

// Namer makes the file names of new objects by FileNameSyntax
// (docs/original/storage.md 3). It is safe for concurrent use.
type Namer struct {
	syntax  string
	number  int
	pattern bool // or Lua: number does not count
	maxLen  int
	windows bool
	counter atomic.Uint32
	now     func() time.Time
}

// NewNamer takes FileNameSyntax and MaxFileNameLength. counter is the first
// value of the counter in names: 0 in a server.
func NewNamer(syntax string, maxLength int, counter uint32) *Namer {
	n := &Namer{syntax: syntax, number: dicomini.Atoi(syntax), maxLen: maxLength, now: time.Now, windows: runtime.GOOS == "windows"}
	n.pattern = strings.Contains(syntax, "%") || n.IsLua()
	n.counter.Store(counter)
	return n
}

// NameContext is what a name depends on besides the object.
type NameContext struct {
	CalledAE, CallingAE string
	// Value gives the text of an element specification as scripts write it after
	// %V, and its length in the pattern; needed for %V items.
	Value func(spec string) (value string, length int)
	// Lua evaluates the expression of a "lua:" syntax.
	Lua func(expression string) (string, error)
}

// IsLua tells whether names are made by a Lua expression.
func (n *Namer) IsLua() bool { return strings.HasPrefix(n.syntax, "lua:") }

// Extension is what names end in: ".dcm", ".v2", or what follows the last dot
// of a pattern ("" when there is none).
func (n *Namer) Extension() string {
	switch {
	case n.IsLua():
		return ".dcm"
	case n.pattern:
		if i := strings.LastIndexByte(n.syntax, '.'); i >= 0 {
			return n.syntax[i:]
		}
		return ""
	}
	switch n.number {
	case 4, 8, 9, 10, 11, 12:
		return ".dcm"
	}
	return ".v2"
}

// Name makes the name of an object relative to its device, with the platform's
// separators. Parts that came from the object can not leave the device: UIDs
// and dates have path separators and dot segments replaced.
func (n *Namer) Name(ds *dicom.Dataset, ctx NameContext) (string, error) {
	if n.IsLua() {
		if ctx.Lua == nil {
			return "", fmt.Errorf("FileNameSyntax %s: no Lua here", n.syntax)
		}
		name, err := ctx.Lua(n.syntax[len("lua:"):])
		if err != nil {
			return "", fmt.Errorf("FileNameSyntax: %w", err)
		}
		return n.finish("", confine(name), ds), nil
	}
	v := nameValues{ds: ds, now: n.now(), count: n.counter.Add(1) - 1}
	if n.pattern {
		return n.finish("", confine(n.expand(&v, ctx)), ds), nil
	}
	root, rest := v.numbered(n.number)
	return n.finish(root, rest, ds), nil
}

// nameValues gives the parts of names.
type nameValues struct {
	ds    *dicom.Dataset
	now   time.Time
	count uint32
}

func (v *nameValues) clean(t dicom.Tag) string {
	if !v.ds.Has(t) {
		return "empty"
	}
	return Clean(cut(text(v.ds, t), 64))
}

// uid is a value that the original puts in names as it is.
func (v *nameValues) uid(t dicom.Tag) string {
	if !v.ds.Has(t) {
		return "empty"
	}
	s := cut(v.ds.String(t), 64)
	if s == "" {
		return ""
	}
	return Harmless(s)
}

// text is the value without NUL and with all but trailing padding kept.
func text(ds *dicom.Dataset, t dicom.Tag) string { return ds.String(t) }

func (v *nameValues) number(t dicom.Tag) int { return dicomini.Atoi(v.ds.String(t)) }

func (v *nameValues) timeCounter() string {
	return fmt.Sprintf("%d%04x", v.now.Unix(), v.count&0xffff)
}

func cut(s string, n int) string { return s[:min(len(s), n)] }

// numbered makes the name of a numbered syntax: the patient folder and the
// rest, with slashes.
func (v *nameValues) numbered(syntax int) (root, rest string) {
	id := func(n int) string { return cut(v.clean(dicom.PatientID), n) }
	name8 := func() string { return cut(v.clean(dicom.PatientName), 8) + "_" + id(8) }
	counted := func() string {
		return fmt.Sprintf("%04d_%06d_%s", v.number(dicom.SeriesNumber), v.number(dicom.InstanceNumber), v.timeCounter())
	}
	series := func() string { return v.uid(dicom.SeriesInstanceUID) }
	byUID := func() string {
		return v.uid(dicom.StudyInstanceUID) + "/" + series() + "/" + v.uid(dicom.SOPInstanceUID)
	}
	switch syntax {
	case 1:
		return name8(), counted() + ".v2"
	case 2:
		return name8(), series() + "_" + counted() + ".v2"
	case 3:
		return id(16), series() + "_" + counted() + ".v2"
	case 4:
		return id(16), series() + "_" + counted() + ".dcm"
	case 5:
		return v.clean(dicom.PatientName), series() + "_" + counted() + ".v2"
	case 6:
		return id(32), byUID() + ".v2"
	case 7:
		return v.uid(dicom.StudyInstanceUID), series() + "/" + v.uid(dicom.SOPInstanceUID) + ".v2"
	case 8:
		return id(32), byUID() + ".dcm"
	case 9:
		return v.uid(dicom.StudyInstanceUID), series() + "/" + v.uid(dicom.SOPInstanceUID) + ".dcm"
	case 10:
		return "Images", v.uid(dicom.SOPInstanceUID) + ".dcm"
	case 11:
		return v.clean(dicom.PatientName), byUID() + ".dcm"
	case 12:
		return v.clean(dicom.PatientName) + "_" + v.clean(dicom.PatientID),
			v.clean(dicom.Modality) + "_" + v.clean(dicom.StudyID) + "/" + v.clean(dicom.SeriesNumber) +
				"/" + v.uid(dicom.SOPInstanceUID) + ".dcm"
	}
	return name8(), fmt.Sprintf("%d_%d_%d.v2", v.number(dicom.SeriesNumber), v.number(dicom.InstanceNumber), v.now.Unix())
}

// finish applies MaxFileNameLength to the part behind the root folder, and the
// rule that compressed objects are never written as .v2.
func (n *Namer) finish(root, rest string, ds *dicom.Dataset) string {
	if ds.TransferSyntax().Encapsulated {
		if i := strings.LastIndexByte(rest, '.'); i >= 0 && strings.EqualFold(rest[i:], ".v2") {
			rest = rest[:i] + ".dcm"
		}
	}
	if n.maxLen > 0 && len(rest) > n.maxLen {
		rest = strings.TrimLeft(rest[len(rest)-n.maxLen:], "/")
	}
	if root != "" || !n.pattern {
		rest = root + "/" + rest
	}
	if n.windows {
		rest = attribute.WindowsPath(rest)
	}
	return filepath.FromSlash(rest)
}

// Clean makes text fit for a file name as the original does: separators and
// special characters become "_", a byte below blank ends it, at most 65 bytes,
// no trailing "_"; "unknown" when nothing is left. Names made of dots only,
// which would lead out of the folder, have them replaced.
func Clean(s string) string {
	b := make([]byte, 0, min(len(s), 65))
	for i := 0; i < len(s) && len(b) < 65; i++ {
		c := s[i]
		if c < ' ' {
			break
		}
		if strings.IndexByte("/\\;><|,. :?*\"", c) >= 0 {
			c = '_'
		}
		b = append(b, c)
	}
	r := strings.TrimRight(string(b), "_")
	if r == "" {
		return "unknown"
	}
	return r
}

// Harmless replaces what could lead out of the folder in values that are not
// cleaned; on Windows it also is no name of a device.
func Harmless(s string) string { return harmless(s, runtime.GOOS == "windows") }

func harmless(s string, windows bool) string {
	s = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r < ' ' || r == ':' {
			return '_'
		}
		return r
	}, s)
	if strings.Trim(s, ".") == "" {
		return strings.Repeat("_", max(len(s), 1))
	}
	if windows {
		return attribute.WindowsPath(s)
	}
	return s
}

// confine keeps a name below its device: segments that lead up are replaced.
func confine(name string) string {
	parts := strings.Split(filepath.ToSlash(name), "/")
	for i, p := range parts {
		if len(p) > 1 && strings.Trim(p, ".") == "" {
			parts[i] = strings.Repeat("_", len(p))
		}
	}
	return strings.Join(parts, "/")
}

// Unique inserts _n before the extension of a name that is taken by another
// object.
func Unique(name string, n int) string {
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext) + "_" + strconv.Itoa(n) + ext
}
