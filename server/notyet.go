package server

import (
	"context"
	"errors"
	"iter"

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

func (s *Server) hasVirtualServers(*dicomini.Config, *dicom.Dataset) bool { return false }

func (s *Server) findMerged(context.Context, *dicomini.Config, *session, queryModel, *dicom.Dataset) (iter.Seq2[*dicom.Dataset, error], error) {
	return nil, errNotYet
}

func (s *Server) collectVirtual(context.Context, *dicomini.Config, *session, *dicom.Dataset) error {
	return nil
}

func (s *Server) startCleaning(*dicomini.Config) {}

func (ses *session) servePrint(context.Context, *dimse.Message, *dicom.Dataset) (bool, error) {
	return false, nil
}

func (s *Server) loadHL7(context.Context, string) error { return errNotYet }

func (s *Server) unpackAndTakeIn(context.Context, string, string) error { return errNotYet }

func (s *Server) renewFor(context.Context, *dicom.Dataset, string) error { return errNotYet }
