package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"conquest/dicom"
	"conquest/pixel"
	"conquest/proof/report"
	"conquest/storage"
)

// bulk is the length from which values stay in their files while they are
// compared.
const bulk = 64 << 10

// object compares the stored files of an object of both sites.
func (c *comparison) object(a, b object) {
	if c.Files != nil && !c.Files(b.sop) {
		return
	}
	var path [2]string
	for side, o := range []object{a, b} {
		p, _, ok := []*Site{c.a, c.b}[side].Devices.Locate(o.device, o.file)
		if !ok {
			e := report.Example{Object: a.String(), A: "there", B: "missing: " + o.device + ":" + o.file}
			if side == 0 {
				e.A, e.B = "missing: "+o.device+":"+o.file, "not looked at"
			}
			c.add(report.Difference{Kind: "file", What: "missing on its device", Example: e})
			return
		}
		path[side] = p
	}
	c.pathPair(a.String(), path[0], path[1])
}

// pathPair compares two files.
func (c *comparison) pathPair(whose, one, other string) {
	c.mu.Lock()
	c.objects++
	c.mu.Unlock()
	if storage.SameContent(one, other) == nil {
		c.count(&c.equal)
		return
	}
	var files [2]*dicom.File
	for side, p := range []string{one, other} {
		f, err := dicom.ReadFile(p, dicom.ParseOptions{BulkThreshold: bulk})
		if err != nil {
			e := report.Example{Object: whose, A: err.Error()}
			if side == 1 {
				e.A, e.B = "", err.Error()
			}
			c.add(report.Difference{Kind: "file", What: "can not be read", Example: e})
			return
		}
		defer f.Close()
		files[side] = f
	}
	if list := c.DataSets(whose, files[0].Dataset, files[1].Dataset); len(list) == 0 {
		c.count(&c.equal)
	} else {
		for _, d := range list {
			c.add(d)
		}
	}
}

func (c *comparison) count(n *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

// DataSets are the differences of two data sets that count at these sites.
func (c *comparison) DataSets(whose string, a, b *dicom.Dataset) []report.Difference {
	list, repacked := dataSets(whose, a, b, c.a.same, c.b.same)
	if repacked {
		c.count(&c.repacked)
	}
	return list
}

// DataSets are the differences of two data sets, element by element, with the
// transfer syntax; whose is named with each. Other elements of group 0002 and group
// lengths are left out. Pixel data that are compressed differently are compared by
// their samples.
func DataSets(whose string, a, b *dicom.Dataset) []report.Difference {
	list, _ := dataSets(whose, a, b, trim, trim)
	return list
}

func dataSets(whose string, a, b *dicom.Dataset, sameA, sameB func(string) string) (list []report.Difference, repacked bool) {
	pictures := false
	for _, d := range dicom.Diff(a, b) {
		last := d.Path[len(d.Path)-1].Tag
		if last.Group() == 2 && last != dicom.TransferSyntaxUID || last.IsGroupLength() {
			continue
		}
		if len(d.Path) == 1 && isPicture(last) && (packed(a) || packed(b)) {
			if pictures {
				continue
			}
			pictures = true
			what, same := samples(a, b)
			if same {
				repacked = true
				continue
			}
			list = append(list, report.Difference{Kind: "pixels", What: what, Example: report.Example{Object: whose, A: shown(d.A), B: shown(d.B)}})
			continue
		}
		e := report.Difference{Kind: "element", What: named(d.Path), Example: report.Example{Object: whose, A: shown(d.A), B: shown(d.B)}}
		if d.A != nil && d.B != nil && d.A.Items == nil && d.B.Items == nil {
			x, err1 := d.A.Bytes()
			y, err2 := d.B.Bytes()
			same := err1 == nil && err2 == nil && bytes.Equal(x, y)
			switch {
			case same && d.A.VR == d.B.VR: // fragments of another element
			case same:
				e.Kind, e.A, e.B = "VR", d.A.VR.String(), d.B.VR.String()
			case d.A.VR.IsText() && sameA(string(x)) == sameB(string(y)):
				continue
			}
		}
		list = append(list, e)
	}
	return list, repacked
}

// nkiPixels is where the private compression of the original keeps pictures.
const nkiPixels dicom.Tag = 0x7fdf0010

func isPicture(t dicom.Tag) bool { return t == dicom.PixelData || t == nkiPixels }

// packed tells whether the picture of an object is compressed.
func packed(d *dicom.Dataset) bool {
	e := d.Get(dicom.PixelData)
	return e != nil && e.Fragments != nil || d.NKI() != nil
}

// samples compares pictures that are compressed differently.
func samples(a, b *dicom.Dataset) (what string, same bool) {
	x, err1 := pixel.Frames(a)
	y, err2 := pixel.Frames(b)
	if err := errors.Join(err1, err2); err != nil {
		return "can not be decoded", false
	}
	if len(x) != len(y) {
		return "number of frames", false
	}
	for i := range x {
		if x[i].Width != y[i].Width || x[i].Height != y[i].Height || x[i].Components != y[i].Components {
			return "size of frames", false
		}
		if !bytes.Equal(x[i].Pix, y[i].Pix) {
			return "samples", false
		}
	}
	return "", true
}

// named is the place of an element with its name; numbers of items are left out,
// so that the same of all items comes together.
func named(p dicom.Path) string {
	var b strings.Builder
	for i, step := range p {
		if i > 0 {
			b.WriteString(" > ")
		}
		b.WriteString(step.Tag.String())
		if k := dicom.CurrentDictionary().Keyword(step.Tag); k != "" {
			b.WriteString(" " + k)
		}
	}
	return b.String()
}

// shown is an element as a report shows it.
func shown(e *dicom.Element) string {
	switch {
	case e == nil:
		return "not there"
	case e.IsSequence():
		return fmt.Sprintf("%d items", len(e.Items))
	case e.Fragments != nil:
		return fmt.Sprintf("%d fragments", e.Fragments.Len())
	case e.Length() > 1024, strings.HasPrefix(e.VR.String(), "O"), e.VR == dicom.UN:
		return bytesOf(e)
	}
	return e.String()
}

// bytesOf is a value that is no text: its length, and its begin.
func bytesOf(e *dicom.Element) string {
	begin := ""
	if b, err := e.Bytes(); err == nil && !e.VR.IsText() {
		begin = fmt.Sprintf(", begins % x", b[:min(len(b), 16)])
	}
	return fmt.Sprintf("%s, %d bytes%s", e.VR, e.Length(), begin)
}

// folders compares the files on the devices by their names, of sites without
// index.
func (c *comparison) folders(ctx context.Context) error {
	var found [2]map[string]string
	for side, s := range []*Site{c.a, c.b} {
		found[side] = map[string]string{}
		for n := range s.Devices.MAGs() {
			dir := s.Devices.MAG(n)
			if !storage.IsDir(dir) {
				continue
			}
			err := storage.WalkObjects(ctx, dir, func(path string) error {
				rel, err := filepath.Rel(dir, path)
				found[side][slashes(rel)] = path
				return err
			}, func(error) {})
			if err != nil {
				return err
			}
		}
	}
	for rel, one := range found[0] {
		other, ok := found[1][rel]
		if !ok {
			c.missing(0, "file", rel)
			continue
		}
		delete(found[1], rel)
		c.pathPair(rel, one, other)
	}
	for rel := range found[1] {
		c.missing(1, "file", rel)
	}
	c.out.Fact("objects compared", "%d, of which %d equal in every element", c.objects, c.equal)
	return ctx.Err()
}
