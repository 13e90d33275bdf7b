package scripting

import (
	"reflect"
	"testing"
)

func TestCallsOfText(t *testing.T) {
	for _, c := range []struct {
		text string
		d    Dialect
		want []Mention
	}{
		{"nop a; call one.cq; { call two ; }", ImportDialect, []Mention{{"one.cq", 12}, {"two", 27}}},
		{"call %m.cq; x.lua(%i); lua/y.lua", ImportDialect, []Mention{{"x.lua", 12}, {"lua/y.lua", 23}}},
		{"call a; program %f", ExportDialect, []Mention{{"a", 5}}},
	} {
		if got := Calls(c.text, c.d); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.text, got, c.want)
		}
	}
}

func TestChunks(t *testing.T) {
	for text, want := range map[string][]Mention{
		`nop; lua "x = '%i' y=%V0010,0010 z=5%%2"`: {{"x = '0' y=0 z=5%2", 10}},
		`nop a; lua:print("b"); c = %%d`:           {{`print("b"); c = %d`, 11}},
		`lua "a"; lua "b"`:                         {{"a", 5}, {"b", 14}},
		`nop lua`:                                  nil,
	} {
		if got := Chunks(text, ImportDialect); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}
