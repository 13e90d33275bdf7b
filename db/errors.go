package db

import (
	"errors"
	"fmt"
)

// ErrClosed tells that the index was closed.
var ErrClosed = errors.New("index is closed")

// ErrNotSupported tells that the driver has no such operation.
var ErrNotSupported = errors.New("not supported by this database driver")

// DamagedError tells that the file of the database can not be read, and what to
// do.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("database file %s is damaged (%v): put a backup in its place, or let dgate --doctor:rebuild make a new index from the objects on the devices", e.Path, e.Err)
}

// Unwrap is the cause.
func (e *DamagedError) Unwrap() error { return e.Err }

// Statuses of C-FIND, C-MOVE and C-GET that errors of this package stand for.
const (
	StatusUnableToProcess = 0xC001
)

// StatusError is a query that can not be answered; Status goes to the peer.
type StatusError struct {
	Status uint16
	Err    error
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("query refused with status %04X: %v", e.Status, e.Err)
}

// Unwrap is the cause.
func (e *StatusError) Unwrap() error { return e.Err }

// LinkError refuses an object whose study, series or image is known with
// another parent. Its text is the line of the original.
type LinkError struct {
	Column, Table string // link column and table
	PatientID     string
	Key           string // KEYCOL = 'uid'[ AND PATCOL = 'id']
	Old, Refused  string
}

func (e *LinkError) Error() string {
	return fmt.Sprintf("***Refused to enter inconsistent link %s into %s: PatientID = '%s' %s, Old='%s', Refused='%s'",
		e.Column, e.Table, e.PatientID, e.Key, e.Old, e.Refused)
}

// DuplicateStudyError refuses an object whose study has several rows.
type DuplicateStudyError struct {
	Table, Key string
}

func (e *DuplicateStudyError) Error() string {
	return fmt.Sprintf("***Duplicate found in %s WHERE %s", e.Table, e.Key)
}

// ConflictError refuses an object whose SOP instance UID is known for another
// patient ID.
type ConflictError struct {
	SOPInstanceUID      string
	PatientID, KnownFor string
	File, Device        string // where the known object lies
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("***Refused to enter SOP instance %s of patient '%s': it is known for patient '%s' as %s:%s",
		e.SOPInstanceUID, e.PatientID, e.KnownFor, e.Device, e.File)
}

// MissingUIDError refuses an object without one of its keys.
type MissingUIDError struct {
	Column string
}

func (e *MissingUIDError) Error() string {
	return fmt.Sprintf("***Refused to enter object without %s", e.Column)
}
