package luabind

import (
	"os"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/dicom"
	"conquest/lua"
	"conquest/oplog"
)

// query is a copy of the object of argument n, nil when it is none.
func (s *State) query(l *glua.LState, n int) *dicom.Dataset {
	o := toObject(l.Get(n))
	if o == nil || o.data() == nil {
		return nil
	}
	s.share()
	return o.data().Clone()
}

// find is a C-FIND by one of the ways of the host.
func (s *State) find(l *glua.LState, how func(ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error), missing bool) int {
	q := s.query(l, 3)
	if q == nil {
		return 0
	}
	ae, level := lua.ArgText(l, 1), lua.ArgText(l, 2)
	defer s.into(l)()
	found, err := how(ae, level, q)
	if err != nil {
		if !missing {
			return 0
		}
		found = nil
	}
	l.Push(s.newArray(found))
	return 1
}

func fnDicomQuery(s *State, l *glua.LState) int {
	return s.find(l, func(ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
		return s.e.host.Find(s.vm.Context(), ae, level, d)
	}, false)
}

func fnDicomQuery2(s *State, l *glua.LState) int {
	return s.find(l, func(ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
		return s.e.host.VirtualFind(s.vm.Context(), ae, level, d)
	}, true)
}

func fnDicomGet(s *State, l *glua.LState) int {
	return s.find(l, func(ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
		return s.e.host.Get(s.vm.Context(), ae, level, d)
	}, false)
}

func fnDicomRead(s *State, l *glua.LState) int {
	q := s.query(l, 1)
	if q == nil {
		return 0
	}
	defer s.into(l)()
	found, err := s.e.host.FindObjects(s.vm.Context(), q, looseInt(l, 2))
	if err != nil {
		found = nil
	}
	l.Push(s.newArray(found))
	return 1
}

func fnDicomMove(s *State, l *glua.LState) int {
	m := Move{Query: s.query(l, 3)}
	if m.Query == nil {
		return 0
	}
	m.Source, m.Destination = lua.ArgText(l, 1), lua.ArgText(l, 2)
	m.PatientRoot = looseInt(l, 4) != 0
	switch extra := l.Get(5).(type) {
	case *glua.LUserData:
		m.Command = s.query(l, 5)
	case glua.LNumber:
		m.Thread = lua.FormatNumber(float64(extra))
	case glua.LString:
		m.Progress = s.moveProgress(l, string(extra))
	}
	if !selects(m.Query) {
		const failure = "***dicommove: no keys: nothing is moved"
		s.e.host.Operator(failure)
		return lua.GiveText(l, failure)
	}
	defer s.into(l)()
	if err := s.e.host.Move(s.vm.Context(), m); err != nil {
		return lua.GiveText(l, err.Error())
	}
	return 0
}

// moveProgress runs code after each pending response. Its errors go to the log.
func (s *State) moveProgress(l *glua.LState, code string) func(done, total int) {
	f, err := s.vm.Load(l, code, code)
	if err != nil {
		s.e.host.Operator((&Error{Syntax: true, Message: err.Error(), Text: code}).Error())
		return nil
	}
	return func(done, total int) {
		s.e.host.SetText("StatusString", "dicommove: "+itoa(done)+" of "+itoa(total)+" images transferred")
		l.Push(f)
		top := l.GetTop() - 1
		if err := s.vm.Protect(l, 0); err != nil {
			text, _ := lua.ToText(s.vm.ErrorValue(err))
			s.e.host.Operator((&Error{Message: text, Text: code}).Error())
		}
		l.SetTop(top)
	}
}

// objectsOf are copies of the object or the items of argument n.
func (s *State) objectsOf(l *glua.LState, n int) []*dicom.Dataset {
	if d := s.query(l, n); d != nil {
		return []*dicom.Dataset{d}
	}
	var ds []*dicom.Dataset
	if a := toArray(l.Get(n)); a != nil {
		s.share()
		for _, d := range a.list() {
			ds = append(ds, d.Clone())
		}
	}
	return ds
}

func fnDicomStore(s *State, l *glua.LState) int {
	ae := lua.ArgText(l, 1)
	ds := s.objectsOf(l, 2)
	if ds == nil {
		return 0
	}
	defer s.into(l)()
	answers, err := s.e.host.Store(s.vm.Context(), ae, ds)
	if err != nil {
		return lua.GiveText(l, "Failed to connect to host")
	}
	for i, a := range answers {
		if a == nil {
			answers[i] = &dicom.Dataset{}
		}
	}
	l.Push(s.newArray(answers))
	return 1
}

func fnDicomEcho(s *State, l *glua.LState) int {
	ae := lua.ArgText(l, 1)
	extra := s.query(l, 2)
	defer s.into(l)()
	answer, err := s.e.host.Echo(s.vm.Context(), ae, extra)
	if err != nil || answer == nil {
		return 0
	}
	l.Push(s.wrap(&object{ds: answer}))
	return 1
}

func fnDicomPrint(s *State, l *glua.LState) int {
	ds := s.objectsOf(l, 1)
	if ds == nil {
		return 0
	}
	p := Print{Objects: ds, AE: lua.ArgText(l, 2), Annotation: lua.OptText(l, 3, ""), Options: map[string]string{}}
	for pair := range strings.SplitSeq(lua.OptText(l, 4, ""), ";") {
		if key, v, ok := strings.Cut(pair, "="); ok {
			p.Options[strings.TrimSpace(key)] = strings.TrimSpace(v)
		}
	}
	if t, ok := l.Get(4).(*glua.LTable); ok {
		t.ForEach(func(k, v glua.LValue) {
			key, ok := lua.ToText(k)
			text, isText := lua.ToText(v)
			if ok && isText {
				p.Options[key] = text
			}
		})
	}
	defer s.into(l)()
	if err := s.e.host.Print(s.vm.Context(), p); err != nil {
		return lua.GiveText(l, "Failed to print DICOM image(s)")
	}
	return 0
}

// fnServerCommand sends a command to this server. The second argument tells what
// becomes of the answer: "binary", "<file" (upload), ">file", "cgi", "cgibinary",
// "cgihtml".
func fnServerCommand(s *State, l *glua.LState) int {
	command, ok := lua.ToText(l.Get(1))
	mode, _ := lua.ToText(l.Get(2))
	if !ok {
		return 0
	}
	var upload []byte
	if name, ok := strings.CutPrefix(mode, "<"); ok {
		var err error
		if upload, err = os.ReadFile(name); err != nil {
			oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "servercommand", err)
			return 0
		}
	}
	defer s.into(l)()
	answer, ok, err := s.e.host.ServerCommand(s.vm.Context(), command, upload)
	if err != nil || !ok {
		return 0
	}
	if name, ok := strings.CutPrefix(mode, ">"); ok {
		if s.vm.Dry("write the answer to file %s", name) {
			return 0
		}
		if err := os.WriteFile(name, answer, 0o666); err != nil {
			oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "servercommand", err)
		}
		return 0
	}
	switch mode {
	case "cgi", "cgibinary":
		s.write(string(answer))
		return 0
	case "cgihtml":
		s.write(string(EscapeLinks(answer)))
		return 0
	case "binary":
	default:
		if n := len(answer); n > 0 && (answer[n-1] == ' ' || answer[n-1] == 0) {
			answer = answer[:n-1]
		}
	}
	return lua.GiveText(l, string(answer))
}

// EscapeLinks writes the blanks within links of a page as %20.
func EscapeLinks(page []byte) []byte {
	out := make([]byte, 0, len(page))
	inside := false
	for i, c := range page {
		switch {
		case !inside && i > 3 && page[i-3] == '<' && page[i-2] == 'A':
			inside = true
		case inside && c == '>':
			inside = false
		}
		if inside && c == ' ' {
			out = append(out, "%20"...)
		} else {
			out = append(out, c)
		}
	}
	return out
}
