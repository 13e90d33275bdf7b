package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An element is a leaf of a data set, or a sequence without items.
type element struct {
	top   string // tag of the element at the top level, gggg,eeee
	name  string // keyword at the top level
	path  string // Seq[0].Keyword
	value string
}

func (e element) line() string { return e.path + "=" + e.value }

func (e element) meta() bool { return strings.HasPrefix(e.top, "0002,") }

// dumpFile reads a DICOM file with dcmdump.
func dumpFile(ctx context.Context, path string) ([]element, error) {
	o := runTool(ctx, filepath.Dir(path), "dcmdump", "-q", "+L", "-Un", path)
	if o.err != nil {
		return nil, fmt.Errorf("dcmdump %s: %w %s", filepath.Base(path), o.err, o.stderr)
	}
	return parseDump(o.stdout), nil
}

var (
	dumpLine    = regexp.MustCompile(`^ *\(([0-9a-f]{4},[0-9a-f]{4})\) (\S\S) (.*)$`)
	dumpTrailer = regexp.MustCompile(`(?s)^(.*?)\s*#\s*(?:\d+|u/l),\s*\d+ ([^#]*)$`)
	pixelItems  = regexp.MustCompile(`^\(PixelSequence #=(\d+)\)`)
)

// parseDump reads the text of dcmdump.
func parseDump(text string) []element {
	var d dumpParser
	for line := range strings.SplitSeq(text, "\n") {
		if m := dumpLine.FindStringSubmatch(line); m != nil {
			d.finish()
			d.tag, d.vr, d.text, d.open = m[1], m[2], m[3], true
		} else if d.open && !dumpTrailer.MatchString(d.text) {
			d.text += "\n" + line
		}
	}
	d.finish()
	return d.elements
}

// A level is a sequence that is open while a dump is read.
type level struct {
	tag, name string
	item      int  // number of the current item
	pixels    bool // fragments of encapsulated pixel data, not a sequence
}

type dumpParser struct {
	elements []element
	stack    []level
	// The element whose lines are being collected.
	open          bool
	tag, vr, text string
}

// finish takes the collected element.
func (d *dumpParser) finish() {
	if !d.open {
		return
	}
	d.open = false
	switch {
	case d.tag == "fffe,e000" && d.vr == "na" && len(d.stack) > 0:
		d.stack[len(d.stack)-1].item++
		return
	case d.tag == "fffe,e0dd" && len(d.stack) > 0:
		last := d.stack[len(d.stack)-1]
		d.stack = d.stack[:len(d.stack)-1]
		if last.item < 0 && !last.pixels {
			d.add(last.tag, last.name, "(no items)")
		}
		return
	case strings.HasPrefix(d.tag, "fffe"):
		return
	}
	value, name := d.text, ""
	if m := dumpTrailer.FindStringSubmatch(d.text); m != nil {
		value, name = m[1], strings.TrimSpace(m[2])
	}
	if name == "" || strings.Contains(name, " ") {
		name = d.tag
	}
	if d.vr == "SQ" {
		d.stack = append(d.stack, level{tag: d.tag, name: name, item: -1})
		return
	}
	d.add(d.tag, name, leafValue(d.tag, d.vr, value))
	if pixelItems.MatchString(value) {
		d.stack = append(d.stack, level{tag: d.tag, name: name, item: -1, pixels: true})
	}
}

func (d *dumpParser) add(tag, name, value string) {
	e := element{top: tag, name: name, value: value}
	for i, l := range d.stack {
		if i == 0 {
			e.top, e.name = l.tag, l.name
		}
		e.path += fmt.Sprintf("%s[%d].", l.name, l.item)
	}
	e.path += name
	d.elements = append(d.elements, e)
}

// leafValue turns dcmdump's form of a value into ours.
func leafValue(tag, vr, value string) string {
	if tag == "7fe0,0010" {
		return pixelValue(vr, value)
	}
	if value == "(no value available)" {
		return ""
	}
	if strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]") {
		return value[1 : len(value)-1]
	}
	return value
}

// pixelValue sums pixel data up as count and CRC-32 of the bytes, little endian.
func pixelValue(vr, value string) string {
	if m := pixelItems.FindStringSubmatch(value); m != nil {
		return fmt.Sprintf("(encapsulated, %s items)", m[1])
	}
	if value == "(no value available)" {
		return ""
	}
	parts := strings.Split(value, `\`)
	unit := "bytes"
	var data []byte
	for _, p := range parts {
		n, _ := strconv.ParseUint(strings.TrimSpace(p), 16, 16)
		if vr == "OW" {
			unit = "words"
			data = binary.LittleEndian.AppendUint16(data, uint16(n))
		} else {
			data = append(data, byte(n))
		}
	}
	return fmt.Sprintf("(%d %s, crc32 %08x)", len(parts), unit, crc32.ChecksumIEEE(data))
}

// selectElements returns the lines of a dump: all elements but group lengths
// and the meta information (save the transfer syntax), or the wanted ones.
func selectElements(elements []element, wanted []string) []string {
	var lines []string
	if len(wanted) == 0 {
		for _, e := range elements {
			if e.meta() && e.top != "0002,0010" || strings.HasSuffix(e.top, ",0000") {
				continue
			}
			lines = append(lines, e.line())
		}
		return lines
	}
	for _, w := range wanted {
		found := false
		for _, e := range elements {
			if strings.EqualFold(e.top, w) || e.name == w {
				lines = append(lines, e.line())
				found = true
			}
		}
		if !found {
			lines = append(lines, w+" (absent)")
		}
	}
	return lines
}

// cmdDump: dump [-p PEER] FILE|KEY=VALUE [tag..]
func (s *stage) cmdDump(args []string) (string, error) {
	var dirs []string
	if len(args) > 2 && args[0] == "-p" {
		p, err := s.findPeer(args[1])
		if err != nil {
			return "", err
		}
		dirs = []string{p.dir}
		args = args[2:]
	} else if s.current != nil {
		dirs = s.current.devices()
	}
	if len(args) == 0 {
		return "", errors.New("usage: dump [-p PEER] FILE|KEY=VALUE [tag..]")
	}
	var elements []element
	var err error
	if key, value, ok := strings.Cut(args[0], "="); ok {
		// What was just received may still be on its way to the disk.
		s.poll(time.Second, func() bool {
			elements, err = s.search(dirs, key, value)
			return err == nil
		})
	} else {
		elements, err = dumpFile(s.ctx, s.ts.MkAbs(args[0]))
	}
	if err != nil {
		return "", err
	}
	return strings.Join(selectElements(elements, args[1:]), "\n") + "\n", nil
}

// search returns the first object in the folders whose element has the value.
func (s *stage) search(dirs []string, key, value string) ([]element, error) {
	if key == "sop" {
		key = "SOPInstanceUID"
	}
	for _, dir := range dirs {
		for _, f := range listFiles(dir, magFolders...) {
			elements, err := dumpFile(s.ctx, filepath.Join(dir, f))
			if err == nil && hasValue(elements, key, value) {
				return elements, nil
			}
		}
	}
	return nil, fmt.Errorf("no object with %s=%s", key, value)
}

func hasValue(elements []element, key, value string) bool {
	for _, e := range elements {
		if (e.path == key || strings.EqualFold(e.top, key)) && e.value == value {
			return true
		}
	}
	return false
}

// cmdMkdicom: mkdicom OUT.dcm IN.dump [KEY=VALUE]..
func (s *stage) cmdMkdicom(args []string) (string, error) {
	if len(args) < 2 {
		return "", errors.New("usage: mkdicom OUT.dcm IN.dump [KEY=VALUE]")
	}
	out, in := s.ts.MkAbs(args[0]), s.ts.MkAbs(args[1])
	text, err := os.ReadFile(in)
	if err != nil {
		return "", fmt.Errorf("read dump: %w", err)
	}
	argv := []string{"dump2dcm", "-q"}
	var changes []string
	for _, a := range args[2:] {
		switch key, value, _ := strings.Cut(a, "="); key {
		case "pixels":
			img, err := parseImage(value)
			if err != nil {
				return "", err
			}
			raw := out + ".raw"
			if err := os.WriteFile(raw, img.bytes(), 0o666); err != nil {
				return "", fmt.Errorf("write test image: %w", err)
			}
			text = append(text, img.dump(raw)...)
		case "xfer":
			argv = append(argv, value)
		default:
			changes = append(changes, "-i", a)
		}
	}
	full := out + ".dump"
	if err := os.WriteFile(full, text, 0o666); err != nil {
		return "", fmt.Errorf("write dump: %w", err)
	}
	if o := runTool(s.ctx, s.work, append(argv, full, out)...); o.err != nil {
		return "", fmt.Errorf("dump2dcm: %w %s", o.err, o.both())
	}
	if len(changes) == 0 {
		return "", nil
	}
	if o := runTool(s.ctx, s.work, append(append([]string{"dcmodify", "-nb"}, changes...), out)...); o.err != nil {
		return "", fmt.Errorf("dcmodify: %w %s", o.err, o.both())
	}
	return "", nil
}
