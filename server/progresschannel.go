package server

import (
	"context"
	"fmt"
)

// threadKey finds the number of the association that a command came by.
type threadKey struct{}

// job tells the progress channel (option -x; docs/original/commands.md 7.4) how far a
// long command is. A nil job is silent.
type job struct {
	s      *Server
	thread int
}

// startJob begins a job of a type that viewers know.
func (s *Server) startJob(ctx context.Context, typ string) *job {
	thread, ok := ctx.Value(threadKey{}).(int)
	if !s.channel.On() || !ok {
		return nil
	}
	j := &job{s, thread}
	j.say("Process=%d, Type='%s', Active=1\n", thread, typ)
	return j
}

func (j *job) say(format string, a ...any) { j.s.channel.Write(fmt.Sprintf(format, a...)) }

// at tells that current of total objects are done.
func (j *job) at(current, total int) {
	if j != nil {
		j.say("Process=%d, Total=%d, Current=%d\n", j.thread, total, current)
	}
}

func (j *job) end() {
	if j != nil {
		j.say("Process=%d, Active=0\n", j.thread)
	}
}

// endExport is the end of an export, which names its type.
func (j *job) endExport() {
	if j != nil {
		j.say("Process=%d, Type='export', Active=0\n", j.thread)
	}
}
