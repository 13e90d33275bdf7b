package luabind

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"conquest/dicom"
)

// NoHost is a [Host] that has nothing and can nothing. It is meant to be embedded.
type NoHost struct{}

var _ Host = NoHost{}

var errNotHere = errors.New("not possible here")

// Operator throws line away.
func (NoHost) Operator(string) {}

// Debug throws line away.
func (NoHost) Debug(string) {}

// TempFile is in the folder of the system.
func (NoHost) TempFile(ext string) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("%d%s", rand.Uint64(), ext))
}

// Setting has no entries.
func (NoHost) Setting(string, string) (string, bool) { return "", false }

// Variable is 0.
func (NoHost) Variable(string) int64 { return 0 }

// SetVariable does nothing.
func (NoHost) SetVariable(string, int64) {}

// Text is "".
func (NoHost) Text(string) string { return "" }

// SetText does nothing.
func (NoHost) SetText(string, string) {}

// Peer has no entries.
func (NoHost) Peer(int) (Peer, bool) { return Peer{}, false }

// Column has no rows.
func (NoHost) Column(int, int) (Column, bool) { return Column{}, false }

// Query fails.
func (NoHost) Query(context.Context, string, string, string, string) ([][]string, error) {
	return nil, errNotHere
}

// SQL fails.
func (NoHost) SQL(context.Context, string) error { return errNotHere }

// OldestPatients fails.
func (NoHost) OldestPatients(context.Context, int, string, string) ([]string, error) {
	return nil, errNotHere
}

// GenerateUID is a random UID.
func (NoHost) GenerateUID() string {
	uid, err := dicom.NewUID("")
	if err != nil {
		return ""
	}
	return uid
}

// ChangeUID fails.
func (NoHost) ChangeUID(context.Context, string, string, string, string) (string, error) {
	return "", errNotHere
}

// ChangeUIDBack fails.
func (NoHost) ChangeUIDBack(context.Context, string, string, string) (string, bool, error) {
	return "", false, errNotHere
}

// ReadObject fails.
func (NoHost) ReadObject(context.Context, string) (*dicom.Dataset, error) { return nil, errNotHere }

// WriteObject fails.
func (NoHost) WriteObject(context.Context, string, *dicom.Dataset) error { return errNotHere }

// Compress fails.
func (NoHost) Compress(context.Context, *dicom.Dataset, string) error { return errNotHere }

// AddImage fails.
func (NoHost) AddImage(context.Context, *dicom.Dataset) error { return errNotHere }

// HeapInfo is "not available".
func (NoHost) HeapInfo() string { return "not available" }

// Find fails.
func (NoHost) Find(context.Context, string, string, *dicom.Dataset) ([]*dicom.Dataset, error) {
	return nil, errNotHere
}

// VirtualFind fails.
func (NoHost) VirtualFind(context.Context, string, string, *dicom.Dataset) ([]*dicom.Dataset, error) {
	return nil, errNotHere
}

// FindObjects fails.
func (NoHost) FindObjects(context.Context, *dicom.Dataset, int) ([]*dicom.Dataset, error) {
	return nil, errNotHere
}

// Get fails.
func (NoHost) Get(context.Context, string, string, *dicom.Dataset) ([]*dicom.Dataset, error) {
	return nil, errNotHere
}

// Move fails.
func (NoHost) Move(context.Context, Move) error { return errNotHere }

// Store fails.
func (NoHost) Store(context.Context, string, []*dicom.Dataset) ([]*dicom.Dataset, error) {
	return nil, errNotHere
}

// Echo fails.
func (NoHost) Echo(context.Context, string, *dicom.Dataset) (*dicom.Dataset, error) {
	return nil, errNotHere
}

// Print fails.
func (NoHost) Print(context.Context, Print) error { return errNotHere }

// Delete fails.
func (NoHost) Delete(context.Context, *dicom.Dataset) error { return errNotHere }

// Modify fails.
func (NoHost) Modify(context.Context, *dicom.Dataset, string, bool, string) error { return errNotHere }

// Remove fails.
func (NoHost) Remove(context.Context, *dicom.Dataset, string) error { return errNotHere }

// ServerCommand fails.
func (NoHost) ServerCommand(context.Context, string, []byte) ([]byte, bool, error) {
	return nil, false, errNotHere
}
