package ui

import (
	"fmt"
	"net/http"
	"strings"

	"conquest/dicom"
)

// attribute is a line of the table of an object.
type attribute struct {
	Depth   int
	Tag     string
	VR      string
	Name    string
	Value   string
	Private bool
}

// longestShown is how much of a value a page has, in characters.
const longestShown = 400

type instanceData struct {
	Instance
	Attributes []attribute
	Pictures   bool // it has pixels that can be shown
	FrameList  []int
}

// mostFrames is how many frames of an object a page lists.
const mostFrames = 200

func (h *Handler) instance(w http.ResponseWriter, r *http.Request) {
	var d instanceData
	err := h.site.Object(r.Context(), r.PathValue("study"), r.PathValue("series"), r.PathValue("sop"), func(ds *dicom.Dataset, i Instance) error {
		d.Instance = i
		d.Attributes = attributes(nil, ds, 0)
		d.Pictures = ds.Has(dicom.PixelData)
		return nil
	})
	if err != nil {
		h.fail(w, r, err)
		return
	}
	for n := 1; d.Pictures && n <= min(max(d.Frames, 1), mostFrames); n++ {
		d.FrameList = append(d.FrameList, n)
	}
	h.show(w, r, "instance", "Object", d)
}

// attributes are the lines of a data set, items indented below their sequence.
func attributes(list []attribute, ds *dicom.Dataset, depth int) []attribute {
	for e := range ds.All() {
		a := attribute{Depth: depth, Tag: fmt.Sprintf("(%04X,%04X)", e.Tag.Group(), e.Tag.Element()), VR: e.VR.String(), Private: e.Tag.Group()%2 == 1}
		if entry, ok := dicom.CurrentDictionary().Lookup(e.Tag); ok {
			a.Name = entry.Name
		}
		a.Value = shown(ds, e)
		list = append(list, a)
		for i, item := range e.Items {
			list = append(list, attribute{Depth: depth + 1, Name: fmt.Sprintf("Item %d", i+1)})
			list = attributes(list, item, depth+1)
		}
	}
	return list
}

// shown is the value of an element as a page has it, in UTF-8.
func shown(ds *dicom.Dataset, e *dicom.Element) string {
	switch {
	case e.IsSequence():
		return fmt.Sprintf("%d items", len(e.Items))
	case e.Fragments != nil:
		return fmt.Sprintf("%d fragments", e.Fragments.Len())
	case dicom.IsBulk(e):
		return sizeText(e.Length())
	}
	text := strings.ToValidUTF8(dicom.DecodeText(ds, []byte(e.String())), "\uFFFD")
	if runes := []rune(text); len(runes) > longestShown {
		return string(runes[:longestShown]) + "…"
	}
	return text
}
