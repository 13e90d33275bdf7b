// Package pack is module pack for package lua: string.pack, string.unpack and
// string.reshape (docs/original/lua.md 2.1).
package pack

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// Open adds pack, unpack and reshape to string; require('pack') calls it
// (docs/original/lua.md 2.1).
func Open(s *lua.State, l *glua.LState) int {
	if t, ok := l.G.Global.RawGetString("string").(*glua.LTable); ok {
		s.Fill(t, lua.Functions{"pack": strPack, "unpack": strUnpack, "reshape": strReshape})
	}
	return 0
}

// packCode is a letter of a format and how often it counts.
type packCode struct {
	letter byte
	count  int // 1 when none is given
	given  bool
	order  binary.ByteOrder
}

// packCodes cuts a format.
func packCodes(l *glua.LState, format string) []packCode {
	var codes []packCode
	var order binary.ByteOrder = binary.LittleEndian
	for i := 0; i < len(format); {
		c := packCode{letter: format[i], count: 1}
		i++
		start := i
		for i < len(format) && format[i] >= '0' && format[i] <= '9' {
			i++
		}
		if i > start {
			c.given, c.count = true, atoi(format[start:i])
		}
		switch c.letter {
		case '<', '=':
			order = binary.LittleEndian
			continue
		case '>':
			order = binary.BigEndian
			continue
		case ' ', ',':
			continue
		}
		c.order = order
		if strings.IndexByte("zpPaAfdncbhHiIlL", c.letter) < 0 {
			lua.ArgError(l, 1, "bad code `"+string([]byte{c.letter})+"'")
		}
		codes = append(codes, c)
	}
	return codes
}

// atoi is the number of digits; too many give the largest one.
func atoi(digits string) int {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return int(n)
}

// packSize is the size of a number, or of the length before a string.
func packSize(letter byte) int {
	switch letter {
	case 'c', 'b', 'p':
		return 1
	case 'h', 'H', 'P':
		return 2
	case 'i', 'I', 'f':
		return 4
	}
	return 8 // l, L, a, d, n
}

func appendWord(b []byte, order binary.ByteOrder, size int, v uint64) []byte {
	var w [8]byte
	if order == binary.ByteOrder(binary.BigEndian) {
		binary.BigEndian.PutUint64(w[:], v<<(64-8*size))
	} else {
		binary.LittleEndian.PutUint64(w[:], v)
	}
	return append(b, w[:size]...)
}

func strPack(s *lua.State, l *glua.LState) int {
	var b []byte
	arg := 2
	for _, c := range packCodes(l, lua.ArgText(l, 1)) {
		if c.letter == 'A' {
			for range c.count {
				b = append(b, lua.ArgText(l, arg)...)
				arg++
			}
			continue
		}
		for range c.count {
			b = packValue(l, b, c, arg)
			arg++
			s.Room(l, len(b))
		}
	}
	return lua.GiveText(l, string(b))
}

func packValue(l *glua.LState, b []byte, c packCode, arg int) []byte {
	size := packSize(c.letter)
	switch c.letter {
	case 'z':
		return append(append(b, lua.ArgText(l, arg)...), 0)
	case 'p', 'P', 'a':
		text := lua.ArgText(l, arg)
		return append(appendWord(b, c.order, size, uint64(len(text))), text...)
	case 'f':
		return appendWord(b, c.order, size, uint64(math.Float32bits(float32(lua.ArgNumber(l, arg)))))
	case 'd', 'n':
		return appendWord(b, c.order, size, math.Float64bits(lua.ArgNumber(l, arg)))
	}
	return appendWord(b, c.order, size, uint64(int64(lua.ToInt(lua.ArgNumber(l, arg)))))
}

// maxUnpacked bounds the values of one string.unpack.
const maxUnpacked = 250000

func strUnpack(s *lua.State, l *glua.LState) int {
	data, codes := lua.ArgText(l, 1), packCodes(l, lua.ArgText(l, 2))
	at := max(lua.OptInt(l, 3, 1)-1, 0)
	l.Push(glua.LNil) // place of the next position
	n := 1
	done := func() int {
		l.Replace(l.GetTop()-n+1, glua.LNumber(at+1))
		return n
	}
	for _, c := range codes {
		times := c.count
		if c.letter == 'A' {
			times = 1
		}
		for range times {
			v, next, ok := unpackValue(data, at, c)
			if !ok || n > maxUnpacked {
				return done()
			}
			l.Push(v)
			at = next
			n++
		}
	}
	return done()
}

func unpackValue(data string, at int, c packCode) (v glua.LValue, next int, ok bool) {
	if at > len(data) {
		return nil, at, false
	}
	rest := data[at:]
	switch c.letter {
	case 'A':
		if c.count > len(rest) {
			return nil, at, false
		}
		return glua.LString(rest[:c.count]), at + c.count, true
	case 'z':
		text, _, found := strings.Cut(rest, "\x00")
		return glua.LString(text), at + len(text) + 1, found
	}
	size := packSize(c.letter)
	if size > len(rest) {
		return nil, at, false
	}
	var w [8]byte
	if c.order == binary.ByteOrder(binary.BigEndian) {
		for i := range size {
			w[size-1-i] = rest[i]
		}
	} else {
		copy(w[:], rest[:size])
	}
	u := binary.LittleEndian.Uint64(w[:])
	at += size
	switch c.letter {
	case 'p', 'P', 'a':
		if u > uint64(len(data)-at) {
			return nil, at, false
		}
		return glua.LString(data[at : at+int(u)]), at + int(u), true
	case 'f':
		return glua.LNumber(math.Float32frombits(uint32(u))), at, true
	case 'd', 'n':
		return glua.LNumber(math.Float64frombits(u)), at, true
	case 'c':
		return glua.LNumber(int8(u)), at, true
	case 'h':
		return glua.LNumber(int16(u)), at, true
	case 'i':
		return glua.LNumber(int32(u)), at, true
	case 'l':
		return glua.LNumber(int64(u)), at, true
	}
	return glua.LNumber(u), at, true
}

// strReshape turns rows of values of d1 bytes, d2 in a row, into columns.
func strReshape(s *lua.State, l *glua.LState) int {
	data, d1, d2 := lua.ArgText(l, 1), lua.ArgInt(l, 2), lua.ArgInt(l, 3)
	if d1 < 1 || d2 < 1 || d1 > lua.MaxString || d2 > lua.MaxString || len(data)%(d1*d2) != 0 {
		l.RaiseError("string.reshape: length of the string is no multiple of %d*%d", d1, d2)
	}
	count := len(data) / (d1 * d2)
	b := make([]byte, 0, len(data))
	for i := range d2 {
		for k := range count {
			at := (k*d2 + i) * d1
			b = append(b, data[at:at+d1]...)
		}
	}
	return lua.GiveText(l, string(b))
}
