package scripting

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"conquest/cformat"
	"conquest/dicom"
	"conquest/finding"
)

// delayedArgs are the clauses of a delayed command. An unknown word is passed
// over character by character until a clause begins.
type delayedArgs struct {
	command Delayed // as far as the text tells
	scope   string  // whose UIDs of the object count: patient, study, series, image, selection
	later   []func(x *exec, d *Delayed) (problem string)
	target  *part // of submit2, put into its command
	upload  *part
}

const operationLength = 11

func parseDelayed(r *reader) *delayedArgs {
	a, text := &delayedArgs{}, r.line.text
	verb, rest, _ := strings.Cut(text, " ")
	level, _, _ := strings.Cut(rest, " ")
	d := &a.command
	d.Verb, d.Level = mapASCII(verb, 'A', 'Z', 32), mapASCII(level, 'A', 'Z', 32)
	a.scope = d.Level
	d.Operation = verb + " " + level
	if len(d.Operation) > operationLength {
		d.Operation = d.Operation[:operationLength]
	}
	for i := len(verb) + 1 + len(level) + 1; i < len(text); {
		i = a.clause(r, i)
	}
	if a.upload != nil {
		r.shellPlaces(*a.upload)
		a.later = append(a.later, a.setUpload)
	}
	checkClauses(r)
	if (d.Verb == "forward" || d.Verb == "get") && d.AE == "" {
		r.note(finding.Error, 0, "the "+d.Verb+" names no AE", "write "+d.Verb+" "+d.Level+map[string]string{"forward": " to AE", "get": " from AE"}[d.Verb])
	}
	return a
}

// wordClauses are the clauses with one word; the scope they set, if any.
var wordClauses = []struct {
	name  string
	scope string
	set   func(a *delayedArgs, word string)
}{
	{"compressed as ", "", func(a *delayedArgs, w string) { a.command.Compression = w }},
	{"to ", "", func(a *delayedArgs, w string) { a.command.AE = w }},
	{"after ", "", func(a *delayedArgs, w string) { a.command.After = max(0, atoi(w)) }},
	{"from ", "", func(a *delayedArgs, w string) { a.command.AE = w }},
	{"date ", "selection", func(a *delayedArgs, w string) { a.at(func(_ *exec, d *Delayed) { d.Date = w }) }},
	{"now ", "selection", (*delayedArgs).now},
	{"age ", "selection", (*delayedArgs).age},
	{"modality ", "selection", func(a *delayedArgs, w string) { a.command.Modality = w }},
	{"sop ", "selection", func(a *delayedArgs, w string) { a.command.SOP = w }},
	{"imagetype ", "study", func(a *delayedArgs, w string) { a.command.ImageType = w }},
	{"split ", "", func(a *delayedArgs, w string) { a.command.Split = w }},
	{"seriesdesc ", "study", func(a *delayedArgs, w string) { a.command.SeriesDesc = w }},
	{"password ", "", func(a *delayedArgs, w string) { a.command.Password = w }},
	{"series ", "selection", func(a *delayedArgs, w string) { a.command.SeriesUID = w }},
	{"study ", "selection", func(a *delayedArgs, w string) { a.command.StudyUID = w }},
}

// clause reads the clause at byte i, if one begins there, and tells where to go
// on.
func (a *delayedArgs) clause(r *reader, i int) int {
	line := &r.line
	if len(line.spans) > 0 && line.data(i) {
		return i + 1
	}
	rest := line.text[i:]
	switch {
	case hasPrefixFold(rest, "by "):
		a.by(r, r.take(i+len("by "), len(line.text)))
		return len(line.text)
	case hasPrefixFold(rest, "command ["):
		from := i + len("command [")
		to := wordEnd(line, from, ']')
		p := r.take(from, to)
		a.upload = &p
		return to + 1
	case hasPrefixFold(rest, "command "):
		from := i + len("command ")
		to := wordEnd(line, from, ' ')
		a.upload = &part{from, to}
		return to + 1
	case hasPrefixFold(rest, "target "):
		from := i + len("target ")
		to := wordEnd(line, from, ' ')
		a.target, a.command.Target = &part{from, to}, line.text[from:to]
		return to + 1
	case hasPrefixFold(rest, "script "):
		a.script(r.take(i+len("script "), len(line.text)))
		return len(line.text)
	}
	for _, c := range wordClauses {
		if hasPrefixFold(rest, c.name) {
			to := wordEnd(line, i+len(c.name), ' ')
			c.set(a, line.text[i+len(c.name):to])
			if c.scope != "" {
				a.scope = c.scope
			}
			return to + 1
		}
	}
	return i + 1
}

// wordEnd is where the word from byte i on ends: at a byte that is, unless it is
// a blank, no part of a value.
func wordEnd(v *value, i int, end byte) int {
	for i < len(v.text) && (v.text[i] != end || end != ' ' && v.data(i)) {
		i++
	}
	return i
}

// at puts off a clause until the values are known.
func (a *delayedArgs) at(run func(x *exec, d *Delayed)) {
	a.later = append(a.later, func(x *exec, d *Delayed) string { run(x, d); return "" })
}

func (a *delayedArgs) by(r *reader, p part) {
	if a.command.Verb == "process" {
		r.shellPlaces(p)
	}
	a.later = append(a.later, func(x *exec, d *Delayed) (why string) {
		v := x.take(p)
		d.Command, d.Shell = v.text, v.text
		if d.Verb != "process" {
			d.AE = v.text
			return ""
		}
		if _, _, lua := d.LuaFile(); lua {
			return ""
		}
		return d.setShell(&d.Shell, &v)
	})
}

// setShell makes the command that the shell gets.
func (d *Delayed) setShell(to *string, v *value) (why string) {
	command, err := shellCommand(v, runtime.GOOS)
	if err != nil {
		return "not queued: " + err.Error()
	}
	*to = command
	return ""
}

// setUpload makes the command of submit2: the target stands in the place of the
// second %s, quoted as the place asks.
func (a *delayedArgs) setUpload(x *exec, d *Delayed) (why string) {
	command := x.take(*a.upload)
	command = command.mapData(doubledPercent)
	if a.target != nil {
		command = command.withTarget(x.take(*a.target))
	}
	return d.setShell(&d.Upload, &command)
}

// withTarget puts the target of an upload into the place of the second %s.
func (v *value) withTarget(target value) value {
	places := cformat.Conversions(v.text)
	if len(places) < 2 {
		return *v
	}
	return v.replace(places[1][0], places[1][1], target.mapAll(doubledPercent))
}

// UploadCommand is the command of a submit2 that did not come by a statement, with
// %s for the archive and for the target. A target with characters that a shell
// reads is quoted for its place, or refused.
func UploadCommand(command, archive, target string) (string, error) {
	v, to := value{text: command}, value{text: target}
	if strings.ContainsAny(target, ";&|`$()<>'\"\\\n\r") {
		to.spans = []span{{0, len(target), fromObject}}
	}
	v = v.withTarget(to)
	text, err := shellCommand(&v, runtime.GOOS)
	if err != nil {
		return "", err
	}
	return cformat.Sprintf(text, archive, target), nil
}

func doubledPercent(s string) string { return strings.ReplaceAll(s, "%", "%%") }

func (a *delayedArgs) script(p part) {
	a.at(func(x *exec, d *Delayed) {
		v := x.take(p)
		if at(v.text, 0) == '"' {
			v = v.slice(1, max(1, len(strings.TrimSuffix(v.text[1:], `"`))+1))
		}
		d.Script = scriptText(&v)
	})
}

// now is a range of days around today.
func (a *delayedArgs) now(w string) {
	a.at(func(x *exec, d *Delayed) { d.Date = dateRange(x.env.Now(), w) })
}

// age is a range of days around the study date of the object.
func (a *delayedArgs) age(w string) {
	a.later = append(a.later, func(x *exec, d *Delayed) string {
		date := x.text(dicom.StudyDate)
		if len(date) > 8 {
			date = date[:8]
		}
		day, err := time.ParseInLocation("20060102", date, x.env.Now().Location())
		if err != nil {
			return "the object has no study date for clause age"
		}
		d.Date = dateRange(day, w)
		return ""
	})
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
