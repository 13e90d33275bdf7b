package socket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// sock is a socket of Lua: a TCP master, client or server, or UDP.
type sock struct {
	s       *lua.State
	kind    string // "tcp{master}" ...
	conn    net.Conn
	r       *bufio.Reader // of the socket itself
	poll    bool          // reading does not wait
	ln      *net.TCPListener
	udp     *net.UDPConn
	peer    *net.UDPAddr
	pending net.Conn // accepted by select
	local   string   // address bound to, before listen or connect
	timeout time.Duration
	total   bool // the timeout is that of a whole call
	closed  bool
	made    time.Time
	in, out int64
}

const blocking = -1

// metaName is where the registry of a state has the metatable of sockets.
const metaName = "socket.core"

// openSocketCore makes module socket.core.
func openSocketCore(s *lua.State, l *glua.LState) int {
	t := s.Fill(l.NewTable(), lua.Functions{
		"tcp": newTCP, "tcp4": newTCP, "tcp6": newTCP, "udp": newUDP, "udp4": newUDP, "udp6": newUDP, "select": socketSelect,
		"gettime": func(s *lua.State, l *glua.LState) int {
			return lua.GiveNumber(l, float64(time.Now().UnixMicro())/1e6)
		},
		"sleep": func(s *lua.State, l *glua.LState) int {
			s.Wait(l, time.Duration(min(max(lua.ArgNumber(l, 1), 0), 1e9)*float64(time.Second)))
			return 0
		},
		"skip": func(s *lua.State, l *glua.LState) int {
			n := lua.ArgInt(l, 1)
			return max(l.GetTop()-1-max(n, 0), 0)
		},
		"newtry": socketNewTry, "protect": socketProtect,
		"connect": socketConnect, "connect4": socketConnect, "bind": socketBind,
	})
	t.RawSetString("try", l.NewFunction(func(l *glua.LState) int { return try(l, glua.LNil) }))
	t.RawSetString("dns", s.Fill(l.NewTable(), lua.Functions{
		"toip": dnsToIP, "tohostname": dnsToHostname, "gethostname": dnsHostname,
	}))
	t.RawSetString("_VERSION", glua.LString("LuaSocket 3.0"))
	t.RawSetString("_DEBUG", glua.LFalse)
	t.RawSetString("_SETSIZE", glua.LNumber(1024))
	t.RawSetString("_SOCKETINVALID", glua.LNumber(-1))
	t.RawSetString("BLOCKSIZE", glua.LNumber(2048))
	meta := l.NewTypeMetatable(metaName)
	meta.RawSetString("__index", s.Fill(l.NewTable(), lua.Functions{
		"accept": sockAccept, "bind": sockBind, "close": sockClose, "connect": sockConnect, "dirty": sockDirty,
		"getfd": sockGetFD, "getpeername": sockPeerName, "getsockname": sockName, "getstats": sockStats,
		"listen": sockListen, "receive": sockReceive, "receivefrom": sockReceiveFrom, "send": sockSend,
		"sendto": sockSendTo, "setoption": sockTrue, "getoption": sockTrue, "setpeername": sockConnect,
		"setsockname": sockBind, "setfd": func(*lua.State, *glua.LState) int { return 0 }, "setstats": sockTrue, "settimeout": sockSetTimeout, "shutdown": sockShutdown,
		"gettimeout": func(s *lua.State, l *glua.LState) int { return lua.GiveNumber(l, argSocket(l).timeout.Seconds()) },
	}))
	s.Fill(meta, lua.Functions{"__tostring": func(s *lua.State, l *glua.LState) int {
		return lua.GiveText(l, argSocket(l).kind+": "+fmt.Sprintf("%p", l.Get(1)))
	}})
	l.Push(t)
	return 1
}

func newSocket(s *lua.State, kind string) *sock {
	return &sock{s: s, kind: kind, timeout: blocking, made: time.Now()}
}

func socketValue(s *lua.State, k *sock) *glua.LUserData {
	s.Keep(k)
	return &glua.LUserData{Value: k, Metatable: s.L().GetTypeMetatable(metaName), Env: s.L().Env}
}

// Hold counts the buffers.
func (k *sock) Hold(h *lua.Holding) { h.Add(16 << 10) }

// Close closes whatever the socket holds.
func (k *sock) Close() error {
	k.closed = true
	var errs []error
	if k.conn != nil {
		errs = append(errs, k.conn.Close())
	}
	if k.pending != nil {
		errs = append(errs, k.pending.Close())
	}
	if k.ln != nil {
		errs = append(errs, k.ln.Close())
	}
	if k.udp != nil {
		errs = append(errs, k.udp.Close())
	}
	return errors.Join(errs...)
}

func argSocket(l *glua.LState) *sock {
	if ud, ok := l.Get(1).(*glua.LUserData); ok {
		if k, ok := ud.Value.(*sock); ok {
			return k
		}
	}
	lua.WrongType(l, 1, "socket")
	return nil
}

// socketError is the text LuaSocket has for an error.
func socketError(err error) string {
	var no net.Error
	var dns *net.DNSError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return "closed"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &no) && no.Timeout():
		return "timeout"
	case errors.As(err, &dns):
		return "host not found"
	}
	text, _ := lua.ErrorText(err)
	text = strings.ToLower(text)
	switch {
	case strings.Contains(text, "reset by peer"), strings.Contains(text, "broken pipe"):
		return "closed"
	}
	return text
}

func failSocket(l *glua.LState, err error) int {
	return lua.Give(l, glua.LNil, glua.LString(socketError(err)))
}

// The shortest times that calls wait: with a deadline that has passed they would
// not even try. What can be sent is sent at once, so that sending may have longer;
// reading needs none, see readNow.
const (
	leastWait     = time.Millisecond
	leastSendWait = 50 * time.Millisecond
)

// deadlines begins a call that may block: it sets the deadline of the socket and
// cuts the call short when the chunk is to end. With least 0 and no timeout there is
// no deadline: the call does not wait by itself.
func (k *sock) deadlines(set func(time.Time) error, least time.Duration) (stop func()) {
	at := time.Time{}
	if k.timeout >= 0 && (least > 0 || k.timeout > 0) {
		at = time.Now().Add(max(k.timeout, least))
	}
	_ = set(at) // fails on closed sockets only, which the call itself tells
	end := context.AfterFunc(k.s.Context(), func() { _ = set(time.Unix(1, 0)) })
	return func() { end() }
}

// over raises the error that ends the chunk, when it is to end.
func (k *sock) over(l *glua.LState) {
	if k.s.Context().Err() != nil {
		k.s.Ended(l)
	}
}

func newTCP(s *lua.State, l *glua.LState) int {
	l.Push(socketValue(s, newSocket(s, "tcp{master}")))
	return 1
}

func address(l *glua.LState, n int) string {
	host := lua.ArgText(l, n)
	if host == "*" {
		host = ""
	}
	return net.JoinHostPort(host, strconv.Itoa(lua.ArgInt(l, n+1)))
}

func sockBind(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	at := address(l, 2)
	if k.udp != nil || strings.HasPrefix(k.kind, "udp") {
		return bindUDP(s, l, k, at)
	}
	k.local = at
	return lua.GiveNumber(l, 1)
}

func sockListen(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	if s.Dry("listen on %s", k.local) {
		return lua.Give(l, glua.LNil, glua.LString("address already in use"))
	}
	if k.local == "" {
		k.local = "0.0.0.0:0"
	}
	var lc net.ListenConfig
	network := "tcp"
	if strings.HasPrefix(k.local, ":") || strings.HasPrefix(k.local, "0.0.0.0:") {
		network = "tcp4"
	}
	ln, err := lc.Listen(s.Context(), network, k.local)
	if err != nil {
		return failSocket(l, err)
	}
	k.ln, k.kind = ln.(*net.TCPListener), "tcp{server}"
	return lua.GiveNumber(l, 1)
}

func sockAccept(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	if k.ln == nil {
		return failSocket(l, net.ErrClosed)
	}
	conn := k.pending
	k.pending = nil
	if conn == nil {
		stop := k.deadlines(k.ln.SetDeadline, leastWait)
		var err error
		conn, err = k.ln.Accept()
		stop()
		if err != nil {
			k.over(l)
			return failSocket(l, err)
		}
	}
	c := newSocket(s, "tcp{client}")
	c.attach(conn)
	l.Push(socketValue(s, c))
	return 1
}

func (k *sock) attach(conn net.Conn) {
	k.conn, k.r, k.kind = conn, bufio.NewReaderSize(k, 8192), "tcp{client}"
}

// Read reads from the connection. What is there is read even when the deadline has
// passed meanwhile.
func (k *sock) Read(b []byte) (int, error) {
	if k.timeout < 0 && !k.poll {
		return k.conn.Read(b)
	}
	n, err := readNow(k.conn, b)
	if k.timeout > 0 && !k.poll && errors.Is(err, os.ErrDeadlineExceeded) {
		return k.conn.Read(b)
	}
	return n, err
}

func sockConnect(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	if strings.HasPrefix(k.kind, "udp") {
		return connectUDP(s, l, k)
	}
	return connect(s, l, k, address(l, 2))
}

func connect(s *lua.State, l *glua.LState, k *sock, to string) int {
	if s.Dry("connect to %s", to) {
		return lua.Give(l, glua.LNil, glua.LString("connection refused"))
	}
	d := net.Dialer{}
	if k.timeout >= 0 {
		d.Timeout = max(k.timeout, time.Microsecond)
	}
	if k.local != "" {
		if at, err := net.ResolveTCPAddr("tcp", k.local); err == nil {
			d.LocalAddr = at
		}
	}
	conn, err := d.DialContext(s.Context(), "tcp", to)
	if err != nil {
		k.over(l)
		return failSocket(l, err)
	}
	k.attach(conn)
	return lua.GiveNumber(l, 1)
}

// socketConnect is socket.connect(host, port [, local host, local port]).
func socketConnect(s *lua.State, l *glua.LState) int {
	k := newSocket(s, "tcp{master}")
	if l.Get(3) != glua.LNil {
		k.local = address(l, 3)
	}
	if n := connect(s, l, k, address(l, 1)); n == 2 {
		return n
	}
	l.Push(socketValue(s, k))
	return 1
}

// socketBind is socket.bind(host, port [, backlog]).
func socketBind(s *lua.State, l *glua.LState) int {
	k := newSocket(s, "tcp{master}")
	k.local = address(l, 1)
	v := socketValue(s, k)
	l.SetTop(0)
	l.Push(v)
	if n := sockListen(s, l); n == 2 {
		return n
	}
	l.Push(v)
	return 1
}

func sockClose(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	s.Forget(k)
	_ = k.Close() // LuaSocket tells nobody
	return lua.GiveNumber(l, 1)
}

func sockShutdown(s *lua.State, l *glua.LState) int {
	if c, ok := argSocket(l).conn.(*net.TCPConn); ok {
		how := lua.OptText(l, 2, "both")
		if how != "receive" {
			_ = c.CloseWrite() // the peer may be gone already
		}
		if how != "send" {
			_ = c.CloseRead()
		}
	}
	return lua.GiveNumber(l, 1)
}

func sockSetTimeout(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	k.timeout = blocking
	if f, ok := lua.ToNumber(l.Get(2)); ok && f >= 0 {
		k.timeout = time.Duration(min(f, 1e9) * float64(time.Second))
	}
	k.total = lua.OptText(l, 3, "b") == "t"
	return lua.GiveNumber(l, 1)
}

func sockTrue(s *lua.State, l *glua.LState) int { return lua.GiveNumber(l, 1) }

func sockDirty(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	l.Push(glua.LBool(k.r != nil && k.r.Buffered() > 0 || k.pending != nil))
	return 1
}

func sockGetFD(s *lua.State, l *glua.LState) int { return lua.GiveNumber(l, -1) }

func sockStats(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	return lua.Give(l, glua.LNumber(k.in), glua.LNumber(k.out), glua.LNumber(time.Since(k.made).Seconds()))
}

func giveAddress(l *glua.LState, a net.Addr) int {
	if a == nil {
		return failSocket(l, net.ErrClosed)
	}
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return failSocket(l, err)
	}
	if host == "::" {
		host = "0.0.0.0"
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return failSocket(l, err)
	}
	return lua.Give(l, glua.LString(host), glua.LNumber(n))
}

func sockName(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	switch {
	case k.conn != nil:
		return giveAddress(l, k.conn.LocalAddr())
	case k.ln != nil:
		return giveAddress(l, k.ln.Addr())
	case k.udp != nil:
		return giveAddress(l, k.udp.LocalAddr())
	}
	return lua.Give(l, glua.LString("0.0.0.0"), glua.LNumber(0))
}

func sockPeerName(s *lua.State, l *glua.LState) int {
	k := argSocket(l)
	if k.conn != nil {
		return giveAddress(l, k.conn.RemoteAddr())
	}
	if k.peer != nil {
		return giveAddress(l, k.peer)
	}
	return failSocket(l, net.ErrClosed)
}
