package scripting

import (
	"strings"

	"conquest/dicom"
	"conquest/oplog"
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

func runPrefetch(x *exec) {
	id := x.identity('i')
	if x.queue(&Delayed{Verb: "prefetch", Operation: "prefetch", PatientID: id}) {
		oplog.RuleQueuesPrefetch(says{x}, x, id)
	}
}

func parsePreretrieve(r *reader) peer {
	p := r.restOfLine()
	return peer{p, r.holds(p), r.text()}
}

// peer is the AE of preretrieve.
type peer struct {
	part
	varies bool // holds variables
	name   string
}

func runPreretrieve(x *exec, p peer) {
	id, ae := x.identity('i'), x.string(p.part)
	if x.queue(&Delayed{Verb: "preretrieve", Operation: "preretrieve", PatientID: id, AE: ae}) {
		oplog.RuleQueuesPreretrieve(says{x}, x, id, ae)
	}
}

func (x *exec) queue(d *Delayed) bool {
	switch d.Verb {
	case "forward", "process", "merge", "submit", "submit2":
		x.run.copies().Waiting++
	}
	added, err := x.env.Queue(x.ctx, d)
	switch {
	case err != nil:
		x.run.copies().Unkept = err
		oplog.RuleProblem(failing{x}, x.String(), err.Error())
	case !added:
		x.step.Detail = "an equal command was waiting already; its delay starts again"
	}
	return added
}

// runDelayed queues "VERB LEVEL clauses".
func runDelayed(x *exec, a *delayedArgs) {
	d := a.command
	for _, clause := range a.later {
		if why := clause(x, &d); why != "" {
			x.fail(": " + why)
			return
		}
	}
	if x.object() == nil {
		x.fail(": cannot read the object")
		return
	}
	d.PatientID = x.identity('i')
	if missing := x.selectObjects(&d, a.scope); missing != "" && d.Verb == "delete" {
		x.fail(": " + missing + " is missing, nothing is deleted")
		return
	}
	to := d.AE
	if d.Verb == "process" {
		to = d.Command
	}
	if x.queue(&d) {
		oplog.RuleQueues(says{x}, x, d.Operation, d.Modality, d.Date, d.PatientID, to)
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
