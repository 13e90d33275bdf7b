package api

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// AEs are the other application entities.
type AEs interface {
	AEs() []AE
	// Words is an error in plain words, "" when there are none for it.
	Words(err error) string
	// Echo asks an AE whether it answers; ErrNotFound when it is not in the map.
	Echo(ctx context.Context, ae string) error
	// FindAt asks an AE what it has; each answer is in the DICOM JSON model.
	FindAt(ctx context.Context, ae, level string, keys map[string]string) ([]json.RawMessage, error)
	// RetrieveFrom begins a job that has an AE send something here.
	RetrieveFrom(ctx context.Context, owner, ae string, p Place) (Job, error)
}

// AE is a line of acrnema.map.
type AE struct {
	Name        string `json:"name"`
	Host        string `json:"host"`
	Port        string `json:"port"`
	Compression string `json:"compression"`
	Wildcard    bool   `json:"wildcard,omitempty" doc:"stands for all titles that begin so"`
}

// AEInput names an AE.
type AEInput struct {
	AE string `path:"ae" maxLength:"64"`
}

// Echoed is what an echo was answered.
type Echoed struct {
	OK    bool   `json:"ok"`
	MS    int64  `json:"ms"`
	Error string `json:"error,omitempty"`
	Words string `json:"words,omitempty" doc:"the error in plain words"`
}

// Query is what another AE is asked for.
type Query struct {
	Level string            `json:"level" enum:"PATIENT,STUDY,SERIES,IMAGE" default:"STUDY"`
	Keys  map[string]string `json:"keys" doc:"what is asked for, by keyword or gggg,eeee; empty values are returned only"`
}

func (h *Handler) aeRoutes(s AEs) {
	add(h, "listAEs", func(context.Context, *none) (*body[Listing[AE]], error) {
		return &body[Listing[AE]]{Listing[AE]{Items: some(s.AEs())}}, nil
	})
	add(h, "echoAE", func(ctx context.Context, in *AEInput) (*body[Echoed], error) {
		begun := time.Now()
		err := s.Echo(ctx, in.AE)
		out := Echoed{OK: err == nil, MS: time.Since(begun).Milliseconds()}
		switch {
		case errors.Is(err, ErrNotFound):
			return nil, err
		case err != nil:
			out.Error, out.Words = err.Error(), s.Words(err)
		}
		return &body[Echoed]{out}, nil
	})
	add(h, "findAE", func(ctx context.Context, in *struct {
		AEInput
		Body Query
	}) (*body[Listing[json.RawMessage]], error) {
		list, err := s.FindAt(ctx, in.AE, in.Body.Level, in.Body.Keys)
		return &body[Listing[json.RawMessage]]{Listing[json.RawMessage]{Items: some(list)}}, err
	})
	add(h, "retrieveAE", func(ctx context.Context, in *struct {
		AEInput
		Body Place
	}) (*outcome, error) {
		job, err := s.RetrieveFrom(ctx, owner(ctx), in.AE, in.Body)
		return &outcome{Status: 202, Location: Root + "/jobs/" + number(int64(job.ID)), Body: Outcome{Job: &job}}, err
	})
}
