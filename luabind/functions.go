package luabind

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/dicom"
	"conquest/lua"
	"conquest/oplog"
)

// openFunctions registers the global functions.
func (s *State) openFunctions() {
	g := s.vm.L().G.Global
	for _, f := range s.e.functions {
		g.RawSetString(f.global, s.bind(f.f))
	}
	g.RawSetString("scriptdata", &glua.LUserData{Value: s, Metatable: glua.LNil, Env: s.vm.L().Env})
}

// target is the object a function works on: argument 1 when it is one, else that
// of the chunk; next is where the other arguments begin.
func (s *State) target(l *glua.LState, first int) (o *object, next int) {
	if ud, ok := l.Get(first).(*glua.LUserData); ok {
		o, _ := ud.Value.(*object)
		if o == nil || o.data() == nil {
			return nil, first + 1
		}
		return o, first + 1
	}
	if s.run == nil || s.run.data.data() == nil {
		return nil, first
	}
	return s.run.data, first
}

// given is the object that is argument 1, nil when it is none.
func given(l *glua.LState) *object {
	if o := toObject(l.Get(1)); o != nil && o.data() != nil {
		return o
	}
	return nil
}

// share ends the right to change pixels in place: another data set may hold them.
func (s *State) share() { s.pixels = ownedPixels{} }

// into notes that a thread calls the host, which may run chunks.
func (s *State) into(l *glua.LState) func() {
	s.share()
	return s.vm.Outside(l)
}

func verdict(code int) goFunction {
	return func(s *State, l *glua.LState) int {
		s.run.code = code
		return 0
	}
}

// fnDebugLog writes a line to the debug log.
func fnDebugLog(s *State, l *glua.LState) int {
	s.e.host.Debug(lua.PrintLine(l))
	return 0
}

func fnScript(s *State, l *glua.LState) int {
	o, _ := s.target(l, 1)
	if o == nil {
		return 0
	}
	line, ok := lua.ToText(l.Get(2))
	if !ok {
		line, _ = lua.ToText(l.Get(1))
	}
	defer s.into(l)()
	s.run.code = s.run.chunk.runLine(s.vm.Context(), line, o.data())
	return 0
}

// fnForward is the command "forward" on the object: an AE alone is a forward now,
// other text is that of the command. The verdict stays.
func fnForward(s *State, l *glua.LState) int {
	o, next := s.target(l, 1)
	if o == nil || l.GetTop() < next {
		l.RaiseError("bad argument #1 to 'forward' (destination expected)")
	}
	text := lua.ArgText(l, next)
	if !strings.Contains(text, " ") {
		text = "to " + text
	}
	defer s.into(l)()
	s.run.chunk.runLine(s.vm.Context(), "forward "+text, o.data())
	return 0
}

func fnNewObject(s *State, l *glua.LState) int {
	ds := &dicom.Dataset{}
	text, ok := lua.ToText(l.Get(2))
	if !ok {
		text, ok = lua.ToText(l.Get(1))
	}
	if ok {
		mergeJSON(ds, text)
	}
	l.Push(s.wrap(&object{ds: ds}))
	return 1
}

func fnNewArray(s *State, l *glua.LState) int {
	l.Push(s.newArray(nil))
	return 1
}

func fnFree(s *State, l *glua.LState) int {
	if o := toObject(l.Get(1)); o != nil {
		o.ds = nil
	}
	if a := toArray(l.Get(1)); a != nil {
		a.freed = true
	}
	return 0
}

func fnReset(s *State, l *glua.LState) int {
	if o, _ := s.target(l, 1); o != nil {
		o.data().DeleteFunc(func(*dicom.Element) bool { return true })
	}
	return 0
}

func fnReadDicom(s *State, l *glua.LState) int {
	o, next := s.target(l, 1)
	if o == nil || next == 1 && !lua.IsText(l.Get(1)) {
		return lua.GiveNumber(l, 1)
	}
	name := lua.ArgText(l, next)
	defer s.into(l)()
	ds, err := s.e.host.ReadObject(s.vm.Context(), name)
	if err != nil {
		l.RaiseError("Failed to read dicom file")
	}
	*o.data() = *ds.Clone()
	return lua.GiveNumber(l, 1)
}

func fnWriteDicom(s *State, l *glua.LState) int {
	o, next := s.target(l, 1)
	if o == nil || next == 1 && !lua.IsText(l.Get(1)) {
		return 0
	}
	name := lua.ArgText(l, next)
	defer s.into(l)()
	if err := s.e.host.WriteObject(s.vm.Context(), name, o.data()); err != nil {
		oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "write "+name, err)
	}
	return 0
}

func fnWriteHeader(s *State, l *glua.LState) int {
	o, next := s.target(l, 1)
	name, ok := lua.ToText(l.Get(next))
	if o == nil || !ok {
		return 0
	}
	if s.vm.Dry("write the elements to file %s", name) {
		return 0
	}
	f, err := os.Create(name)
	if err == nil {
		err = dicom.Dump(f, o.data())
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "dump to "+name, err)
	}
	return 0
}

func fnCopy(s *State, l *glua.LState) int {
	o := given(l)
	if o == nil {
		return 0
	}
	s.share()
	c := o.data().Clone()
	if text, ok := lua.ToText(l.Get(2)); ok {
		mergeJSON(c, text)
	}
	l.Push(s.wrap(&object{ds: c}))
	return 1
}

func fnCompress(s *State, l *glua.LState) int {
	mode := lua.ArgText(l, 2)
	o := given(l)
	if o == nil {
		return 0
	}
	kind := strings.ToLower(mode[:min(1, len(mode))])
	c := o.data().Clone()
	hasPixels := c.Has(dicom.PixelData) || c.NKI() != nil
	switch {
	case kind == "k", kind == "j" && !hasPixels:
		return 0
	case kind == "n" && !hasPixels:
		c.DeleteFunc(func(e *dicom.Element) bool { return e.Tag.Group() == 2 })
		l.Push(s.wrap(&object{ds: c}))
		return 1
	}
	defer s.into(l)()
	if err := s.e.host.Compress(s.vm.Context(), c, mode); err != nil {
		oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "compress to "+mode, err)
		return 0
	}
	l.Push(s.wrap(&object{ds: c}))
	return 1
}

func fnAddImage(s *State, l *glua.LState) int {
	o := given(l)
	if o == nil {
		return 0
	}
	defer s.into(l)()
	if err := s.e.host.AddImage(s.vm.Context(), o.data().Clone()); err != nil {
		oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "addimage", err)
	}
	return 0
}

func fnListItems(s *State, l *glua.LState) int {
	o := given(l)
	if o == nil {
		return 0
	}
	var list itemList
	group := -1
	for e := range o.data().All() {
		if g := int(e.Tag.Group()); g != group {
			group = g
			if !e.Tag.IsGroupLength() {
				list.add(dicom.NewTag(uint16(g), 0)) // every group of the original has one
			}
		}
		list.add(e.Tag)
	}
	for _, column := range list {
		l.Push(glua.LString(column))
	}
	return len(list)
}

// itemList is what ListItems gives: names, VRs, groups and elements. Bars part
// them from the first one with a name on.
type itemList [4][]byte

func (list *itemList) add(t dicom.Tag) {
	vr := ""
	entry, known := dicom.CurrentDictionary().Lookup(t)
	if known {
		vr = entry.VR.String()
	}
	named := len(list[0]) > 0
	for i, text := range [4]string{entry.Keyword, vr, itoa(int(t.Group())), itoa(int(t.Element()))} {
		if named {
			list[i] = append(list[i], '|')
		}
		list[i] = append(list[i], text...)
	}
}

func fnDictionary(s *State, l *glua.LState) int {
	dict := dicom.CurrentDictionary()
	switch l.GetTop() {
	case 1:
		t, ok := dict.Tag(lua.ArgText(l, 1))
		if !ok {
			return 0
		}
		return lua.Give(l, glua.LNumber(t.Group()), glua.LNumber(t.Element()))
	case 2:
		if name := dict.Keyword(dicom.NewTag(uint16(looseInt(l, 1)), uint16(looseInt(l, 2)))); name != "" {
			return lua.GiveText(l, name)
		}
	}
	return 0
}

func fnHeapInfo(s *State, l *glua.LState) int { return lua.GiveText(l, s.e.host.HeapInfo()) }
func fnGenUID(s *State, l *glua.LState) int   { return lua.GiveText(l, s.e.host.GenerateUID()) }

func fnSystem(s *State, l *glua.LState) int {
	command, ok := lua.ToText(l.Get(1))
	if !ok {
		return 0
	}
	return lua.GiveNumber(l, float64(s.vm.Shell(command)))
}

func fnSleep(s *State, l *glua.LState) int {
	f, ok := lua.ToNumber(l.Get(1))
	if !ok || !(f > 0) {
		return 0
	}
	s.vm.Wait(l, time.Duration(min(f, 1e12)*float64(time.Millisecond)))
	return 0
}

func fnMkdir(s *State, l *glua.LState) int {
	name, ok := lua.ToText(l.Get(1))
	if !ok {
		return 0
	}
	if s.vm.Dry("make directory %s", name) {
		return 0
	}
	if err := os.MkdirAll(name, 0o777); err != nil {
		oplog.LuaFailed(oplog.Lines(s.e.host.Debug), "mkdir", err)
	}
	return 0
}

// fnTempFile gives a fresh name; the file is not made.
func fnTempFile(s *State, l *glua.LState) int {
	return lua.GiveText(l, s.e.host.TempFile(lua.ArgText(l, 1)))
}

func fnTickCount(s *State, l *glua.LState) int {
	return lua.GiveNumber(l, float64(time.Now().UnixMilli()))
}

func fnHTML(s *State, l *glua.LState) int {
	const most = 5
	if n := l.GetTop(); n == 0 || n > most {
		return 0
	}
	format, ok := lua.ToText(l.Get(1))
	if !ok {
		return 0
	}
	args := make([]string, most-1)
	for i := range args {
		if text, ok := lua.ToText(l.Get(i + 2)); ok {
			args[i] = text
		} else if i+2 <= l.GetTop() {
			args[i] = "(null)"
		}
	}
	s.write(expandHTML(format, args) + "\n")
	return 0
}

// write goes to the page, or to the standard output.
func (s *State) write(text string) {
	if p := s.run.chunk.Page; p != nil {
		p.Write(text)
		return
	}
	_, _ = io.WriteString(s.vm.Stdout(), text) // as printf, which tells nobody
}

// expandHTML is printf with texts: every conversion takes the next argument as
// text.
func expandHTML(format string, args []string) string {
	var b strings.Builder
	n := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 >= len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		if format[i] == '%' {
			b.WriteByte('%')
			continue
		}
		left, width := false, 0
		for ; i < len(format) && strings.IndexByte("-+ #0", format[i]) >= 0; i++ {
			left = left || format[i] == '-'
		}
		for ; i < len(format) && isDigit(format[i]) && width < 1000; i++ {
			width = width*10 + int(format[i]-'0')
		}
		if n < len(args) {
			if left {
				width = -width
			}
			fmt.Fprintf(&b, "%*s", width, args[n])
			n++
		}
	}
	return b.String()
}

func fnCGI(s *State, l *glua.LState) int {
	p := s.run.chunk.Page
	if l.GetTop() == 0 {
		if p == nil {
			return lua.GiveText(l, "")
		}
		return lua.GiveText(l, string(p.Body()))
	}
	if p != nil {
		if v, ok := p.Parameter(lua.ArgText(l, 1)); ok {
			return lua.GiveText(l, v)
		}
	}
	return lua.GiveText(l, lua.OptText(l, 2, ""))
}
