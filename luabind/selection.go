package luabind

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/dicom"
	"conquest/lua"
	"conquest/oplog"
)

// Functions that delete or change whatever matches an object. None takes an object
// without a value for everything that is stored.

// selects tells whether the keys of q leave anything out: one has a value that is not
// just a star.
func selects(q *dicom.Dataset) bool {
	for e := range q.All() {
		if e.Tag == dicom.QueryRetrieveLevel || e.Tag == dicom.SpecificCharacterSet || e.Tag.Group() <= 2 || e.Tag.IsGroupLength() {
			continue
		}
		if e.Items != nil {
			for _, item := range e.Items {
				if selects(item) {
					return true
				}
			}
			continue
		}
		if v, err := e.Bytes(); err == nil && strings.Trim(string(v), "* \x00") != "" {
			return true
		}
	}
	return false
}

// selection is the object of argument 1 for function name, nil when it is none or
// selects too little, which is told. The elements of needed must be there, with or
// without a value: the original finds nothing without them.
func (s *State) selection(l *glua.LState, name string, needed ...dicom.Tag) *dicom.Dataset {
	q := s.query(l, 1)
	if q == nil {
		return nil
	}
	missing := ""
	for _, t := range needed {
		if !q.Has(t) {
			missing = dicom.CurrentDictionary().Keyword(t)
		}
	}
	switch {
	case missing != "":
		oplog.LuaLacksKey(oplog.Lines(s.e.host.Operator), name, missing)
		return nil
	case !selects(q):
		oplog.LuaLacksKeys(oplog.Lines(s.e.host.Operator), name)
		return nil
	}
	return q
}

func fnDicomDelete(s *State, l *glua.LState) int {
	if s.query(l, 1) == nil {
		return 0
	}
	q := s.selection(l, "dicomdelete")
	if q == nil {
		return lua.Give(l, glua.LTrue)
	}
	defer s.into(l)()
	if err := s.e.host.Delete(s.vm.Context(), q); err != nil {
		oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "dicomdelete", err)
	}
	return lua.Give(l, glua.LTrue)
}

func fnNewDicomDelete(s *State, l *glua.LState) int {
	q := s.selection(l, "newdicomdelete", dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID)
	if q == nil {
		return 0
	}
	defer s.into(l)()
	if err := s.e.host.Remove(s.vm.Context(), q, lua.OptText(l, 2, "")); err != nil {
		oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "newdicomdelete", err)
	}
	return 0
}

func fnNewDicomModify(s *State, l *glua.LState) int { return s.modify(l, "newdicommodify", false) }
func fnNewDicomCopy(s *State, l *glua.LState) int   { return s.modify(l, "newdicomcopy", true) }

func (s *State) modify(l *glua.LState, name string, copies bool) int {
	q := s.selection(l, name, dicom.SOPInstanceUID)
	if q == nil {
		return 0
	}
	script, thread := lua.ArgText(l, 2), lua.OptText(l, 3, "")
	defer s.into(l)()
	if err := s.e.host.Modify(s.vm.Context(), q, script, copies, thread); err != nil {
		oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "modify", err)
	}
	return 0
}
