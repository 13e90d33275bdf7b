package replay

import (
	"fmt"
	"path/filepath"
	"strings"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/proof/record"
)

// Outcomes are what became of everything in a folder of recordings.
type Outcomes struct {
	Incoming []*record.Association
	Objects  map[string][]*Object // by SOP instance UID of the request, in order of arrival
	Strays   map[string][]Forward // of objects that did not come by an association, by SOP instance UID
	Programs map[string]int
	Files    map[string]int
	Deleted  map[string]int // SOP instance UIDs as they came
}

// Object is what became of one object.
type Object struct {
	record.Event
	Exports  []record.Event
	Forwards []Forward
}

// Forward is an object that was sent.
type Forward struct {
	To, As string // AE titles: called, calling
	Syntax string
	Status string
	a      *record.Association
	m      *record.Message
}

// Dataset is the object without pixel data.
func (f *Forward) Dataset() (*dicom.Dataset, error) { return f.a.Dataset(f.m) }

// Pixels are the pixel data that were left out.
func (f *Forward) Pixels() *record.Pixels { return f.m.Pixels }

// Collect reads a folder of recordings. dir is a folder whose name is taken out of
// the names of programs and files, so that those of a copy are the same.
func Collect(folder, dir string) (*Outcomes, error) {
	list, err := record.Recordings(folder)
	if err != nil {
		return nil, err
	}
	o := &Outcomes{Objects: map[string][]*Object{}, Strays: map[string][]Forward{}, Programs: map[string]int{}, Files: map[string]int{}, Deleted: map[string]int{}}
	stored, err := o.events(folder, dir)
	if err != nil {
		return nil, err
	}
	for _, path := range list {
		a, err := record.Read(path)
		if err != nil {
			return nil, err
		}
		if a.Outgoing {
			o.sent(a, stored)
		} else if a.Proposal != nil {
			o.Incoming = append(o.Incoming, a)
		}
	}
	return o, nil
}

// events takes the events of a folder; the result finds objects by the UID that
// they were stored with.
func (o *Outcomes) events(folder, dir string) (stored map[string]*Object, err error) {
	events, err := record.Events(folder)
	if err != nil {
		return nil, err
	}
	stored = map[string]*Object{}
	for _, e := range events {
		switch e.Kind {
		case record.Object:
			x := &Object{Event: e}
			o.Objects[e.Received] = append(o.Objects[e.Received], x)
			stored[e.SOP] = x
		case record.Export:
			if x := stored[e.SOP]; x != nil {
				x.Exports = append(x.Exports, e)
			}
		case record.Deleted:
			sop := e.SOP
			if x := stored[e.SOP]; x != nil {
				sop = x.Received
			}
			o.Deleted[sop]++
		case record.Program, record.Lua:
			o.Programs[without(e.Detail, dir)]++
		case record.FileMade:
			o.Files[without(e.Detail, dir)]++
		}
	}
	return stored, nil
}

// without is a text with a folder in it named SITE.
func without(text, dir string) string {
	if dir == "" {
		return text
	}
	return strings.ReplaceAll(text, filepath.Clean(dir), "SITE")
}

// sent takes the objects of an association that the server opened.
func (o *Outcomes) sent(a *record.Association, stored map[string]*Object) {
	if a.Proposal == nil {
		return
	}
	for i := range a.Messages {
		m := &a.Messages[i]
		if !m.Caller || m.Command.Field != dimse.CStoreRQ {
			continue
		}
		f := Forward{To: a.Proposal.Called.String(), As: a.Proposal.Calling.String(), Syntax: m.Syntax, Status: "no answer", a: a, m: m}
		if r := Response(a, i); r != nil {
			f.Status = StatusText(r.Command.Status)
		}
		sop := m.Command.AffectedSOPInstanceUID
		if x := stored[sop]; x != nil {
			x.Forwards = append(x.Forwards, f)
		} else {
			o.Strays[sop] = append(o.Strays[sop], f)
		}
	}
}

// Response is the last response to message i, nil when there is none.
func Response(a *record.Association, i int) *record.Message {
	rq := &a.Messages[i]
	for k := i + 1; k < len(a.Messages); k++ {
		m := &a.Messages[k]
		if m.Caller != rq.Caller && m.Command.Field == rq.Command.Field.Response() && m.Command.MessageIDRespondedTo == rq.Command.MessageID && !m.Command.Status.IsPending() {
			return m
		}
	}
	return nil
}

// Pending are the responses to message i before the last one.
func Pending(a *record.Association, i int) (list []*record.Message) {
	rq := &a.Messages[i]
	for k := i + 1; k < len(a.Messages); k++ {
		m := &a.Messages[k]
		if m.Caller == rq.Caller || m.Command.Field != rq.Command.Field.Response() || m.Command.MessageIDRespondedTo != rq.Command.MessageID {
			continue
		}
		if !m.Command.Status.IsPending() {
			break
		}
		list = append(list, m)
	}
	return list
}

// StatusText is a status as reports show it.
func StatusText(s dimse.Status) string { return fmt.Sprintf("%04X", uint16(s)) }
