package luabind

import (
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/lua"
)

// object is a DicomObject: a data set, or an item of one.
type object struct {
	ds   *dicom.Dataset // nil after free, for the class, and for an absent command
	life *life          // nil: as long as the script holds it
	hook bool           // the object of the chunk
}

// life tells when the data sets of a chunk are no longer the script's: the server
// goes on with them.
type life struct{ over bool }

// data is the data set, nil when there is none any more.
func (o *object) data() *dicom.Dataset {
	if o.life != nil && o.life.over {
		return nil
	}
	return o.ds
}

// array is a DicomArray: a sequence of an object, or items of its own.
type array struct {
	parent *object // nil: items are its own
	tag    dicom.Tag
	items  []*dicom.Dataset
	life   *life
	freed  bool
}

func (a *array) list() []*dicom.Dataset {
	switch {
	case a.freed || a.life != nil && a.life.over:
		return nil
	case a.parent == nil:
		return a.items
	}
	if ds := a.parent.data(); ds != nil {
		return ds.Items(a.tag)
	}
	return nil
}

func (a *array) set(items []*dicom.Dataset) {
	switch {
	case a.freed || a.life != nil && a.life.over:
	case a.parent == nil:
		a.items = items
	case a.parent.data() != nil:
		if items == nil {
			items = []*dicom.Dataset{}
		}
		a.parent.ds.SetItems(a.tag, items...)
	}
}

func (a *array) add(d *dicom.Dataset) {
	old := a.list()
	a.set(append(old[:len(old):len(old)], d))
}

func (s *State) openObjects() {
	s.objects = s.fill(s.vm.L().CreateTable(0, 8), []entry{
		{"__index", objectIndex}, {"__newindex", objectNewIndex}, {"__len", objectLen}, {"__tostring", objectToString},
	})
	s.arrays = s.fill(s.vm.L().CreateTable(0, 8), []entry{
		{"__index", arrayIndex}, {"__newindex", arrayNewIndex}, {"__len", arrayLen}, {"__tostring", arrayToString},
	})
	s.noMethod = s.bind(func(*State, *glua.LState) int { return 0 })
	s.class = s.wrap(&object{})
	s.methods = make(map[string]*glua.LFunction)
}

// method is the function value of a method; each is made when first asked for.
func (s *State) method(name string) *glua.LFunction {
	if f := s.methods[name]; f != nil {
		return f
	}
	g := s.e.methods[name]
	if g == nil {
		return s.noMethod
	}
	f := s.bind(g)
	s.methods[name] = f
	return f
}

func (s *State) wrap(o *object) *glua.LUserData {
	return &glua.LUserData{Value: o, Metatable: s.objects, Env: s.vm.L().Env}
}

func (s *State) wrapArray(a *array) *glua.LUserData {
	return &glua.LUserData{Value: a, Metatable: s.arrays, Env: s.vm.L().Env}
}

// newArray makes an array that owns its items.
func (s *State) newArray(items []*dicom.Dataset) *glua.LUserData {
	return s.wrapArray(&array{items: items})
}

// toObject is v as an object, nil when it is none.
func toObject(v glua.LValue) *object {
	if ud, ok := v.(*glua.LUserData); ok {
		if o, ok := ud.Value.(*object); ok {
			return o
		}
	}
	return nil
}

func toArray(v glua.LValue) *array {
	if ud, ok := v.(*glua.LUserData); ok {
		if a, ok := ud.Value.(*array); ok {
			return a
		}
	}
	return nil
}

// keyText is a key of an object as text.
func keyText(l *glua.LState) string {
	key, ok := lua.ToText(l.Get(2))
	if !ok {
		l.RaiseError("wrong key of a DICOM object (string expected, got %s)", l.Get(2).Type())
	}
	return key
}

func objectIndex(s *State, l *glua.LState) int {
	o := l.Get(1).(*glua.LUserData).Value.(*object)
	key := keyText(l)
	if o.hook && key == "Storage" {
		if st := s.storage(o); st != nil {
			return lua.GiveText(l, *st)
		}
		return lua.Give(l, glua.LNil)
	}
	ds := o.data()
	methods := s.e.objectMethods
	if ds == nil {
		methods = s.e.classMethods
	}
	switch {
	case strings.Contains(methods, key):
		l.Push(s.method(key))
		return 1
	case ds == nil:
		return lua.Give(l, glua.LNil)
	}
	v := s.field(o, ds, key)
	s.access(l, ds, key, v, false)
	l.Push(v)
	return 1
}

// storage is where the preferred device of o is kept.
func (s *State) storage(o *object) *string {
	if s.run == nil || o.ds == nil || s.run.data.ds != o.ds {
		return nil
	}
	return s.run.chunk.Storage
}

func objectLen(s *State, l *glua.LState) int {
	if o := toObject(l.Get(1)); o != nil && o.data() != nil {
		return lua.GiveNumber(l, 1)
	}
	return lua.Give(l, glua.LNil)
}

func objectToString(s *State, l *glua.LState) int { return lua.GiveText(l, "Dicom Data Object") }

func arrayLen(s *State, l *glua.LState) int {
	if a := toArray(l.Get(1)); a != nil && !a.freed {
		return lua.GiveNumber(l, float64(len(a.list())))
	}
	return lua.Give(l, glua.LNil)
}

func arrayToString(s *State, l *glua.LState) int {
	if a := toArray(l.Get(1)); a != nil {
		return lua.GiveText(l, fmt.Sprintf("Dicom sequence with %d entries", len(a.list())))
	}
	return lua.GiveText(l, "")
}

// itemNumber reads the number of an item as the original does: any key that begins
// with a digit is one, so that "0008,1155" is item 0.
func itemNumber(key string) (int, bool) {
	if key == "" || !isDigit(key[0]) {
		return 0, false
	}
	f, ok := lua.ParseNumber(key)
	if !ok {
		return 0, true
	}
	return lua.ToInt(f), true
}

func arrayIndex(s *State, l *glua.LState) int {
	a := l.Get(1).(*glua.LUserData).Value.(*array)
	key := keyText(l)
	for _, m := range s.e.arrayMethods {
		if strings.Contains(m, key) {
			l.Push(s.method(m))
			return 1
		}
	}
	items := a.list()
	n, numbered := itemNumber(key)
	switch {
	case numbered && n == len(items) && n < maxItems:
		a.add(&dicom.Dataset{})
		items = a.list()
		fallthrough
	case numbered:
		if n < len(items) {
			l.Push(s.wrap(&object{ds: items[n], life: a.life}))
			return 1
		}
	case len(items) > 0:
		o := &object{ds: items[0], life: a.life}
		v := s.field(o, items[0], key)
		s.access(l, items[0], key, v, false)
		l.Push(v)
		return 1
	}
	return lua.Give(l, glua.LNil)
}

// maxItems bounds the items a script may add to a sequence.
const maxItems = 1 << 24

func arrayNewIndex(s *State, l *glua.LState) int {
	a := l.Get(1).(*glua.LUserData).Value.(*array)
	key, v := keyText(l), l.Get(3)
	if len(a.list()) == 0 {
		a.add(&dicom.Dataset{})
	}
	if items := a.list(); len(items) > 0 {
		s.access(l, items[0], key, v, true)
		s.assign(l, items[0], key, v)
	}
	return 0
}

func objectNewIndex(s *State, l *glua.LState) int {
	o := l.Get(1).(*glua.LUserData).Value.(*object)
	v := l.Get(3)
	key, ok := lua.ToText(l.Get(2))
	if !ok {
		l.RaiseError("wrong key of a DICOM object (string expected, got %s)", l.Get(2).Type())
	}
	if o.hook && key == "Storage" {
		if st := s.storage(o); st != nil {
			*st = lua.ArgText(l, 3)
			s.access(l, o.ds, key, v, true)
		}
		return 0
	}
	if ds := o.data(); ds != nil {
		s.access(l, ds, key, v, true)
		s.assign(l, ds, key, v)
	}
	return 0
}

func arrayDelete(s *State, l *glua.LState) int {
	a := toArray(l.Get(1))
	if a == nil {
		lua.WrongType(l, 1, "DicomArray")
	}
	s.deleteItem(l, a, 2)
	return 0
}

// deleteItem removes the item whose number is argument n.
func (s *State) deleteItem(l *glua.LState, a *array, arg int) {
	n := looseInt(l, arg)
	items := a.list()
	if n < 0 || n >= len(items) {
		lua.ArgError(l, arg, fmt.Sprintf("no item %d in a sequence of %d", n, len(items)))
	}
	a.set(append(append(make([]*dicom.Dataset, 0, len(items)-1), items[:n]...), items[n+1:]...))
}

func arrayAdd(s *State, l *glua.LState) int {
	a := toArray(l.Get(1))
	if a == nil {
		lua.WrongType(l, 1, "DicomArray")
	}
	if o := toObject(l.Get(2)); o != nil && o.data() != nil {
		s.share()
		a.add(o.data().Clone())
	}
	return 0
}

func fnDeleteFromSequence(s *State, l *glua.LState) int {
	o, next := s.target(l, 1)
	if o == nil {
		return 0
	}
	t, _, ok := attribute.CutTag(lua.OptText(l, next, ""))
	if e := o.data(); ok && e != nil && e.Get(t) != nil && e.Get(t).Items != nil {
		s.deleteItem(l, &array{parent: o, tag: t, life: o.life}, next+1)
	}
	return 0
}
