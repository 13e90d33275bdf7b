package scripting

import (
	"strings"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/oplog"
)

// uidPlan is what newuids and olduids do to each UID.
type uidPlan struct {
	x       *exec
	routine string // of log lines
	verb    string
	change  func(uid, name string) (string, error)
	skip    []string // tags "gggg,eeee" or UIDs that stay
	set     []tagValue
}

type tagValue struct {
	tag   string
	value string
}

// uidArgs are the clauses of newuids and olduids.
type uidArgs struct {
	stage *part
	skip  []string
	set   []tagValue
}

// uidChanges are newuids and olduids. What follows the bare word does not count.
var uidChanges = commands{
	{prefix: "newuids except ", name: "newuids", grammar: with(parseExcept, runNewUIDs)},
	{prefix: "newuids stage ", name: "newuids", grammar: with(parseStage, runNewUIDs)},
	{prefix: "newuids", name: "newuids", grammar: with(parseAllUIDs, runNewUIDs)},
	{prefix: "olduids except ", name: "olduids", grammar: with(parseExcept, runOldUIDs)},
	{prefix: "olduids stage ", name: "olduids", grammar: with(parseStage, runOldUIDs)},
	{prefix: "olduids", name: "olduids", grammar: with(parseAllUIDs, runOldUIDs)},
}

func parseAllUIDs(r *reader) uidArgs { r.restOfLine(); return uidArgs{} }

func parseStage(r *reader) uidArgs {
	p := r.restOfLine()
	return uidArgs{stage: &p}
}

// parseExcept reads A|B|C=V.
func parseExcept(r *reader) (a uidArgs) {
	for item := range strings.SplitSeq(strings.Trim(r.text(), `"`), "|") {
		item = strings.TrimSuffix(item, ";")
		if len(item) > 9 && item[9] == '=' && item[4] == ',' {
			a.set = append(a.set, tagValue{item[:9], item[10:]})
		} else if item != "" {
			a.skip = append(a.skip, item)
		}
	}
	return a
}

func runNewUIDs(x *exec, a uidArgs) {
	stage, plan := x.uidPlan(a)
	plan.routine, plan.verb = "NewUIDsInDICOMObject", "changing"
	plan.change = func(uid, name string) (string, error) { return x.env.ChangeUID(uid, name, stage) }
	x.mapUIDs(plan)
}

func runOldUIDs(x *exec, a uidArgs) {
	stage, plan := x.uidPlan(a)
	plan.routine, plan.verb = "OldUIDsInDICOMObject", "restoring"
	plan.change = func(uid, _ string) (string, error) { return x.env.ChangeUIDBack(uid, stage) }
	x.mapUIDs(plan)
}

func (x *exec) uidPlan(a uidArgs) (stage string, plan uidPlan) {
	if a.stage != nil {
		stage = x.string(*a.stage)
	}
	return stage, uidPlan{x: x, skip: a.skip, set: a.set}
}

func (x *exec) mapUIDs(plan uidPlan) {
	d := x.object()
	if d == nil {
		x.ignored("no object")
		return
	}
	plan.apply(d)
	oplog.RuleExecutes(says{x}, x, x.line.text)
}

// apply changes the UIDs of d and of its sequences, in order of tags.
func (p *uidPlan) apply(d *dicom.Dataset) {
	dict := dicom.CurrentDictionary()
	for i := range d.Len() {
		e := d.At(i)
		if v, ok := p.setting(e.Tag); ok {
			oplog.SettingElement(oplog.Lines(p.x.env.Operator), p.routine, e.Tag.String())
			tag := e.Tag
			attribute.Assign(d, tag, v)
			continue
		}
		if len(e.Items) > 0 {
			for _, item := range e.Items {
				p.apply(item)
			}
			continue
		}
		entry, _ := dict.Lookup(e.Tag)
		if entry.VR != dicom.UI || strings.Contains(entry.Keyword, "Class") || e.Tag == dicom.TransferSyntaxUID {
			continue
		}
		p.changeUID(d, e, entry.Keyword)
	}
}

func (p *uidPlan) changeUID(d *dicom.Dataset, e *dicom.Element, name string) {
	uid := e.String()
	tag := e.Tag.String()
	for _, s := range p.skip {
		if s == tag || s == uid {
			return
		}
	}
	where := tag + " (" + name + ")"
	var changed string
	var err error
	unknown := uid == "" && p.verb == "restoring"
	if !unknown {
		changed, err = p.change(uid, name)
	}
	if unknown || err != nil {
		oplog.UIDNotMapped(oplog.Lines(p.x.env.Operator), p.routine, where)
		return
	}
	if p.x.env.Debugging() {
		oplog.MappingUID(oplog.Lines(p.x.env.Debug), p.routine, p.verb, where)
	}
	d.Put(dicom.NewText(e.Tag, dicom.UI, changed))
}

func (p *uidPlan) setting(t dicom.Tag) (string, bool) {
	if len(p.set) == 0 {
		return "", false
	}
	tag := t.String()
	for _, s := range p.set {
		if s.tag == tag {
			return s.value, true
		}
	}
	return "", false
}
