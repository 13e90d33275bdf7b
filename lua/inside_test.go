package lua

import (
	"reflect"
	"testing"

	glua "github.com/yuin/gopher-lua"
)

// TestInside holds that our types lie as those of the engine do.
func TestInside(t *testing.T) {
	thread := reflect.TypeFor[glua.LState]()
	frames, _ := thread.FieldByName("currentFrame")
	stack, _ := thread.FieldByName("reg")
	for _, c := range []struct{ ours, engine reflect.Type }{
		{reflect.TypeFor[threadInside](), thread},
		{reflect.TypeFor[frame](), frames.Type.Elem()},
		{reflect.TypeFor[registers](), stack.Type.Elem()},
		{reflect.TypeFor[upvalue](), reflect.TypeFor[glua.Upvalue]()},
		{reflect.TypeFor[tableInside](), reflect.TypeFor[glua.LTable]()},
	} {
		for i := range c.ours.NumField() {
			our, engine := c.ours.Field(i), c.engine.Field(i)
			if our.Name != engine.Name || our.Offset != engine.Offset || our.Type.Size() != engine.Type.Size() {
				t.Errorf("%v has %s %v at %d, the engine %s %v at %d", c.ours, our.Name, our.Type, our.Offset, engine.Name, engine.Type, engine.Offset)
			}
		}
	}
}
