package lua

import "testing"

func bench(b *testing.B, text string) {
	st := newTestState(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := eval(st, text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNewState is what the first chunk of a state costs.
func BenchmarkNewState(b *testing.B) {
	e := NewEngine(Options{})
	b.ReportAllocs()
	for b.Loop() {
		st := e.NewState()
		if _, err := eval(st, "x = 1"); err != nil {
			b.Fatal(err)
		}
		st.Close()
	}
}

// BenchmarkPlainLoop is the engine alone: ten million additions.
func BenchmarkPlainLoop(b *testing.B) { bench(b, "local s = 0 for i = 1, 1e7 do s = s + i end") }

// BenchmarkCalls is calls of Lua functions.
func BenchmarkCalls(b *testing.B) {
	bench(b, "local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end fib(25)")
}
