package api

import (
	"context"
	"time"
)

// Queues is outgoing work.
type Queues interface {
	// Queues are the lines of all kinds and destinations, and the failure files in the
	// layout of the original.
	Queues(ctx context.Context) (QueueList, error)
	// QueueAct does something with the work of a kind for a destination: retry, pause,
	// resume, move, drop. With dry it only tells what would be done.
	QueueAct(ctx context.Context, act QueueAct) (Done, error)
	// Letters are what was given up, oldest first.
	Letters(ctx context.Context) ([]Letter, error)
	// LetterAct does something with one of them: retry, move, skip.
	LetterAct(ctx context.Context, act LetterAct) (Done, error)
}

// QueueLine is the outgoing work of a kind for a destination.
type QueueLine struct {
	Kind        string     `json:"kind" enum:"export,mirror,delayed,commitment"`
	Queue       string     `json:"queue" doc:"name of its file"`
	Rule        string     `json:"rule,omitempty" doc:"the converter, of an export"`
	Destination string     `json:"destination" doc:"AE, address or device; - when it is not known yet"`
	State       string     `json:"state" enum:"idle,working,failing,paused"`
	Waiting     int        `json:"waiting" doc:"not tried yet; of an export all that waits for the rule"`
	Held        int        `json:"held" doc:"failed, tried again by itself"`
	Letters     int        `json:"letters" doc:"given up"`
	Oldest      *time.Time `json:"oldest,omitempty"`
	Rate        float64    `json:"rate" doc:"done a minute, over the last five"`
	Done        uint64     `json:"done" doc:"since the start"`
	Failures    uint64     `json:"failures" doc:"since the start"`
	LastDone    *time.Time `json:"lastDone,omitempty"`
	LastFailed  *time.Time `json:"lastFailed,omitempty"`
	LastError   string     `json:"lastError,omitempty" doc:"as the peer or the system said it"`
	Words       string     `json:"words,omitempty" doc:"the same in plain words"`
	NextTry     *time.Time `json:"nextTry,omitempty"`
	PausedSince *time.Time `json:"pausedSince,omitempty"`
}

// FailureFile is a failure file of the original's layout.
type FailureFile struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Records int    `json:"records"`
	Open    bool   `json:"open" doc:"a queue of this server works on it; else it belongs to another port or to a rule that is gone"`
}

// QueueList is all outgoing work.
type QueueList struct {
	Queues []QueueLine   `json:"queues"`
	Files  []FailureFile `json:"files"`
}

// Letter is work that was given up, or an object in quarantine.
type Letter struct {
	Queue       string    `json:"queue"`
	ID          uint64    `json:"id" doc:"in its queue"`
	Kind        string    `json:"kind"`
	Destination string    `json:"destination"`
	Object      string    `json:"object"`
	Patient     string    `json:"patient"`
	Reason      string    `json:"reason"`
	Words       string    `json:"words,omitempty"`
	Since       time.Time `json:"since"`
}

// QueueAct is something to do with the work for a destination.
type QueueAct struct {
	Action, Kind, Destination, To string
	Dry                           bool
}

// LetterAct is something to do with a letter.
type LetterAct struct {
	Action, Queue string
	ID            uint64
	To            string
	Dry           bool
}

// Done tells how much was done, or would be.
type Done struct {
	Held    int  `json:"held" doc:"entries that are tried again by themselves"`
	Letters int  `json:"letters" doc:"dead letters"`
	Dry     bool `json:"dry,omitempty" doc:"nothing was done"`
}

// QueueInput names the work of a kind for a destination.
type QueueInput struct {
	Kind string `path:"kind" enum:"export,mirror,delayed,commitment"`
	AE   string `path:"ae" maxLength:"128" doc:"destination as the list names it"`
}

// DryInput asks what would be done.
type DryInput struct {
	Dry bool `query:"dry" doc:"only tell what would be done"`
}

// Target is where something is to go.
type Target struct {
	To string `json:"to" minLength:"1" maxLength:"128" doc:"AE of the map, or host:port"`
}

// LetterInput names a letter.
type LetterInput struct {
	Queue string `path:"queue" maxLength:"128"`
	ID    uint64 `path:"id"`
}

func (h *Handler) queueRoutes(s Queues) {
	add(h, "listQueues", func(ctx context.Context, _ *none) (*body[QueueList], error) {
		list, err := s.Queues(ctx)
		return &body[QueueList]{list}, err
	})
	add(h, "getQueue", func(ctx context.Context, in *QueueInput) (*body[Listing[QueueLine]], error) {
		list, err := s.Queues(ctx)
		out := &body[Listing[QueueLine]]{}
		for _, l := range list.Queues {
			if l.Kind == in.Kind && l.Destination == in.AE {
				out.Body.Items = append(out.Body.Items, l)
			}
		}
		if err == nil && out.Body.Items == nil {
			err = ErrNotFound
		}
		return out, err
	})
	for id, action := range map[string]string{"retryQueue": "retry", "pauseQueue": "pause", "resumeQueue": "resume", "dropQueue": "drop"} {
		add(h, id, func(ctx context.Context, in *struct {
			QueueInput
			DryInput
		}) (*body[Done], error) {
			done, err := s.QueueAct(ctx, QueueAct{Action: action, Kind: in.Kind, Destination: in.AE, Dry: in.Dry})
			return &body[Done]{done}, err
		})
	}
	add(h, "moveQueue", func(ctx context.Context, in *struct {
		QueueInput
		DryInput
		Body Target
	}) (*body[Done], error) {
		done, err := s.QueueAct(ctx, QueueAct{Action: "move", Kind: in.Kind, Destination: in.AE, To: in.Body.To, Dry: in.Dry})
		return &body[Done]{done}, err
	})
	h.letterRoutes(s)
}

func (h *Handler) letterRoutes(s Queues) {
	add(h, "listLetters", func(ctx context.Context, in *struct {
		ListInput
		Queue       string `query:"queue"`
		Destination string `query:"destination"`
	}) (*body[Listing[Letter]], error) {
		all, err := s.Letters(ctx)
		if err != nil {
			return nil, err
		}
		var list []Letter
		for _, l := range all {
			if (in.Queue == "" || in.Queue == l.Queue) && (in.Destination == "" || in.Destination == l.Destination) {
				list = append(list, l)
			}
		}
		return cut(list, in.ListInput)
	})
	for id, action := range map[string]string{"retryLetter": "retry", "skipLetter": "skip"} {
		add(h, id, func(ctx context.Context, in *struct {
			LetterInput
			DryInput
		}) (*body[Done], error) {
			done, err := s.LetterAct(ctx, LetterAct{Action: action, Queue: in.Queue, ID: in.ID, Dry: in.Dry})
			return &body[Done]{done}, err
		})
	}
	add(h, "moveLetter", func(ctx context.Context, in *struct {
		LetterInput
		DryInput
		Body Target
	}) (*body[Done], error) {
		done, err := s.LetterAct(ctx, LetterAct{Action: "move", Queue: in.Queue, ID: in.ID, To: in.Body.To, Dry: in.Dry})
		return &body[Done]{done}, err
	})
}
