package main

import (
	"encoding/binary"
	"fmt"
)

// A kind is a sort of object to send.
type kind struct {
	name          string
	class         string
	rows, columns int
	frames        int
	elements      int  // further plain elements
	sequences     bool // with nested sequences
}

var (
	small      = kind{name: "small", class: ctStorage, rows: 64, columns: 72, frames: 1, elements: 12}
	ct         = kind{name: "ct", class: ctStorage, rows: 512, columns: 512, frames: 1, elements: 60, sequences: true}
	multiframe = kind{name: "multiframe", class: nmStorage, rows: 512, columns: 512, frames: 60, elements: 60, sequences: true}
)

// A template is an encoded data set, explicit little endian, in which the parts
// that tell one object from another are changed in place.
type template struct {
	kind  kind
	data  []byte
	spots map[string]int // offsets of the values below
}

// Values of fixed length that are set per object.
const (
	uidRoot  = "1.2.826.0.1.3680043.10.1510."
	uidShape = uidRoot + "%d.%d.%07d.%07d" // even length
)

// uid makes the UID of one level; number counts the objects of a run, run and
// level are one digit.
func uid(run, level, group, number int) string {
	return fmt.Sprintf(uidShape, run%9+1, level, 1000000+group, 1000000+number)
}

// newTemplate encodes an object of the kind.
func newTemplate(k kind) *template {
	t := &template{kind: k, spots: map[string]int{}}
	e := encoder{}
	blank := uid(0, 1, 0, 0)
	mark := func(name string) { t.spots[name] = len(e.b) - e.last }
	put := func(tag uint32, vr, value, name string) {
		e.text(tag, vr, value)
		if name != "" {
			mark(name)
		}
	}
	put(0x00080005, "CS", "ISO_IR 100", "")
	put(0x00080008, "CS", `ORIGINAL\PRIMARY\AXIAL`, "")
	put(0x00080016, "UI", k.class, "")
	put(0x00080018, "UI", blank, "sop")
	put(0x00080020, "DA", "20240101", "date")
	put(0x00080030, "TM", "120000", "")
	put(0x00080050, "SH", "A0000000", "accession")
	put(0x00080060, "CS", map[string]string{ctStorage: "CT", nmStorage: "NM"}[k.class], "")
	put(0x00080070, "LO", "Load generator", "")
	put(0x00080090, "PN", "Referring^Doctor", "")
	put(0x00081030, "LO", "Study of the load test", "")
	put(0x0008103e, "LO", "Series of the load test", "")
	if k.sequences {
		e.sequence(0x00081140, 3)
	}
	put(0x00100010, "PN", "LOAD^P0000000", "name")
	put(0x00100020, "LO", "LP000000", "patient")
	put(0x00100030, "DA", "19600101", "")
	put(0x00100040, "CS", "O", "")
	for i := range k.elements {
		if i == 0x0a {
			continue // a sequence, by the dictionary
		}
		put(0x00180000|uint32(0x1000+i), "LO", fmt.Sprintf("Parameter %d of the acquisition", i), "")
	}
	put(0x0020000d, "UI", blank, "study")
	put(0x0020000e, "UI", blank, "series")
	put(0x00200010, "SH", "1", "")
	put(0x00200011, "IS", "1", "")
	put(0x00200013, "IS", "0000001 ", "instance")
	e.image(k)
	t.data = e.b
	return t
}

// An encoder writes explicit VR little endian.
type encoder struct {
	b    []byte
	last int // length of the last value
}

func (e *encoder) tag(tag uint32) {
	e.b = binary.LittleEndian.AppendUint16(e.b, uint16(tag>>16))
	e.b = binary.LittleEndian.AppendUint16(e.b, uint16(tag))
}

func (e *encoder) text(tag uint32, vr, value string) {
	if len(value)%2 == 1 {
		pad := " "
		if vr == "UI" {
			pad = "\x00"
		}
		value += pad
	}
	e.tag(tag)
	e.b = append(e.b, vr...)
	e.b = binary.LittleEndian.AppendUint16(e.b, uint16(len(value)))
	e.b = append(e.b, value...)
	e.last = len(value)
}

func (e *encoder) short(tag uint32, v int) {
	e.tag(tag)
	e.b = append(e.b, 'U', 'S', 2, 0)
	e.b = binary.LittleEndian.AppendUint16(e.b, uint16(v))
}

// long writes the head of an element with a 32 bit length.
func (e *encoder) long(tag uint32, vr string, n int) {
	e.tag(tag)
	e.b = append(e.b, vr...)
	e.b = binary.LittleEndian.AppendUint32(append(e.b, 0, 0), uint32(n))
}

// sequence writes n items, each with a nested code sequence.
func (e *encoder) sequence(tag uint32, n int) {
	var all encoder
	for range n {
		var code, it encoder
		code.text(0x00080100, "SH", "T-A0100")
		code.text(0x00080102, "SH", "SRT")
		it.text(0x00081150, "UI", ctStorage)
		it.text(0x00081155, "UI", uid(0, 9, 0, n))
		it.long(0x0040a170, "SQ", len(code.b)+8)
		it.item(code.b)
		all.item(it.b)
	}
	e.long(tag, "SQ", len(all.b))
	e.b = append(e.b, all.b...)
}

func (e *encoder) item(b []byte) {
	e.tag(0xfffee000)
	e.b = binary.LittleEndian.AppendUint32(e.b, uint32(len(b)))
	e.b = append(e.b, b...)
}

func (e *encoder) image(k kind) {
	e.short(0x00280002, 1)
	e.text(0x00280004, "CS", "MONOCHROME2")
	if k.frames > 1 {
		e.text(0x00280008, "IS", fmt.Sprint(k.frames))
	}
	e.short(0x00280010, k.rows)
	e.short(0x00280011, k.columns)
	e.text(0x00280030, "DS", `0.5\0.5`)
	e.short(0x00280100, 16)
	e.short(0x00280101, 12)
	e.short(0x00280102, 11)
	e.short(0x00280103, 0)
	e.text(0x00281050, "DS", "40")
	e.text(0x00281051, "DS", "400")
	n := k.rows * k.columns * k.frames
	e.long(0x7fe00010, "OW", 2*n)
	seed := uint32(1)
	for i := range n {
		seed = seed*1664525 + 1013904223
		x, y := i%k.columns, i/k.columns%k.rows
		e.b = binary.LittleEndian.AppendUint16(e.b, uint16((x*3+y*5)%4000)+uint16(seed>>28))
	}
}

// A sender changes a copy of a template from object to object: hundred objects
// make a series, each series is a patient and study of its own.
type sender struct {
	*template
	run, group int
	number     int
}

const seriesSize = 100

func (t *template) sender(run, group int) *sender {
	c := &template{kind: t.kind, data: append([]byte(nil), t.data...), spots: t.spots}
	return &sender{template: c, run: run, group: group}
}

// next makes the next object and returns its SOP instance UID and data set.
func (s *sender) next() (string, []byte) {
	series := s.group*10000 + s.number/seriesSize
	sop := uid(s.run, 4, series, s.number)
	s.set("sop", sop)
	s.set("study", uid(s.run, 2, series, 0))
	s.set("series", uid(s.run, 3, series, 0))
	s.set("patient", patientID(s.run, series))
	s.set("name", fmt.Sprintf("LOAD^P%07d", series))
	s.set("accession", fmt.Sprintf("A%07d", series))
	s.set("date", fmt.Sprintf("2024%02d%02d", series%12+1, series%28+1))
	s.set("instance", fmt.Sprintf("%07d ", s.number+1))
	s.number++
	return sop, s.data
}

func patientID(run, series int) string { return fmt.Sprintf("L%d%06d", run%9+1, series%1000000) }

func (s *sender) set(name, value string) { copy(s.data[s.spots[name]:], value) }

// identifier encodes the keys of a query, in the order of their tags.
func identifier(keys ...field32) []byte {
	var e encoder
	for _, k := range keys {
		e.text(k.tag, k.vr, k.value)
	}
	return e.b
}

type field32 struct {
	tag       uint32
	vr, value string
}
