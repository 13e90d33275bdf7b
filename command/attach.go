package command

import (
	"context"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/oplog"
)

// attacher enters a copy of an object below the patient, study or series of a
// sample.
func attacher(level string, deepest dicom.Tag) handler {
	return func(ctx context.Context, c *call) ([]byte, error) {
		if !c.has(1) {
			return nil, nil
		}
		said := attachWords{"AttachAnyTo" + strings.ToUpper(level[:1]) + level[1:], "sample", "Attached image to " + level}
		return nil, c.attachTo(ctx, c.field(0), c.field(1), said, func(of *dicom.Dataset) string {
			return attachScript(of, deepest)
		})
	}
}

// runAttachPlan enters a copy of an RT plan that refers to a structure set.
func runAttachPlan(ctx context.Context, c *call) ([]byte, error) {
	if !c.has(1) {
		return nil, nil
	}
	plan, structures := c.field(0), c.field(1)
	said := attachWords{"AttachRTPLANToRTSTRUCT", "struct", "Attached rtplan to rtstruct"}
	return nil, c.attachTo(ctx, plan, structures, said, func(of *dicom.Dataset) string {
		return attachScript(of, dicom.StudyInstanceUID) +
			setLine("0008,1110/0008,1155", of.String(dicom.StudyInstanceUID)) +
			setLine("300c,0060/0008,1155", of.String(dicom.SOPInstanceUID))
	})
}

// attachWords are what the log says of a command.
type attachWords struct{ command, sample, done string }

func (c *call) attachTo(ctx context.Context, file, sample string, said attachWords, script func(*dicom.Dataset) string) error {
	of, err := c.s.loadDesignated(ctx, sample)
	if err != nil {
		oplog.AttachSampleFailed(c.s.Console, said.command, sample, said.sample)
		return nil
	}
	path, err := c.s.attach(ctx, c.caller, file, script(of))
	if err == nil {
		oplog.AttachedTo(c.s.Console, said.done, path)
	}
	return nil
}

// attachScript makes new UIDs below a level and takes the values of the levels
// above from the sample.
func attachScript(of *dicom.Dataset, deepest dicom.Tag) string {
	var b strings.Builder
	switch deepest {
	case dicom.StudyInstanceUID:
		b.WriteString("newuids except 0020,000d;")
	case dicom.SeriesInstanceUID:
		b.WriteString("newuids except 0020,000d|0020,000e;")
	default:
		b.WriteString("newuids;")
	}
	for _, t := range []dicom.Tag{dicom.PatientName, dicom.PatientID, dicom.PatientBirthDate, dicom.PatientSex} {
		b.WriteString(setLine(tagText(t), of.String(t)))
	}
	for _, t := range []dicom.Tag{dicom.StudyInstanceUID, dicom.SeriesInstanceUID} {
		if deepest == dicom.PatientID || deepest == dicom.StudyInstanceUID && t == dicom.SeriesInstanceUID {
			break
		}
		b.WriteString(setLine(tagText(t), of.String(t)))
	}
	return b.String()
}

func tagText(t dicom.Tag) string { return fmt.Sprintf("%04x,%04x", t.Group(), t.Element()) }

// setLine is a statement that sets an element to a text, which keeps it from
// ending the statement.
func setLine(path, value string) string {
	value = strings.NewReplacer(`"`, "'", "\n", " ", "\r", " ").Replace(value)
	return "set " + path + ` to "` + value + `";`
}
