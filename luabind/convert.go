package luabind

import (
	"encoding/binary"
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// binaryFormat is a format of ConvertBinaryData: "[N*]tL".
type binaryFormat struct {
	count, size int
	kind        byte // f, u, s, or anything else
}

func parseBinaryFormat(text string) binaryFormat {
	f := binaryFormat{count: 1}
	if n, rest, ok := strings.Cut(text, "*"); ok {
		f.count, text = int(leadingInt(n)), rest
	}
	if text != "" {
		f.kind = text[0]
		f.size = int(leadingInt(text[1:]))
	}
	valid := f.kind == 'f' && (f.size == 4 || f.size == 8) || f.kind == 'u' && f.size >= 1 && f.size <= 4 ||
		f.kind == 's' && f.size >= 1
	if !valid || f.count < 0 {
		f.kind = 0
	}
	return f
}

// fnConvert turns a string of numbers into a table from 1, or a table into such a
// string; numbers are little endian.
func fnConvert(s *State, l *glua.LState) int {
	f := parseBinaryFormat(lua.ArgText(l, 1))
	if t, ok := l.Get(2).(*glua.LTable); ok {
		return f.fromTable(s, l, t)
	}
	if data, ok := lua.ToText(l.Get(2)); ok {
		return f.toTable(s, l, data)
	}
	return lua.Give(l, l.Get(l.GetTop()))
}

func (f binaryFormat) toTable(s *State, l *glua.LState, data string) int {
	n := 0
	if f.kind != 0 {
		n = min(f.count, (len(data)+f.size-1)/f.size)
	}
	s.vm.Room(l, n*numberRoom)
	t := l.CreateTable(n, 0)
	var word [8]byte
	for i := range n {
		piece := data[i*f.size:]
		if f.kind == 's' {
			text, _, _ := strings.Cut(piece[:min(f.size, len(piece))], "\x00")
			t.Append(glua.LString(text))
			continue
		}
		word = [8]byte{}
		copy(word[:f.size], piece)
		bits := binary.LittleEndian.Uint64(word[:])
		switch {
		case f.kind == 'u':
			t.Append(glua.LNumber(bits))
		case f.size == 4:
			t.Append(glua.LNumber(math.Float32frombits(uint32(bits))))
		default:
			t.Append(glua.LNumber(math.Float64frombits(bits)))
		}
	}
	l.Push(t)
	return 1
}

func (f binaryFormat) fromTable(s *State, l *glua.LState, t *glua.LTable) int {
	if f.kind == 0 {
		lua.ArgError(l, 1, "unknown format")
	}
	s.vm.Room(l, f.count)
	s.vm.Room(l, f.count*f.size)
	b := make([]byte, 0, f.count*f.size)
	for i := 1; i <= f.count; i++ {
		v := lua.RawAt(t, i)
		if f.kind == 's' {
			text, ok := lua.ToText(v)
			if !ok {
				l.RaiseError("bad argument #2 to 'ConvertBinaryData' (string expected at index %d, got %s)", i, v.Type())
			}
			text = text[:min(len(text), f.size)]
			b = append(append(b, text...), make([]byte, f.size-len(text))...)
			continue
		}
		n, _ := lua.ToNumber(v)
		switch {
		case f.kind == 'f' && f.size == 4:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(n)))
		case f.kind == 'f':
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(n))
		default:
			u := uint64(lua.ToInt(n))
			for k := range f.size {
				b = append(b, byte(u>>(8*k)))
			}
		}
	}
	return lua.GiveText(l, string(b))
}
