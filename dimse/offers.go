package dimse

import (
	"fmt"
	"slices"
	"strings"

	"conquest/dicom"
)

// Propose is what to propose for sending these objects: for each SOP class its own
// transfer syntax when it is compressed, by itself, and the uncompressed ones.
func Propose(objects ...*dicom.Dataset) []ContextRequest {
	var list []ContextRequest
	add := func(c ContextRequest) {
		if !slices.ContainsFunc(list, func(o ContextRequest) bool {
			return o.AbstractSyntax == c.AbstractSyntax && slices.Equal(o.TransferSyntaxes, c.TransferSyntaxes)
		}) {
			list = append(list, c)
		}
	}
	for _, ds := range objects {
		class, ts := ds.String(dicom.SOPClassUID), ds.TransferSyntax()
		if ts.Encapsulated || ts.Deflated {
			add(ContextRequest{AbstractSyntax: class, TransferSyntaxes: []string{ts.UID}})
		}
		if !ts.Encapsulated {
			add(ContextRequest{AbstractSyntax: class, TransferSyntaxes: []string{dicom.ExplicitLittleEndian, dicom.ImplicitLittleEndian}})
		}
	}
	return list
}

// noContext says that nothing fits a message of a class, and what there is.
func (a *Association) noContext(class string, d *Data) error {
	need := ""
	if d != nil && (d.ds == nil || d.ds.Has(dicom.TransferSyntaxUID)) {
		ts := d.syntax
		if d.ds != nil {
			ts = d.ds.TransferSyntax()
		}
		need = " in " + ts.Name
	}
	return fmt.Errorf("SOP class %s%s: %w: %s", named(class), need, ErrNoContext, a.offers(class))
}

// offers lists what was proposed, of one class unless it is "", and what became of
// it.
func (a *Association) offers(class string) string {
	var list []string
	for _, pc := range a.contexts {
		if class != "" && pc.AbstractSyntax != class {
			continue
		}
		what := ""
		if class == "" {
			what = named(pc.AbstractSyntax) + " in "
		}
		switch {
		case pc.Accepted():
			what += pc.TransferSyntax.Name + " accepted"
		default:
			var names []string
			for _, uid := range pc.Proposed {
				ts, _ := dicom.LookupTransferSyntax(uid)
				names = append(names, ts.Name)
			}
			what += strings.Join(names, " or ") + " " + resultText(pc.Result)
		}
		list = append(list, what)
		if len(list) == maxOffers {
			list = append(list, "...")
			break
		}
	}
	if list == nil {
		return "the class was not proposed"
	}
	return strings.Join(list, "; ")
}

// maxOffers bounds what an error lists.
const maxOffers = 8

// named is a UID with its name, where it has one.
func named(class string) string {
	if name := dicom.StorageClassName(class); name != "" {
		return class + " (" + name + ")"
	}
	return class
}

func resultText(result byte) string {
	switch result {
	case ContextAbstractNotSupported:
		return "refused: abstract syntax not supported"
	case ContextTransferNotSupported:
		return "refused: transfer syntaxes not supported"
	}
	return fmt.Sprintf("refused: result %d", result)
}
