package site

import (
	"context"
	"fmt"
)

// ThreadKey finds the number of the association that a command came by.
type ThreadKey struct{}

// Job tells the progress channel (option -x; docs/original/commands.md 7.4) how far a
// long command is. A nil job is silent.
type Job struct {
	s      *Site
	thread int
}

// StartJob begins a job of a type that viewers know.
func (s *Site) StartJob(ctx context.Context, typ string) *Job {
	thread, ok := ctx.Value(ThreadKey{}).(int)
	if !s.Progress.On() || !ok {
		return nil
	}
	j := &Job{s, thread}
	j.say("Process=%d, Type='%s', Active=1\n", thread, typ)
	return j
}

// Step tells the progress channel what an association or a script does; thread 0 is
// nobody.
func (s *Site) Step(thread int, format string, a ...any) {
	if thread != 0 && s.Progress.On() {
		s.Progress.Write(fmt.Sprintf("Process=%d, ", thread) + fmt.Sprintf(format, a...))
	}
}

func (j *Job) say(format string, a ...any) { j.s.Progress.Write(fmt.Sprintf(format, a...)) }

// At tells that current of total objects are done.
func (j *Job) At(current, total int) {
	if j != nil {
		j.say("Process=%d, Total=%d, Current=%d\n", j.thread, total, current)
	}
}

func (j *Job) End() {
	if j != nil {
		j.say("Process=%d, Active=0\n", j.thread)
	}
}

// EndExport is the end of an export, which names its type.
func (j *Job) EndExport() {
	if j != nil {
		j.say("Process=%d, Type='export', Active=0\n", j.thread)
	}
}
