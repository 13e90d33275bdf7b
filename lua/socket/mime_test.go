package socket

import (
	"testing"

	"conquest/lua"
)

// TestMimeFilters has results of luasocket 3.0.
func TestMimeFilters(t *testing.T) {
	st := newTestState(t, lua.Options{})
	for call, want := range map[string]string{
		"qp('x=y')": "x=3Dy|nil", "qp('x ')": "x=20=\r\n|nil", "qp('a\\r\\nb')": "a\r\nb|nil", "qp('x\\r')": "x=0D=\r\n|nil", "qp('')": "nil|nil",
		"qp('x ', '')": "x| ", "b64('hel')": "aGVs|nil", "b64('hello')": "aGVsbG8=|nil", "b64('hello', '')": "aGVs|lo", "b64('')": "nil|nil",
		"unb64('aGVsbG8=')": "hello|nil", "unqp('x=3Dy')": "x=y|nil",
	} {
		got, err := eval(st, "local a, b = require('mime')."+call+" return tostring(a) .. '|' .. tostring(b)")
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", call, got, err, want)
		}
	}
}
