package socket

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestModules(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "/there?x=1", http.StatusFound)
			return
		case "/chunks":
			for range 3 {
				fmt.Fprint(w, strings.Repeat("c", 3000))
				w.(http.Flusher).Flush()
			}
			return
		}
		w.Header().Set("X-Was", r.Header.Get("X-Mine"))
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL.String(), r.Header.Get("Content-Type"), body)
	}))
	defer web.Close()
	for _, c := range []struct{ name, text, want string }{
		{"get", `local b, c, h = require('socket.http').request(URL..'/a?b=c') return b..'|'..c`, "GET /a?b=c  |200"},
		{"post", `return (require('socket.http').request(URL..'/p', 'x=1'))`, "POST /p application/x-www-form-urlencoded x=1"},
		{"redirect", `return (require('socket.http').request(URL..'/away'))`, "GET /there?x=1  "},
		{"chunked", `local b, c = require('socket.http').request(URL..'/chunks') return #b..' '..c`, "9000 200"},
		{"generic", `local http, ltn12 = require('socket.http'), require('ltn12') local t = {}
			local ok, code, headers, status = http.request{url=URL..'/g', method='PUT', headers={['X-Mine']='m'},
				source=ltn12.source.string('body'), sink=ltn12.sink.table(t)}
			return table.concat(t)..'|'..ok..code..headers['x-was']..status`, "PUT /g  body|1200mHTTP/1.1 200 OK"},
		{"refused", `return tostring(select(2, require('socket').connect('127.0.0.1', 1)))`, "connection refused"},
		{"url", `local u = require('socket.url') local p = u.parse('http://me:pw@host:81/a/b;p?q=1#f')
			return p.scheme..p.user..p.password..p.host..p.port..p.path..p.params..p.query..p.fragment..u.absolute('http://h/a/b/c','../d')..u.escape('a b/')..u.unescape('%41')`,
			"httpmepwhost81/a/bpq=1fhttp://h/a/da%20b%2fA"},
		{"b64", `local mime = require('mime') return mime.b64('hello')..mime.unb64('aGVsbG8=')`, "aGVsbG8=hello"},
		{"b64 chain", `local ltn12, mime = require('ltn12'), require('mime') local t = {}
			ltn12.pump.all(ltn12.source.chain(ltn12.source.string(string.rep('x', 5000)), ltn12.filter.chain(mime.encode('base64'), mime.wrap())), (ltn12.sink.table(t)))
			local s = table.concat(t) local u = {}
			ltn12.pump.all(ltn12.source.string(s), ltn12.sink.chain(mime.decode('base64'), (ltn12.sink.table(u))))
			return #s:match('^[^\r]*')..' '..tostring(table.concat(u) == string.rep('x', 5000))`, "76 true"},
		{"qp", `local mime = require('mime') return (mime.qp('caf\233 =\r\n'))..(mime.unqp('a=3Db=\r\nc'))`, "caf=E9 =3D\r\na=bc"},
		{"eol", `local mime = require('mime') return (mime.eol(0, 'a\nb\r\nc\rd'))..(mime.dot(2, '.x\r\n.y'))`, "a\r\nb\r\nc\r\nd..x\r\n..y"},
		{"lfs", `local lfs = require('lfs') local n = 0 for f in lfs.dir('.') do n = n + 1 end
			return lfs.attributes('.', 'mode')..tostring(n > 10)..tostring(lfs.attributes('nosuchfile'))`, "directorytruenil"},
		{"newtry", `local socket = require('socket') local closed = ''
			local f = socket.protect(function(x) local try = socket.newtry(function() closed = 'closed' end) return try(x, 'bad') end)
			local a, b = f(nil) return tostring(a)..b..closed..f(5)`, "nilbadclosed5"},
		{"tcp server", `local socket = require('socket') local s = assert(socket.bind('127.0.0.1', 0)) local ip, port = s:getsockname()
			local c = assert(socket.connect(ip, port)) c:send('one\r\ntwo three') local r = socket.select({s}, nil, 5)
			local d = s:accept() local line = d:receive() local word = d:receive(3) d:settimeout(0.01)
			local x, err, part = d:receive('*l') d:close() local y, e2 = c:receive('*l')
			return #r..line..word..err..part..tostring(y)..e2`, "1onetwotimeout threenilclosed"},
		{"udp", `local socket = require('socket') local a, b = socket.udp(), socket.udp() a:setsockname('127.0.0.1', 0)
			local ip, port = a:getsockname() b:sendto('hi', ip, port) a:settimeout(5) local d, from = a:receivefrom() return d..from`, "hi127.0.0.1"},
		{"standard libraries", `for _, n in ipairs{'string','table','math','coroutine','package','io','os','debug'} do assert(require(n) == _G[n], n) end
			return tostring(require('_G') == _G)`, "true"},
		{"dns", `return (require('socket').dns.toip('127.0.0.1'))`, "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := evalOK(t, "URL='"+web.URL+"' "+c.text); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestMail sends a message with an attachment to a server that answers yes to
// everything.
func TestMail(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	got := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		defer conn.Close()
		got <- answerMail(conn)
	}()
	port := ln.Addr().(*net.TCPAddr).Port
	r := evalOK(t, fmt.Sprintf(`local smtp = require('socket.smtp') return tostring(smtp.send{from='<a@b>', rcpt={'<c@d>','<e@f>'}, server='127.0.0.1', port=%d,
		source=smtp.message{headers={subject='s'}, body={ {body='text\r\n.dot'}, {headers={['content-type']='x/y'}, body='two'} }}})`, port))
	mail := <-got
	for _, part := range []string{"MAIL FROM:<a@b>", "RCPT TO:<c@d>", "RCPT TO:<e@f>", "Subject: s", "multipart/mixed; boundary=", "\r\n..dot", "x/y"} {
		if !strings.Contains(mail, part) {
			t.Errorf("no %q in %q", part, mail)
		}
	}
	if r != "1" {
		t.Errorf("result %s", r)
	}
}

func answerMail(conn net.Conn) string {
	var all strings.Builder
	buf := make([]byte, 4096)
	fmt.Fprint(conn, "220 hello\r\n")
	data := false
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return all.String()
		}
		text := string(buf[:n])
		all.WriteString(text)
		switch {
		case strings.HasPrefix(text, "DATA"):
			data = true
			fmt.Fprint(conn, "354 go on\r\n")
		case data:
			if strings.HasSuffix(all.String(), "\r\n.\r\n") {
				data = false
				fmt.Fprint(conn, "250 kept\r\n")
			}
		default:
			fmt.Fprint(conn, "250 yes\r\n")
		}
	}
}
