package socket

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// openMimeCore makes module mime.core: the low-level filters of LuaSocket. Each
// takes what an earlier call left over and the next piece (nil at the end), and
// gives what is ready and what is left over.
func openMimeCore(s *lua.State, l *glua.LState) int {
	l.Push(s.Fill(l.NewTable(), lua.Functions{
		"b64": mimeFilter(encodeBase64), "unb64": mimeFilter(decodeBase64),
		"qp": mimeQP, "unqp": mimeFilter(decodeQP), "qpwrp": mimeWrap(true), "wrp": mimeWrap(false),
		"eol": mimeEOL, "dot": mimeDot,
	}))
	return 1
}

// mimeFilter makes a filter from a function that handles what it can of data.
func mimeFilter(f func(data string, end bool) (out, rest string)) lua.Function {
	return func(s *lua.State, l *glua.LState) int {
		if l.Get(1) == glua.LNil {
			return lua.Give(l, glua.LNil, glua.LNil)
		}
		data := lua.ArgText(l, 1)
		end := l.Get(2) == glua.LNil
		if !end {
			data += lua.ArgText(l, 2)
		}
		out, rest := f(data, end)
		if end && out == "" {
			return lua.Give(l, glua.LNil, glua.LNil)
		}
		if end {
			return lua.Give(l, glua.LString(out), glua.LNil)
		}
		return lua.Give(l, glua.LString(out), glua.LString(rest))
	}
}

func encodeBase64(data string, end bool) (string, string) {
	n := len(data)
	if !end {
		n -= n % 3
	}
	return base64.StdEncoding.EncodeToString([]byte(data[:n])), data[n:]
}

func decodeBase64(data string, end bool) (string, string) {
	clean := strings.Map(func(r rune) rune {
		if r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=' {
			return r
		}
		return -1
	}, data)
	n := len(clean) - len(clean)%4
	out, err := base64.StdEncoding.DecodeString(clean[:n])
	if err != nil {
		out, _ = base64.RawStdEncoding.DecodeString(strings.TrimRight(clean[:n], "=")) // what can be read of broken text
	}
	return string(out), clean[n:]
}

// mimeQP is quoted-printable; the third argument stands for line ends.
func mimeQP(s *lua.State, l *glua.LState) int {
	marker := lua.OptText(l, 3, "\r\n")
	return mimeFilter(func(data string, end bool) (string, string) {
		var b strings.Builder
		for i := 0; i < len(data); i++ {
			c := data[i]
			last := i+1 >= len(data)
			switch {
			case (c == '\r' || c == ' ' || c == '\t') && last && !end:
				return b.String(), data[i:]
			case c == '\r' && !last && data[i+1] == '\n':
				b.WriteString(marker)
				i++
			case (c == ' ' || c == '\t') && !last && data[i+1] == '\r' && (i+2 >= len(data)) && !end:
				return b.String(), data[i:]
			case c == ' ' || c == '\t':
				if last || strings.HasPrefix(data[i+1:], "\r\n") {
					fmt.Fprintf(&b, "=%02X", c)
				} else {
					b.WriteByte(c)
				}
			case c > ' ' && c < 127 && c != '=':
				b.WriteByte(c)
			default:
				fmt.Fprintf(&b, "=%02X", c)
			}
		}
		out := b.String()
		if end && data != "" && strings.IndexByte("\r \t", data[len(data)-1]) >= 0 {
			out += "=\r\n" // what had to wait for the next character
		}
		return out, ""
	})(s, l)
}

func decodeQP(data string, end bool) (string, string) {
	var b strings.Builder
	for i := 0; i < len(data); i++ {
		if data[i] != '=' {
			b.WriteByte(data[i])
			continue
		}
		if i+2 >= len(data) && !end {
			return b.String(), data[i:]
		}
		code := data[i+1 : min(i+3, len(data))]
		if code == "\r\n" {
			i += 2
			continue
		}
		if strings.HasPrefix(code, "\n") {
			i++
			continue
		}
		c, err := hex.DecodeString(code)
		if err != nil || len(c) != 1 {
			b.WriteByte('=')
			continue
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), ""
}

// mimeWrap breaks lines: wrp(left [, text [, length]]).
func mimeWrap(quoted bool) lua.Function {
	return func(s *lua.State, l *glua.LState) int {
		length := lua.OptInt(l, 3, 76)
		left := lua.ArgInt(l, 1)
		if l.Get(2) == glua.LNil {
			if left < length {
				return lua.Give(l, glua.LString(wrapEnd(quoted)), glua.LNumber(length))
			}
			return lua.Give(l, glua.LNil, glua.LNumber(length))
		}
		var b strings.Builder
		for _, c := range []byte(lua.ArgText(l, 2)) {
			switch {
			case c == '\r':
				continue
			case c == '\n':
				b.WriteString("\r\n")
				left = length
				continue
			case quoted && (left <= 1 || c == '=' && left <= 3), !quoted && left <= 0:
				b.WriteString(wrapEnd(quoted))
				left = length
			}
			b.WriteByte(c)
			left--
		}
		return lua.Give(l, glua.LString(b.String()), glua.LNumber(left))
	}
}

func wrapEnd(quoted bool) string {
	if quoted {
		return "=\r\n"
	}
	return "\r\n"
}

// mimeEOL makes all line ends marker: eol(last [, text [, marker]]).
func mimeEOL(s *lua.State, l *glua.LState) int {
	if l.Get(2) == glua.LNil {
		return lua.Give(l, glua.LNil, glua.LNumber(0))
	}
	last := byte(lua.OptInt(l, 1, 0))
	marker := lua.OptText(l, 3, "\r\n")
	var b strings.Builder
	for _, c := range []byte(lua.ArgText(l, 2)) {
		switch {
		case c != '\r' && c != '\n':
			b.WriteByte(c)
			last = 0
		case last != 0 && last != c:
			last = 0 // the second character of a pair
		default:
			b.WriteString(marker)
			last = c
		}
	}
	return lua.Give(l, glua.LString(b.String()), glua.LNumber(last))
}

// mimeDot doubles dots at the beginning of lines: dot(state [, text]). The state
// is how much of a line end came before.
func mimeDot(s *lua.State, l *glua.LState) int {
	if l.Get(2) == glua.LNil {
		return lua.Give(l, glua.LNil, glua.LNumber(2))
	}
	state := lua.OptInt(l, 1, 2)
	var b strings.Builder
	for _, c := range []byte(lua.ArgText(l, 2)) {
		b.WriteByte(c)
		switch {
		case c == '\r':
			state = 1
		case c == '\n' && state == 1:
			state = 2
		case c == '.' && state == 2:
			b.WriteByte('.')
			state = 0
		default:
			state = 0
		}
	}
	return lua.Give(l, glua.LString(b.String()), glua.LNumber(state))
}
