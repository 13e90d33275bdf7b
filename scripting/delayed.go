package scripting

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"conquest/dicom"
)

// Delayed is a command for the delayed queue with its clauses
// (docs/original/scripting.md 5.4). The widths of the old queue record are not applied.
type Delayed struct {
	Verb  string // forward, get, delete, process, merge, submit, submit2, prefetch, preretrieve
	Level string // patient, study, series, image; "" for prefetch and preretrieve

	// Operation is the verb text of the old queue record and of the log: verb
	// and level cut to 11 characters, e.g. "forward stu".
	Operation string

	PatientID string
	AE        string // destination or source
	StudyUID  string // "" when the command is not limited to one
	SeriesUID string
	SOP       string

	Compression string
	Modality    string
	Date        string // yyyymmdd or yyyymmdd-yyyymmdd
	ImageType   string
	SeriesDesc  string
	Split       string // "N/M"
	Target      string // submit
	Password    string // submit
	// Upload is the command of submit2, with %s for the archive and for the
	// target; values of the object in it are quoted for the shell.
	Upload string
	Script string // may be run as it is: values of the object are escaped

	// Command is that of process as it was logged, Shell the same with values of
	// the object quoted for the shell. Lua files get Command.
	Command string
	Shell   string

	After int // seconds; 0 for ForwardCollectDelay
}

// LuaFile tells whether a process command is a Lua file and what its arguments
// are: the word before the first blank, or else before a parenthesis, ends in
// .lua.
func (d *Delayed) LuaFile() (path, args string, ok bool) {
	path, args, blank := strings.Cut(d.Command, " ")
	if !blank {
		path, args, _ = strings.Cut(d.Command, "(")
		args = strings.TrimSuffix(args, ")")
	}
	return path, args, strings.HasSuffix(path, ".lua")
}

func runPrefetch(x *exec, _ *value) {
	id := x.identity('i')
	if x.queue(&Delayed{Verb: "prefetch", Operation: "prefetch", PatientID: id}) {
		x.operator(": queued prefetch " + id)
	}
}

func runPreretrieve(x *exec, line *value) {
	id, ae := x.identity('i'), line.text[len("preretrieve "):]
	if x.queue(&Delayed{Verb: "preretrieve", Operation: "preretrieve", PatientID: id, AE: ae}) {
		x.operator(": queued preretrieve of patient " + id + " from " + ae)
	}
}

func (x *exec) queue(d *Delayed) bool {
	switch d.Verb {
	case "forward", "process", "merge", "submit", "submit2":
		x.run.copies().Waiting++
	}
	added := x.env.Queue(x.ctx, d)
	if !added {
		x.step.Detail = "an equal command was waiting already; its delay starts again"
	}
	return added
}

// runDelayed queues "VERB LEVEL clauses".
func runDelayed(x *exec, line *value) {
	p := clauseParser{x: x, line: line}
	p.parse()
	if p.err != "" {
		x.fail(": " + p.err)
		return
	}
	d := &p.d
	object := x.object()
	if object == nil {
		x.fail(": cannot read the object")
		return
	}
	d.PatientID = x.identity('i')
	if missing := x.selectObjects(d, p.scope); missing != "" && d.Verb == "delete" {
		x.fail(": " + missing + " is missing, nothing is deleted")
		return
	}
	to := d.AE
	if d.Verb == "process" {
		to = d.Command
	}
	if x.queue(d) {
		x.operator(": queued " + d.Operation + " - (single object " + d.Modality + " " + d.Date + " of " + d.PatientID + ") to " + to)
	}
}

// selectObjects puts in the UIDs of the object that limit the command and names
// one that is missing.
func (x *exec) selectObjects(d *Delayed, scope string) (missing string) {
	need := func(t dicom.Tag, to *string) {
		if *to = x.text(t); *to == "" && missing == "" {
			missing = dicom.CurrentDictionary().Keyword(t)
		}
	}
	if scope == "study" || scope == "series" || scope == "image" {
		need(dicom.StudyInstanceUID, &d.StudyUID)
	}
	if scope == "series" || scope == "image" {
		need(dicom.SeriesInstanceUID, &d.SeriesUID)
	}
	if scope == "image" {
		need(dicom.SOPInstanceUID, &d.SOP)
	}
	if d.PatientID == "" {
		missing = "PatientID"
	}
	return missing
}

// clauseParser reads the clauses of a delayed command. An unknown word is passed
// over character by character until a clause begins.
type clauseParser struct {
	x     *exec
	line  *value
	d     Delayed
	scope string // whose UIDs of the object count: patient, study, series, image, selection
	err   string
}

const operationLength = 11

func (p *clauseParser) parse() {
	text := p.line.text
	verb, rest, _ := strings.Cut(text, " ")
	level, _, _ := strings.Cut(rest, " ")
	p.d.Verb, p.d.Level = mapASCII(verb, 'A', 'Z', 32), mapASCII(level, 'A', 'Z', 32)
	p.scope = p.d.Level
	p.d.Operation = verb + " " + level
	if len(p.d.Operation) > operationLength {
		p.d.Operation = p.d.Operation[:operationLength]
	}
	for i := len(verb) + 1 + len(level) + 1; i < len(text); {
		i = p.clause(i)
	}
}

// wordClauses are the clauses with one word; the scope they set, if any.
var wordClauses = []struct {
	name  string
	scope string
	set   func(p *clauseParser, word string)
}{
	{"compressed as ", "", func(p *clauseParser, w string) { p.d.Compression = w }},
	{"to ", "", func(p *clauseParser, w string) { p.d.AE = w }},
	{"after ", "", func(p *clauseParser, w string) { p.d.After = max(0, atoi(w)) }},
	{"from ", "", func(p *clauseParser, w string) { p.d.AE = w }},
	{"date ", "selection", func(p *clauseParser, w string) { p.d.Date = w }},
	{"now ", "selection", func(p *clauseParser, w string) { p.d.Date = dateRange(p.x.env.Now(), w) }},
	{"age ", "selection", (*clauseParser).age},
	{"modality ", "selection", func(p *clauseParser, w string) { p.d.Modality = w }},
	{"sop ", "selection", func(p *clauseParser, w string) { p.d.SOP = w }},
	{"imagetype ", "study", func(p *clauseParser, w string) { p.d.ImageType = w }},
	{"split ", "", func(p *clauseParser, w string) { p.d.Split = w }},
	{"target ", "", func(p *clauseParser, w string) { p.d.Target = w }},
	{"seriesdesc ", "study", func(p *clauseParser, w string) { p.d.SeriesDesc = w }},
	{"password ", "", func(p *clauseParser, w string) { p.d.Password = w }},
	{"series ", "selection", func(p *clauseParser, w string) { p.d.SeriesUID = w }},
	{"study ", "selection", func(p *clauseParser, w string) { p.d.StudyUID = w }},
}

// clause reads the clause at byte i, if one begins there, and tells where to go
// on.
func (p *clauseParser) clause(i int) int {
	text := p.line.text
	if len(p.line.spans) > 0 && p.line.data(i) {
		return i + 1
	}
	word := func(from int, end byte) (value, int) {
		to := from
		for to < len(text) && (text[to] != end || end != ' ' && p.line.data(to)) {
			to++
		}
		return p.line.slice(from, to), to + 1
	}
	rest := text[i:]
	switch {
	case hasPrefixFold(rest, "by "):
		v := p.line.from(i + len("by "))
		p.d.Command, p.d.Shell = v.text, shellCommand(&v, runtime.GOOS)
		if _, _, lua := p.d.LuaFile(); lua {
			p.d.Shell = p.d.Command
		}
		if p.d.Verb != "process" {
			p.d.AE = v.text
		}
		return len(text)
	case hasPrefixFold(rest, "command ["):
		v, next := word(i+len("command ["), ']')
		p.d.Upload = shellCommand(&v, runtime.GOOS)
		return next
	case hasPrefixFold(rest, "command "):
		v, next := word(i+len("command "), ' ')
		p.d.Upload = shellCommand(&v, runtime.GOOS)
		return next
	case hasPrefixFold(rest, "script "):
		v := p.line.from(i + len("script "))
		if at(v.text, 0) == '"' {
			v = v.slice(1, max(1, len(strings.TrimSuffix(v.text[1:], `"`))+1))
		}
		p.d.Script = scriptText(&v)
		return len(text)
	}
	for _, c := range wordClauses {
		if hasPrefixFold(rest, c.name) {
			v, next := word(i+len(c.name), ' ')
			c.set(p, v.text)
			if c.scope != "" {
				p.scope = c.scope
			}
			return next
		}
	}
	return i + 1
}

// age is a range of days around the study date of the object.
func (p *clauseParser) age(w string) {
	date := p.x.text(dicom.StudyDate)
	if len(date) > 8 {
		date = date[:8]
	}
	day, err := time.ParseInLocation("20060102", date, p.x.env.Now().Location())
	if err != nil {
		p.err = "the object has no study date for clause age"
		return
	}
	p.d.Date = dateRange(day, w)
}

const maxDays = 366 * 1000

// dateRange is the dates from -a to +b days around a day.
func dateRange(day time.Time, days string) string {
	from, to := atoi(days), 0
	if len(days) > 1 {
		if i := strings.IndexByte(days[1:], '+'); i >= 0 {
			to = atoi(days[1+i:])
		} else if i := strings.IndexByte(days[1:], '-'); i >= 0 {
			to = atoi(days[1+i:])
		}
	}
	limit := func(n int) int { return max(-maxDays, min(n, maxDays)) }
	first, last := day.AddDate(0, 0, limit(from)), day.AddDate(0, 0, limit(to))
	return fmt.Sprintf("%s-%s", first.Format("20060102"), last.Format("20060102"))
}
