package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"conquest/group"
)

// Progress is where a job tells how far it is. It belongs to the goroutine of the
// job.
type Progress struct {
	j    *Jobs
	id   uint64
	next time.Time
}

// announceEvery is how often followers are told of progress.
const announceEvery = 200 * time.Millisecond

// At tells that so many of all parts are done, and how many of these failed.
func (p *Progress) At(done, all, failed int) {
	p.j.mu.Lock()
	defer p.j.mu.Unlock()
	job := p.j.all[p.id]
	job.Finished, job.Total, job.Errors = done, all, failed
	if now := time.Now(); now.After(p.next) {
		p.next = now.Add(announceEvery)
		p.j.announce(job)
	}
}

// Say tells in words what came of it.
func (p *Progress) Say(format string, a ...any) {
	p.j.mu.Lock()
	defer p.j.mu.Unlock()
	p.j.all[p.id].Result = fmt.Sprintf(format, a...)
}

// Made names the file that the job made.
func (p *Progress) Made(file string) {
	p.j.mu.Lock()
	defer p.j.mu.Unlock()
	p.j.all[p.id].File = file
}

// ID is the number of the job.
func (p *Progress) ID() uint64 { return p.id }

// serve works until the server ends.
func (j *Jobs) serve() {
	for {
		select {
		case <-j.ctx.Done():
			return
		case <-j.wake:
		}
		for j.ctx.Err() == nil && j.one() {
		}
	}
}

// one carries out a job that waits; false when there is none.
func (j *Jobs) one() bool {
	j.mu.Lock()
	if len(j.waiting) == 0 {
		j.mu.Unlock()
		return false
	}
	id := j.waiting[0]
	j.waiting = j.waiting[1:]
	job := j.all[id]
	ctx, cancel := context.WithCancel(j.ctx)
	defer cancel()
	j.cancels[id] = cancel
	job.State, job.Began = Running, time.Now()
	j.write(job)
	j.announce(job)
	kind, request := j.kinds[job.Kind], job.Request
	j.mu.Unlock()
	err := group.Guard("job "+job.Kind, func() error { return kind.Run(ctx, &Progress{j: j, id: id}, request) })
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.cancels, id)
	if j.ctx.Err() != nil && err != nil {
		return false // the next start sees to it
	}
	job.Ended = time.Now()
	switch {
	case err == nil:
		job.State = Done
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		job.State = Cancelled
	default:
		job.State, job.Error = Failed, err.Error()
	}
	j.write(job)
	j.announce(job)
	j.forget(time.Now())
	return true
}
