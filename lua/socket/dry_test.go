package socket

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/lua"
)

// TestDry holds that scripts of a dry run act on nothing outside, that what they would
// do is told, and that they go on as after success.
func TestDry(t *testing.T) {
	dir := t.TempDir()
	there := filepath.ToSlash(filepath.Join(dir, "there.txt"))
	if err := os.WriteFile(there, []byte("content"), 0o666); err != nil {
		t.Fatal(err)
	}
	x := filepath.ToSlash(filepath.Join(dir, "x"))
	for _, c := range []struct{ text, told, result string }{
		{"return io.open('" + there + "'):read('*a')", "", "content"},
		{"local f = io.open('" + x + "', 'w') f:write('y') return tostring(f:close())", "write file " + x, "true"},
		{"local f = io.open('" + there + "', 'a') f:write('y') f:close() return io.open('" + there + "', 'r+') and 'opened'", "write file " + there + "\nwrite file " + there, "opened"},
		{"io.output('" + x + "') io.write('y') return 'went on'", "write file " + x, "went on"},
		{"io.tmpfile():write('y') return 'went on'", "write a temporary file", "went on"},
		{"return os.execute('touch " + x + "')", "run by the shell: touch " + x, "0"},
		{"return tostring(io.popen('touch " + x + "'):read('*a'))", "run by the shell: touch " + x, ""},
		{"return tostring(os.remove('" + there + "'))", "remove file " + there, "true"},
		{"return tostring(os.rename('" + there + "', '" + x + "'))", "rename file " + there + " to " + x, "true"},
		{"return tostring(require('lfs').mkdir('" + x + "'))", "make directory " + x, "true"},
		{"return select(2, require('socket').connect('127.0.0.1', 9))", "connect to 127.0.0.1:9", "connection refused"},
		{"return select(2, require('socket.http').request('http://127.0.0.1:9/'))", "connect to 127.0.0.1:9", "connection refused"},
		{"return select(2, require('socket').bind('127.0.0.1', 0))", "listen on 127.0.0.1:0", "address already in use"},
		{"return select(2, require('socket').dns.toip('localhost'))", "look up localhost", "host not found"},
	} {
		var told []string
		st := newTestState(t, lua.Options{Dry: func(effect string) { told = append(told, effect) }})
		got, err := eval(st, c.text)
		if err != nil || got != c.result {
			t.Errorf("%s: %q, %v, want %q", c.text, got, err, c.result)
		}
		if text := strings.Join(told, "\n"); text != c.told {
			t.Errorf("%s: told %q, want %q", c.text, text, c.told)
		}
	}
	list, err := os.ReadDir(dir)
	content, _ := os.ReadFile(there)
	if err != nil || len(list) != 1 || string(content) != "content" {
		t.Errorf("%v, %v, %q", list, err, content)
	}
}
