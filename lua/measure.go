package lua

import (
	"reflect"

	glua "github.com/yuin/gopher-lua"
)

// Estimates of what values take, in bytes.
const (
	valueSize    = 16 // in an array or on the stack
	entrySize    = 48 // of a map, with its share of free places
	tableSize    = 96
	functionSize = 80
	upvalueSize  = 64
	threadSize   = 24 << 10 // besides its stack
	shortString  = 64       // from here on strings are counted once
)

// survey adds up what values hold.
type survey struct {
	bytes   int
	todo    []glua.LValue
	tables  map[*glua.LTable]struct{}
	others  map[glua.LValue]struct{}
	protos  map[*glua.FunctionProto]struct{}
	strings map[stretch]struct{}
	data    map[*byte]struct{}
}

// stretch is where a string lies.
type stretch struct {
	at uintptr
	n  int
}

// measure is about how many bytes are held by what scripts of the state can reach.
func (s *State) measure() int {
	if s.l == nil {
		return 0
	}
	v := survey{
		tables: make(map[*glua.LTable]struct{}), others: make(map[glua.LValue]struct{}),
		protos: make(map[*glua.FunctionProto]struct{}), strings: make(map[stretch]struct{}), data: make(map[*byte]struct{}),
	}
	v.add(s.l)
	v.add(s.l.G.Global)
	v.add(s.l.G.Registry)
	for t := s.l.G.CurrentThread; t != nil; t = t.Parent {
		v.add(t)
	}
	for _, basic := range []glua.LValue{glua.LNil, glua.LTrue, glua.LNumber(0), glua.LString(""), s.loading} {
		v.add(s.l.GetMetatable(basic))
	}
	for _, p := range s.dumped {
		v.proto(p.proto)
	}
	for len(v.todo) > 0 {
		x := v.todo[len(v.todo)-1]
		v.todo = v.todo[:len(v.todo)-1]
		v.look(x)
	}
	return v.bytes
}

// add counts a value once.
func (v *survey) add(x glua.LValue) {
	switch x := x.(type) {
	case glua.LString:
		v.text(string(x))
	case *glua.LTable:
		if x == nil {
			return
		}
		if _, known := v.tables[x]; !known {
			v.tables[x] = struct{}{}
			v.todo = append(v.todo, x)
		}
	case *glua.LFunction, *glua.LUserData, *glua.LState:
		if _, known := v.others[x]; !known {
			v.others[x] = struct{}{}
			v.todo = append(v.todo, x)
		}
	}
}

func (v *survey) text(s string) {
	v.bytes += valueSize
	if len(s) >= shortString {
		place := stretch{reflect.ValueOf(s).Pointer(), len(s)}
		if _, known := v.strings[place]; known {
			return
		}
		v.strings[place] = struct{}{}
	}
	v.bytes += len(s)
}

func (v *survey) look(x glua.LValue) {
	switch x := x.(type) {
	case *glua.LTable:
		v.table(x)
	case *glua.LFunction:
		v.function(x)
	case *glua.LState:
		v.bytes += threadSize
		values, room := stackOf(x)
		v.bytes += room * valueSize
		for _, y := range values {
			v.add(y)
		}
		v.add(x.Env)
	case *glua.LUserData:
		v.bytes += functionSize
		v.add(x.Metatable)
		v.add(x.Env)
		v.userdata(x.Value)
	}
}

func (v *survey) table(t *glua.LTable) {
	array, keys := tableRoom(t)
	v.bytes += tableSize + array*valueSize + keys*(valueSize+entrySize)
	v.add(t.Metatable)
	t.ForEach(func(k, x glua.LValue) {
		if _, ok := k.(glua.LNumber); !ok || keys > 0 {
			v.bytes += entrySize
		}
		v.add(k)
		v.add(x)
	})
}

func (v *survey) function(f *glua.LFunction) {
	v.bytes += functionSize
	v.add(f.Env)
	for _, u := range f.Upvalues {
		if u != nil {
			v.bytes += upvalueSize
			v.add(u.Value())
		}
	}
	v.proto(f.Proto)
}

func (v *survey) proto(p *glua.FunctionProto) {
	if p == nil {
		return
	}
	if _, known := v.protos[p]; known {
		return
	}
	v.protos[p] = struct{}{}
	v.bytes += 500 + 12*len(p.Code)
	for _, c := range p.Constants {
		v.add(c)
	}
	for _, q := range p.FunctionPrototypes {
		v.proto(q)
	}
}

func (v *survey) userdata(x any) {
	if h, ok := x.(Holder); ok {
		h.Hold(&Holding{v})
	}
}

// Holder is a value of userdata that tells what it holds, for the bound on memory.
type Holder interface{ Hold(h *Holding) }

// Holding adds up what a [Holder] holds.
type Holding struct{ v *survey }

// Add counts n bytes.
func (h *Holding) Add(n int) { h.v.bytes += n }

// Bytes counts what b has, once for all that hold it.
func (h *Holding) Bytes(b []byte) {
	if len(b) == 0 {
		return
	}
	if _, known := h.v.data[&b[0]]; known {
		return
	}
	h.v.data[&b[0]] = struct{}{}
	h.v.bytes += len(b)
}
