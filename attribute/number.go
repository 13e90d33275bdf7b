package attribute

import (
	"hash/crc32"
	"math"
	"strconv"
	"strings"
)

// Int reads an integer of 32 bits as C does: the longest prefix that is one, 0
// for none; more wraps around.
func Int(s string) int {
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] >= '\t' && s[i] <= '\r') {
		i++
	}
	neg := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	end := i
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	n, _ := strconv.ParseInt(s[i:end], 10, 64)
	if neg {
		n = -n
	}
	return int(int32(n))
}

// Float reads a number as C does: the longest prefix that is one, 0 for none.
func Float(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	i := 0
	if at(s, i) == '-' || at(s, i) == '+' {
		i++
	}
	for _, name := range [...]string{"inf", "nan"} {
		if len(s) >= i+3 && strings.EqualFold(s[i:i+3], name) {
			f, _ := strconv.ParseFloat(s[:i]+name, 64)
			if name == "nan" {
				f = math.NaN()
			}
			return f
		}
	}
	for isDigit(at(s, i)) {
		i++
	}
	if at(s, i) == '.' {
		i++
		for isDigit(at(s, i)) {
			i++
		}
	}
	if at(s, i)|0x20 == 'e' {
		k := i + 1
		if at(s, k) == '-' || at(s, k) == '+' {
			k++
		}
		if isDigit(at(s, k)) {
			for isDigit(at(s, k)) {
				k++
			}
			i = k
		}
	}
	f, _ := strconv.ParseFloat(s[:i], 64)
	return f
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// at is byte i of s, 0 beyond its end.
func at(s string, i int) byte {
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i]
}

// Checksum is the number that %A and the checksums of commands show of a text: the
// CRC-32 of IEEE 802.3 with start value 0 and without the final inversion.
func Checksum(s string) uint32 {
	return ^crc32.Update(^uint32(0), crc32.IEEETable, []byte(s))
}
