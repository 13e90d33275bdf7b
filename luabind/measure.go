package luabind

import (
	"conquest/dicom"
	"conquest/lua"
)

// elementSize is about what an element takes besides its value.
const elementSize = 96

// Hold counts the data set; that of the chunk is the server's.
func (o *object) Hold(h *lua.Holding) {
	if !o.hook {
		holdDataset(h, o.ds)
	}
}

// Hold counts the items of its own.
func (a *array) Hold(h *lua.Holding) {
	for _, d := range a.items {
		holdDataset(h, d)
	}
}

func holdDataset(h *lua.Holding, d *dicom.Dataset) {
	if d == nil {
		return
	}
	for e := range d.All() {
		h.Add(elementSize)
		h.Bytes(e.Value)
		if e.Fragments != nil {
			for _, f := range e.Fragments.Data {
				h.Bytes(f)
			}
		}
		for _, item := range e.Items {
			holdDataset(h, item)
		}
	}
}
