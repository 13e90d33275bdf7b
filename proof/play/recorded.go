package play

import (
	"strings"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/proof/record"
)

// Recorded is a recorded association as [Source]. Numbers of its requests among the
// messages are in Index.
type Recorded struct {
	*record.Association
	list  []Request
	Index []int
	// Left are the server commands that are not played, and why requests are left out.
	Left []string
}

// FromRecording takes the requests out of a recording; ok is false when there is
// nothing to play.
func FromRecording(a *record.Association) (s *Recorded, ok bool) {
	if a.Proposal == nil || a.Outgoing {
		return nil, false
	}
	s = &Recorded{Association: a}
	for i := range a.Messages {
		m := &a.Messages[i]
		if !m.Caller || m.Command.Field.IsResponse() || m.Command.Field == dimse.CCancelRQ {
			continue
		}
		if text := CommandText(m.Command); text != "" && !Playable(text) {
			s.Left = append(s.Left, "server command "+firstWord(text))
			continue
		}
		rq := Request{Context: m.Context, Syntax: m.Syntax, Command: m.Command, Set: m.Set}
		if m.HasData {
			rq.Data = func() ([]byte, error) { return withPixels(a, m) }
		}
		s.list, s.Index = append(s.list, rq), append(s.Index, i)
	}
	return s, true
}

// Proposal is that of the recording.
func (s *Recorded) Proposal() *dimse.AssociateRQ { return s.Association.Proposal }

// Requests are those of the recording.
func (s *Recorded) Requests() []Request { return s.list }

// withPixels is a data set; pixel data that were left out are zeros when they were
// plain.
func withPixels(a *record.Association, m *record.Message) ([]byte, error) {
	b, err := a.Data(m)
	if err != nil || m.Pixels == nil || m.Pixels.Packed {
		return b, err
	}
	ts, ok := dicom.LookupTransferSyntax(m.Syntax)
	if !ok {
		return b, nil
	}
	ds, err := dicom.Parse(b, ts, dicom.ParseOptions{})
	if err != nil {
		return nil, err
	}
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: make([]byte, m.Pixels.Length)})
	return dicom.Append(nil, ds, ts)
}

// CommandText is the text of a server command in a C-ECHO, "" when there is none.
func CommandText(c *dimse.Command) string {
	const consoleCommand dicom.Tag = 0x99990400
	if c.Field != dimse.CEchoRQ {
		return ""
	}
	v, _ := c.Value(consoleCommand)
	return strings.TrimRight(string(v), " \x00")
}

func firstWord(text string) string {
	name, _, _ := strings.Cut(text, ":")
	return strings.ToLower(strings.TrimSpace(name))
}

// playable are the server commands that may be played: they change nothing but the
// index, devices and settings of a copy. The number is how many | stand before the
// file that the server would write its answer to; 0 where there is none.
var playable = map[string]int{
	"deletepatient": 0, "deletestudy": 0, "deleteseries": 0, "deleteimage": 0, "deletestudies": 0, "deletesopfromdb": 0, "deleterecord": 0,
	"changeuid": 0, "changeuidback": 0, "checksum": 0, "mergeseries": 0, "mergestudy": 0, "modifyseries": 0, "modifystudy": 0, "modifier": 0,
	"loadhl7": 0, "addrecord": 0, "read_amap": 0, "get_sop": 0, "get_transfer": 0, "get_sqldef": 0, "get_amap": 0, "get_amaps": 0, "get_dic": 0, "lua": 0,
	"imagefinder": 3, "patientfinder": 3, "seriesfinder": 3, "studyfinder": 3, "imagelister": 4, "serieslister": 4, "query": 4, "query2": 5,
}

// Playable tells whether a server command may be played to a copy of a site.
func Playable(text string) bool {
	before, ok := playable[firstWord(text)]
	if !ok || before == 0 {
		return ok
	}
	fields := strings.Split(text, "|")
	return len(fields) <= before || strings.TrimSpace(fields[before]) == ""
}
