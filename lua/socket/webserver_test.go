package socket

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"conquest/lua"
)

// webServer answers each client in a coroutine of its own. Its pages are compiled
// from templates and see nothing but their query.
const webServer = `
local socket = require('socket')

local function page(text)
	local code = {'local out = {}'}
	for plain, mark, inner in (text .. '<%%>'):gmatch('(.-)<%%(=?)(.-)%%>') do
		code[#code + 1] = ('out[#out + 1] = %q'):format(plain)
		code[#code + 1] = mark == '=' and 'out[#out + 1] = tostring(' .. inner .. ')' or inner
	end
	code[#code + 1] = 'return table.concat(out)'
	return assert(loadstring(table.concat(code, '\n'), '=page'))
end

local pages = {
	['/count'] = page('<% for i = 1, tonumber(query.n) do %>[<%= i %>]<% end %>\n"<%= os %>"'),
	['/fail'] = page('<%= query.missing.field %>'),
}
local seen = {__index = {tostring = tostring, tonumber = tonumber, table = table}}
local open = true

local function answer(path, query)
	if path == '/quit' then open = false return '200 OK', 'bye' end
	if not pages[path] then return '404 Not Found', path end
	setfenv(pages[path], setmetatable({query = query}, seen))
	local ok, text = pcall(pages[path])
	return ok and '200 OK' or '500 Failed', text
end

local function serve(client)
	client:settimeout(0)
	local function line()
		local got = ''
		while true do
			local text, err, part = client:receive('*l')
			if text then return got .. text end
			if err ~= 'timeout' then return '' end
			got = got .. part
			coroutine.yield()
		end
	end
	local path, args = line():match('^GET ([^? ]*)%??([^ ]*)')
	while line() ~= '' do end
	local query = {}
	for k, v in args:gmatch('(%w+)=([^&]*)') do query[k] = v end
	local status, text = answer(path, query)
	client:send(('HTTP/1.0 %s\r\nContent-Length: %d\r\n\r\n%s'):format(status, #text, text))
	client:close()
end

local server = assert(socket.bind('127.0.0.1', 0))
server:settimeout(0.01)
io.write((select(2, server:getsockname())), '\n') io.flush()
local clients, served = {}, 0
while open do
	local client = server:accept()
	if client then clients[#clients + 1] = {socket = client, run = coroutine.wrap(function() serve(client) return true end)} end
	for i = #clients, 1, -1 do
		if clients[i].run() then table.remove(clients, i) served = served + 1 end
	end
end
server:close()
return served .. ' served, ' .. #clients .. ' left'
`

// TestWebServer asks a web server in Lua for pages; a client that is slow does not
// keep the others waiting.
func TestWebServer(t *testing.T) {
	ctx := t.Context()
	out, in := io.Pipe()
	st := newTestState(t, lua.Options{Stdout: in})
	over := make(chan string, 1)
	go func() {
		v, err := st.Run(ctx, lua.Chunk{Text: webServer})
		in.CloseWithError(io.EOF)
		over <- fmt.Sprint(v, err)
	}()
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err, <-over)
	}
	addr := "127.0.0.1:" + strings.TrimSpace(port)
	slow := dialWeb(t, addr, "GET /count?n=")
	for _, c := range []struct{ path, want string }{
		{"/count?n=3&x=1", "200 OK [1][2][3]\n\"nil\""},
		{"/fail", "500 Failed page:3: attempt to index field 'missing' (a nil value)"},
		{"/none", "404 Not Found /none"},
	} {
		if got := readWeb(t, dialWeb(t, addr, "GET "+c.path+" HTTP/1.0\r\nHost: x\r\n\r\n")); got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
	fmt.Fprint(slow, "2 HTTP/1.0\r\n\r\n")
	if got, want := readWeb(t, slow), "200 OK [1][2]\n\"nil\""; got != want {
		t.Errorf("slow client: %q, want %q", got, want)
	}
	readWeb(t, dialWeb(t, addr, "GET /quit HTTP/1.0\r\n\r\n"))
	if got, want := <-over, "5 served, 0 left<nil>"; got != want {
		t.Errorf("the server ended with %q, want %q", got, want)
	}
}

func dialWeb(t *testing.T, addr, request string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprint(c, request)
	return c
}

// readWeb gives status and body of an answer.
func readWeb(t *testing.T, c net.Conn) string {
	t.Helper()
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(b), "\r\n\r\n")
	status, _, _ := strings.Cut(head, "\r\n")
	return strings.TrimPrefix(status, "HTTP/1.0 ") + " " + body
}
