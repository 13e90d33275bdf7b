package luabind

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// fnCRC is a CRC-32 that starts with 0 and is not inverted, in decimal; stored
// pseudonyms depend on it.
func fnCRC(s *State, l *glua.LState) int {
	if l.GetTop() != 1 {
		return lua.Give(l, glua.LNil)
	}
	text, _, _ := strings.Cut(lua.ArgText(l, 1), "\x00")
	crc := uint32(0)
	for i := 0; i < len(text); i++ {
		crc ^= uint32(text[i])
		for range 8 {
			crc = crc>>1 ^ 0xedb88320&-(crc&1)
		}
	}
	return lua.GiveText(l, strconv.FormatUint(uint64(crc), 10))
}

func fnMD5(s *State, l *glua.LState) int {
	if l.GetTop() != 1 {
		return lua.Give(l, glua.LNil)
	}
	text, _, _ := strings.Cut(lua.ArgText(l, 1), "\x00")
	sum := siteDigest([]byte(text))
	return lua.GiveText(l, fmt.Sprintf("%x", sum[:]))
}

// siteDigest is MD5 (RFC 1321) with the steps of the first round in the order
// 1, 2, 3, 0, 4 to 15, as stored pseudonyms and UIDs depend on it.
func siteDigest(msg []byte) [16]byte {
	length := uint64(len(msg)) * 8
	msg = append(append(make([]byte, 0, len(msg)+72), msg...), 0x80)
	for len(msg)%64 != 56 {
		msg = append(msg, 0)
	}
	msg = binary.LittleEndian.AppendUint64(msg, length)
	h := [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}
	for ; len(msg) >= 64; msg = msg[64:] {
		digestBlock(&h, msg)
	}
	var out [16]byte
	for i, w := range h {
		binary.LittleEndian.PutUint32(out[4*i:], w)
	}
	return out
}

func digestBlock(h *[4]uint32, block []byte) {
	var x [16]uint32
	for i := range x {
		x[i] = binary.LittleEndian.Uint32(block[4*i:])
	}
	shifts := [4][4]int{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}
	v := *h
	step := func(i int) {
		// The registers that step i works on do not depend on the order of steps.
		r := -i & 3
		a, b, c, d := &v[r], v[(r+1)&3], v[(r+2)&3], v[(r+3)&3]
		var f uint32
		k := i
		switch i / 16 {
		case 0:
			f = b&c | ^b&d
		case 1:
			f, k = b&d|c&^d, (5*i+1)%16
		case 2:
			f, k = b^c^d, (3*i+5)%16
		default:
			f, k = c^(b|^d), (7*i)%16
		}
		sine := uint32(math.Floor(math.Abs(math.Sin(float64(i+1))) * (1 << 32)))
		*a = b + bits.RotateLeft32(*a+f+x[k]+sine, shifts[i/16][i%4])
	}
	for _, i := range []int{1, 2, 3, 0} {
		step(i)
	}
	for i := 4; i < 64; i++ {
		step(i)
	}
	for i := range h {
		h[i] += v[i]
	}
}
