package db

import (
	"slices"
	"strings"

	"conquest/db/dbase"
)

// met compares without regard to letter case; an empty field meets nothing.
func (c *boundCondition) met(r dbase.Record) bool {
	if c.op == opAll {
		return true
	}
	if c.op == opEither {
		return slices.ContainsFunc(c.either, func(x condition) bool {
			one := boundCondition{condition: &x, at: c.at}
			return one.met(r)
		})
	}
	var v []byte
	width := 0
	if c.at.via == nil {
		v = r.Bytes(c.at.field)
		width = r.Width(c.at.field)
	} else {
		v = []byte(c.at.value(r))
	}
	key := func(s string) string {
		if width > 0 && len(s) > width {
			return s[:width]
		}
		return s
	}
	if len(v) == 0 {
		return c.op == opNull || c.op == opEqual && c.value == ""
	}
	switch c.op {
	case opEqual, opFoldEq:
		return equalFold(string(v), key(c.value))
	case opLike, opFoldLike:
		return wildcard(string(v), c.value)
	case opAtLeast:
		return compareFold(string(v), c.value) >= 0
	case opAtMost:
		return compareFold(string(v), c.value) <= 0
	case opUnequal:
		return !equalFold(string(v), key(c.value))
	case opBelow:
		return compareFold(string(v), c.value) < 0
	case opAbove:
		return compareFold(string(v), c.value) > 0
	case opNull:
		return false
	case opIn:
		return slices.ContainsFunc(c.values, func(w string) bool { return equalFold(string(v), key(w)) })
	case opAny:
		return equalFold(string(v), key(c.value)) ||
			strings.Contains(`\`+upperASCII(string(v))+`\`, `\`+upperASCII(c.value)+`\`)
	}
	return true
}

func compareFold(a, b string) int { return strings.Compare(upperASCII(a), upperASCII(b)) }

// wildcard matches s against a key with * and ?, letter case aside.
func wildcard(s, key string) bool {
	star, mark := -1, 0
	i, k := 0, 0
	for i < len(s) {
		switch {
		case k < len(key) && key[k] == '*':
			star, mark = k, i
			k++
		case k < len(key) && (key[k] == '?' || lowerByte(key[k]) == lowerByte(s[i])):
			i++
			k++
		case star >= 0:
			mark++
			i, k = mark, star+1
		default:
			return false
		}
	}
	for k < len(key) && key[k] == '*' {
		k++
	}
	return k == len(key)
}
