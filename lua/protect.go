package lua

import (
	"errors"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// protection is a protected call in progress.
type protection struct {
	first  int                                             // register of the function
	raised func(l *glua.LState, v glua.LValue) glua.LValue // makes the value of an error, while its calls are still there
}

// Protect calls what lies on the stack with nargs arguments, of which the results
// take the place. An error is one of [State.ErrorValue].
func (s *State) Protect(l *glua.LState, nargs int) error { return s.protect(l, nargs, nil) }

func (s *State) protect(l *glua.LState, nargs int, raised func(l *glua.LState, v glua.LValue) glua.LValue) error {
	inside := insideOf(l)
	s.protected[l]++
	s.protections = append(s.protections, protection{inside.reg.top - nargs - 1, raised})
	cur, nested, depth, handling := s.cur, s.nested, len(s.protections), s.handling
	err := l.PCall(nargs, glua.MultRet, s.catch)
	s.cur, s.nested, s.handling = cur, nested, handling
	s.protections = s.protections[:depth-1]
	if s.protected[l]--; s.protected[l] == 0 {
		delete(s.protected, l)
	}
	inside.hasErrorFunc = s.protected[l] > 0 // the engine forgets the outer one
	return err
}

// catchError is called with the value of an error where it was raised. Without a
// function to call there the engine would end the sharing of all variables, and write
// a traceback whose cost is the square of the depth.
func catchError(s *State, l *glua.LState) int {
	p := s.protections[len(s.protections)-1]
	insideOf(l).hasErrorFunc = true
	s.handling++
	defer unshare(l, p.first)
	v := s.worded(l, 1, l.Get(1))
	if p.raised != nil {
		v = p.raised(l, v)
	}
	l.Push(v)
	return 1
}

// ask calls the handler of an error with its value. An error of the handler
// takes the place of the result.
func (s *State) ask(l *glua.LState, handler, v glua.LValue) glua.LValue {
	top := l.GetTop()
	l.Push(handler)
	l.Push(v)
	err := l.PCall(1, 1, s.same)
	insideOf(l).hasErrorFunc = true
	if err != nil {
		v = s.ErrorValue(err)
	} else {
		v = l.Get(-1)
	}
	l.SetTop(top)
	return v
}

// ErrorValue is the value an error carries.
func (s *State) ErrorValue(err error) glua.LValue {
	var api *glua.ApiError
	if errors.As(err, &api) && api.Object != nil {
		return api.Object
	}
	return glua.LString(err.Error())
}

func basePCall(s *State, l *glua.LState) int {
	f := ArgAny(l, 1)
	where := position(l, 1)
	if err := s.protect(l, l.GetTop()-1, nil); err != nil {
		v := s.ErrorValue(err)
		if fn, ok := f.(*glua.LFunction); ok && fn.IsG && fn != s.raiser {
			v = withoutCaller(v, where)
		}
		return Give(l, glua.LFalse, v)
	}
	l.Insert(glua.LTrue, 1)
	return l.GetTop()
}

// withoutCaller drops the position of a Go function that pcall called itself: it
// has no caller in Lua.
func withoutCaller(v glua.LValue, where string) glua.LValue {
	text, ok := v.(glua.LString)
	if !ok {
		return v
	}
	msg := strings.TrimPrefix(string(text), where)
	if a, rest, ok := strings.Cut(msg, " to '"); ok && strings.HasPrefix(a, "bad argument #") {
		if _, rest, ok = strings.Cut(rest, "' ("); ok {
			msg = a + " to '?' (" + rest
		}
	}
	return glua.LString(msg)
}

func baseXPCall(s *State, l *glua.LState) int {
	handler := ArgAny(l, 2)
	l.SetTop(1)
	err := s.protect(l, 0, func(l *glua.LState, v glua.LValue) glua.LValue { return s.ask(l, handler, v) })
	if err != nil {
		return Give(l, glua.LFalse, s.ErrorValue(err))
	}
	l.Insert(glua.LTrue, 1)
	return l.GetTop()
}
