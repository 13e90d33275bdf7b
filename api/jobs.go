package api

import (
	"context"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"conquest/web"
)

// Jobs is work that goes on behind the answer to who asked for it.
type Jobs interface {
	Jobs() []Job
	// Job is one of them.
	Job(id uint64) (Job, error)
	CancelJob(id uint64) (Job, error)
	RetryJob(id uint64) (Job, error)
	// JobFile opens the file that a job made; the caller closes it.
	JobFile(id uint64) (f io.ReadCloser, size int64, err error)
	// FollowJobs gives changes until ctx ends.
	FollowJobs(ctx context.Context, f func(Job))
}

// Job is one of them as it is now.
type Job struct {
	ID      uint64     `json:"id"`
	Kind    string     `json:"kind"`
	State   string     `json:"state" enum:"waiting,running,done,failed,cancelled,interrupted" doc:"interrupted: the server ended meanwhile; retry does it once more"`
	About   string     `json:"about" doc:"in words"`
	Owner   string     `json:"owner,omitempty" doc:"who asked"`
	Done    int        `json:"done"`
	Total   int        `json:"total"`
	Failed  int        `json:"failed"`
	Error   string     `json:"error,omitempty"`
	Result  string     `json:"result,omitempty" doc:"in words"`
	File    bool       `json:"file,omitempty" doc:"it made a file"`
	Created time.Time  `json:"created"`
	Began   *time.Time `json:"began,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
}

// JobInput names a job.
type JobInput struct {
	ID uint64 `path:"id"`
}

// mayTouch tells whether a caller may do something with a job: he needs the role that
// starting it takes.
func mayTouch(ctx context.Context, j Job) error {
	role := web.Editor
	if j.Kind == "retrieve" {
		role = web.User
	}
	for _, a := range actions {
		if a.name == j.Kind {
			role = a.role
		}
	}
	if web.CallerOf(ctx).Role < role {
		return huma.Error403Forbidden("this needs the role " + role.String())
	}
	return nil
}

func (h *Handler) jobRoutes(s Jobs) {
	add(h, "listJobs", func(_ context.Context, in *struct {
		ListInput
		State string `query:"state" enum:"waiting,running,done,failed,cancelled,interrupted"`
	}) (*body[Listing[Job]], error) {
		var list []Job
		for _, j := range s.Jobs() {
			if in.State == "" || in.State == j.State {
				list = append(list, j)
			}
		}
		return cut(list, in.ListInput)
	})
	one := func(id string, do func(uint64) (Job, error)) {
		add(h, id, func(ctx context.Context, in *JobInput) (*body[Job], error) {
			j, err := s.Job(in.ID)
			if err == nil && id != "getJob" {
				err = mayTouch(ctx, j)
			}
			if err != nil {
				return nil, err
			}
			j, err = do(in.ID)
			return &body[Job]{j}, err
		})
	}
	one("getJob", s.Job)
	one("cancelJob", s.CancelJob)
	one("retryJob", s.RetryJob)
	add(h, "getJobFile", func(_ context.Context, in *JobInput) (*huma.StreamResponse, error) {
		f, size, err := s.JobFile(in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer f.Close()
			c.SetHeader("Content-Type", "application/zip")
			c.SetHeader("Content-Length", number(size))
			c.SetHeader("Content-Disposition", `attachment; filename="job`+number(int64(in.ID))+`.zip"`)
			io.Copy(c.BodyWriter(), f) // who is gone needs no word
		}}, nil
	}, produces("application/zip"))
}
