package api

import (
	"context"
	"time"

	"conquest/web"
)

// Server is the running server.
type Server interface {
	// State is how it is now.
	State(ctx context.Context) (ServerState, error)
	// Reload reads the configuration and the AE map again.
	Reload(ctx context.Context) error
}

// ServerState is how the server is.
type ServerState struct {
	Version      string    `json:"version"`
	Build        string    `json:"build"`
	AE           string    `json:"ae"`
	Port         string    `json:"port"`
	Started      time.Time `json:"started"`
	Ready        bool      `json:"ready" doc:"it can take objects"`
	Problems     []string  `json:"problems" doc:"what is not in order"`
	Associations int       `json:"associations" doc:"open now"`
	Database     Database  `json:"database"`
	Devices      []Device  `json:"devices"`
	Counters     Counters  `json:"counters"`
}

// Database is the index.
type Database struct {
	Type string `json:"type"`
	Rows *Rows  `json:"rows,omitempty" doc:"not there when counting would take long"`
}

// Rows are numbers of rows of the index.
type Rows struct {
	Patients  int64 `json:"patients"`
	Studies   int64 `json:"studies"`
	Series    int64 `json:"series"`
	Instances int64 `json:"instances"`
}

// Device holds objects.
type Device struct {
	Name    string `json:"name"`
	Folder  string `json:"folder,omitempty" doc:"for administrators"`
	Free    int64  `json:"free" doc:"bytes"`
	Total   int64  `json:"total" doc:"bytes"`
	Problem string `json:"problem,omitempty"`
}

// Counters are numbers since the start.
type Counters struct {
	Associations int64 `json:"associations"`
	Received     int64 `json:"received"`
	Saved        int64 `json:"saved"`
	Sent         int64 `json:"sent"`
	Forwarded    int64 `json:"forwarded"`
	Echo         int64 `json:"echo"`
	Find         int64 `json:"find"`
	Move         int64 `json:"move"`
	Get          int64 `json:"get"`
}

func (h *Handler) serverRoutes(s Server) {
	add(h, "getServer", func(ctx context.Context, _ *none) (*body[ServerState], error) {
		state, err := s.State(ctx)
		if web.CallerOf(ctx).Role < web.Admin {
			for i := range state.Devices {
				state.Devices[i].Folder = ""
			}
		}
		return &body[ServerState]{state}, err
	})
	add(h, "reloadServer", func(ctx context.Context, _ *none) (*body[ServerState], error) {
		if err := s.Reload(ctx); err != nil {
			return nil, err
		}
		state, err := s.State(ctx)
		return &body[ServerState]{state}, err
	})
}
