package ui

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// job is work that a page started, with its progress.
type job struct {
	ID        int
	Study, AE string
	Begun     time.Time

	mu        sync.Mutex
	done, all int
	ended     time.Time
	err       error
}

// jobState is a job as a page shows it.
type jobState struct {
	ID        int
	Study, AE string
	Begun     time.Time
	Ended     time.Time
	Done, All int
	Error     string
}

func (j *job) state() jobState {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := jobState{ID: j.ID, Study: j.Study, AE: j.AE, Begun: j.Begun, Ended: j.ended, Done: j.done, All: j.all}
	if j.err != nil {
		s.Error = j.err.Error()
	}
	return s
}

// jobsKept is how many jobs are remembered.
const jobsKept = 200

// jobList is the work that pages started, the newest last.
type jobList struct {
	mu   sync.Mutex
	next int
	list []*job
}

func (l *jobList) add(study, ae string) *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	j := &job{ID: l.next, Study: study, AE: ae, Begun: time.Now()}
	l.list = append(l.list, j)
	if len(l.list) > jobsKept {
		l.list = l.list[1:]
	}
	return j
}

func (l *jobList) find(id int) *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range l.list {
		if j.ID == id {
			return j
		}
	}
	return nil
}

// send begins to send a study or series to an AE, and shows how far it is.
func (h *Handler) send(w http.ResponseWriter, r *http.Request) {
	study, series, ae := r.PathValue("study"), r.FormValue("series"), r.FormValue("ae")
	j := h.jobs.add(study, ae)
	ctx := context.WithoutCancel(r.Context())
	h.streams.Go("send from a page", func() {
		err := h.site.Send(ctx, study, series, ae, func(done, all int) {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.done, j.all = done, all
		})
		j.mu.Lock()
		defer j.mu.Unlock()
		j.err, j.ended = err, time.Now()
	})
	http.Redirect(w, r, "/ui/jobs/"+strconv.Itoa(j.ID), http.StatusSeeOther)
}

func (h *Handler) job(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		h.fail(w, r, ErrNotFound)
		return
	}
	j := h.jobs.find(id)
	if j == nil {
		h.fail(w, r, ErrNotFound)
		return
	}
	h.show(w, r, "job", "Job", j.state())
}
