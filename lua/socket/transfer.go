package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// sockReceive is receive([pattern [, prefix]]): "*l", "*a" or a number of bytes.
func sockReceive(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	if strings.HasPrefix(k.kind, "udp") {
		return receiveUDP(s, l, false)
	}
	prefix := lua.OptText(l, 3, "")
	if k.conn == nil || k.closed {
		return lua.Give(l, glua.LNil, glua.LString("closed"), glua.LString(prefix))
	}
	stop := k.deadlines(k.conn.SetReadDeadline, 0)
	data, err := k.receive(l, len(prefix))
	stop()
	k.in += int64(len(data))
	data = append([]byte(prefix), data...)
	if err != nil {
		k.over(l)
		return lua.Give(l, glua.LNil, glua.LString(socketError(err)), glua.LString(data))
	}
	l.Push(glua.LString(data))
	return 1
}

func (k *sock) receive(l *glua.LState, have int) ([]byte, error) {
	if n, ok := lua.ToNumber(l.Get(2)); ok {
		want := min(max(lua.ToInt(min(n, lua.MaxString))-have, 0), k.s.Largest())
		var b strings.Builder
		_, err := io.CopyN(&b, k.r, int64(want))
		return []byte(b.String()), err
	}
	switch lua.OptText(l, 2, "*l") {
	case "*a", "a":
		return io.ReadAll(io.LimitReader(k.r, int64(k.s.Largest())))
	case "*l", "l":
		return k.receiveLine()
	}
	lua.ArgError(l, 2, "invalid receive pattern")
	return nil, nil
}

// receiveLine reads up to a line feed; carriage returns are left out.
func (k *sock) receiveLine() ([]byte, error) {
	var b []byte
	for len(b) < k.s.Largest() {
		c, err := k.r.ReadByte()
		if err != nil {
			return b, err
		}
		switch c {
		case '\n':
			return b, nil
		case '\r':
		default:
			b = append(b, c)
		}
	}
	return b, errors.New("line too long")
}

// sockSend is send(data [, i [, j]]): the index of the last byte sent.
func sockSend(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	data := lua.ArgText(l, 2)
	first := max(lua.Position(lua.OptInt(l, 3, 1), len(data)), 1)
	from, to := lua.Span(first, lua.OptInt(l, 4, -1), len(data))
	if strings.HasPrefix(k.kind, "udp") {
		return sendUDP(s, l, k, data, k.peer)
	}
	if k.conn == nil || k.closed {
		return lua.Give(l, glua.LNil, glua.LString("closed"), glua.LNumber(0))
	}
	stop := k.deadlines(k.conn.SetWriteDeadline, leastSendWait)
	n, err := io.WriteString(k.conn, data[from:to])
	stop()
	k.out += int64(n)
	if err != nil {
		k.over(l)
		return lua.Give(l, glua.LNil, glua.LString(socketError(err)), glua.LNumber(first-1+n))
	}
	return lua.GiveNumber(l, float64(first-1+n))
}

func newUDP(s *lua.State, l *glua.LState) int {
	l.Push(socketValue(s, newSocket(s, "udp{unconnected}")))
	return 1
}

func bindUDP(s *lua.State, l *glua.LState, k *sock, at string) int {
	if s.Dry("listen on %s", at) {
		return lua.GiveNumber(l, 1)
	}
	if k.udp != nil {
		_ = k.udp.Close() // is replaced
	}
	a, err := net.ResolveUDPAddr("udp", at)
	if err == nil {
		k.udp, err = net.ListenUDP("udp", a)
	}
	if err != nil {
		k.udp = nil
		return failSocket(l, err)
	}
	return lua.GiveNumber(l, 1)
}

// udpReady makes the socket when the script has not bound it.
func (k *sock) udpReady() error {
	if k.udp != nil {
		return nil
	}
	var err error
	if k.udp, err = net.ListenUDP("udp4", &net.UDPAddr{}); err != nil {
		k.udp = nil
	}
	return err
}

func connectUDP(s *lua.State, l *glua.LState, k *sock) int {
	if s.Dry("connect to %s", lua.ArgText(l, 2)) {
		return lua.GiveNumber(l, 1)
	}
	if lua.ArgText(l, 2) == "*" {
		k.peer, k.kind = nil, "udp{unconnected}"
		return lua.GiveNumber(l, 1)
	}
	a, err := net.ResolveUDPAddr("udp", address(l, 2))
	if err == nil {
		err = k.udpReady()
	}
	if err != nil {
		return failSocket(l, err)
	}
	k.peer, k.kind = a, "udp{connected}"
	return lua.GiveNumber(l, 1)
}

func sendUDP(s *lua.State, l *glua.LState, k *sock, data string, to *net.UDPAddr) int {
	if to == nil {
		return lua.Give(l, glua.LNil, glua.LString("refused"))
	}
	if s.Dry("send to %s", to) {
		return lua.GiveNumber(l, 1)
	}
	if err := k.udpReady(); err != nil {
		return failSocket(l, err)
	}
	if _, err := k.udp.WriteToUDP([]byte(data), to); err != nil {
		return failSocket(l, err)
	}
	return lua.GiveNumber(l, 1)
}

func sockSendTo(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	a, err := net.ResolveUDPAddr("udp", address(l, 3))
	if err != nil {
		return failSocket(l, err)
	}
	return sendUDP(s, l, k, lua.ArgText(l, 2), a)
}

func sockReceiveFrom(s *lua.State, l *glua.LState) int { return receiveUDP(s, l, true) }

func receiveUDP(s *lua.State, l *glua.LState, from bool) int {
	k := argSocket(l)
	if s.Dry("receive") {
		return lua.Give(l, glua.LNil, glua.LString("timeout"))
	}
	if err := k.udpReady(); err != nil {
		return failSocket(l, err)
	}
	buf := make([]byte, 65536)
	for {
		stop := k.deadlines(k.udp.SetReadDeadline, leastWait)
		n, a, err := k.udp.ReadFromUDP(buf)
		stop()
		if err != nil {
			k.over(l)
			return failSocket(l, err)
		}
		if k.peer != nil && (!a.IP.Equal(k.peer.IP) || a.Port != k.peer.Port) {
			continue
		}
		data := glua.LString(buf[:min(n, max(lua.OptInt(l, 2, len(buf)), 0))])
		if from {
			return lua.Give(l, data, glua.LString(a.IP.String()), glua.LNumber(a.Port))
		}
		return lua.Give(l, data)
	}
}

// socketSelect is select(read, write [, timeout]). Sockets to write to are always
// ready.
func socketSelect(s *lua.State, l *glua.LState) int {
	readers, _ := l.Get(1).(*glua.LTable)
	writers, _ := l.Get(2).(*glua.LTable)
	var until time.Time
	if f, ok := lua.ToNumber(l.Get(3)); ok && f >= 0 {
		until = time.Now().Add(time.Duration(min(f, 1e9) * float64(time.Second)))
	}
	ready, writable := l.NewTable(), l.NewTable()
	collect := func(from, to *glua.LTable, test func(*sock) bool) {
		for i := 1; from != nil && i <= from.Len(); i++ {
			v := l.RawGetInt(from, i)
			ud, ok := v.(*glua.LUserData)
			if !ok {
				continue
			}
			if k, ok := ud.Value.(*sock); ok && test(k) {
				to.Append(v)
				to.RawSet(v, glua.LNumber(to.Len()))
			}
		}
	}
	collect(writers, writable, func(k *sock) bool { return k.conn != nil || k.udp != nil })
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		collect(readers, ready, func(k *sock) bool { return k.readable() })
		if ready.Len() > 0 || writable.Len() > 0 {
			return lua.Give(l, ready, writable)
		}
		if !until.IsZero() && !time.Now().Before(until) {
			return lua.Give(l, ready, writable, glua.LString("timeout"))
		}
		s.Wait(l, pause)
	}
}

// readable tells whether a read would not block.
func (k *sock) readable() bool {
	soon := time.Now().Add(200 * time.Microsecond)
	switch {
	case k.closed:
		return true
	case k.ln != nil:
		if k.pending == nil {
			_ = k.ln.SetDeadline(soon) // a closed listener fails in Accept
			conn, err := k.ln.Accept()
			if err != nil {
				return !errors.Is(err, os.ErrDeadlineExceeded)
			}
			k.pending = conn
		}
		return true
	case k.conn != nil:
		_ = k.conn.SetReadDeadline(time.Time{}) // a closed connection fails in Peek
		k.poll = true
		_, err := k.r.Peek(1)
		k.poll = false
		return !errors.Is(err, os.ErrDeadlineExceeded)
	}
	return false
}

// try gives its arguments back, or calls a finalizer and raises the second one
// when the first is false. [socketProtect] turns that into a result.
func try(l *glua.LState, finalizer glua.LValue) int {
	if glua.LVAsBool(l.Get(1)) {
		return l.GetTop()
	}
	if f, ok := finalizer.(*glua.LFunction); ok {
		l.Push(f)
		l.Call(0, 0)
	}
	wrapped := l.CreateTable(1, 0)
	wrapped.RawSetInt(1, l.Get(2))
	wrapped.RawSetString(tryMark, glua.LTrue)
	l.Error(wrapped, 0)
	return 0
}

const tryMark = "\x00try"

func socketNewTry(s *lua.State, l *glua.LState) int {
	finalizer := l.Get(1)
	l.Push(l.NewFunction(func(l *glua.LState) int { return try(l, finalizer) }))
	return 1
}

func socketProtect(s *lua.State, l *glua.LState) int {
	f := l.Get(1)
	l.Push(s.Bind(func(s *lua.State, l *glua.LState) int {
		n := l.GetTop()
		l.Insert(f, 1)
		if err := s.Protect(l, n); err != nil {
			v := s.ErrorValue(err)
			if t, ok := v.(*glua.LTable); ok && t.RawGetString(tryMark) == glua.LTrue {
				return lua.Give(l, glua.LNil, l.RawGetInt(t, 1))
			}
			l.Error(v, 0)
		}
		return l.GetTop()
	}))
	return 1
}

func dnsToIP(s *lua.State, l *glua.LState) int {
	name := lua.ArgText(l, 1)
	if s.Dry("look up %s", name) {
		return lua.Give(l, glua.LNil, glua.LString("host not found"))
	}
	ips, err := net.DefaultResolver.LookupIP(s.Context(), "ip4", name)
	if err != nil || len(ips) == 0 {
		return lua.Give(l, glua.LNil, glua.LString("host not found"))
	}
	list, info := l.NewTable(), l.NewTable()
	for _, ip := range ips {
		list.Append(glua.LString(ip.String()))
	}
	info.RawSetString("name", glua.LString(name))
	info.RawSetString("ip", list)
	info.RawSetString("alias", l.NewTable())
	return lua.Give(l, glua.LString(ips[0].String()), info)
}

func dnsToHostname(s *lua.State, l *glua.LState) int {
	if s.Dry("look up %s", lua.ArgText(l, 1)) {
		return lua.Give(l, glua.LNil, glua.LString("host not found"))
	}
	names, err := net.DefaultResolver.LookupAddr(s.Context(), lua.ArgText(l, 1))
	if err != nil || len(names) == 0 {
		return lua.Give(l, glua.LNil, glua.LString("host not found"))
	}
	return lua.GiveText(l, strings.TrimSuffix(names[0], "."))
}

func dnsHostname(s *lua.State, l *glua.LState) int {
	name, err := os.Hostname()
	if err != nil {
		return failSocket(l, err)
	}
	return lua.GiveText(l, name)
}
