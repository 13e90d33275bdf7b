package server

import (
	"context"
	"errors"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/queue"
	"conquest/scripting"
)

var errNotYet = errors.New("not supported")

func (s *Server) delayedMerge(context.Context, *dicomini.Config, scripting.Delayed) queue.Outcome {
	return queue.Done
}

func (s *Server) delayedSubmit(context.Context, *dicomini.Config, scripting.Delayed) queue.Outcome {
	return queue.Done
}

func (ses *session) servePrint(context.Context, *dimse.Message, *dicom.Dataset) (bool, error) {
	return false, nil
}

func (s *Server) loadHL7(context.Context, string) error { return errNotYet }

func (s *Server) unpackAndTakeIn(context.Context, string, string) error { return errNotYet }

func (s *Server) renewFor(context.Context, *dicom.Dataset, string) error { return errNotYet }
