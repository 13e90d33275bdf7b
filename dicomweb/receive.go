package dicomweb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"conquest/budget"
	"conquest/dicom"
)

const (
	// maxInMemory is the size in bytes up to which a received object stays in
	// memory.
	maxInMemory = 4 << 20
	// receivedBulk is the size from which a value of a spooled object stays in its
	// file.
	receivedBulk = 1 << 20
	preambleSize = 128
	maxMeta      = 64 << 10
)

// Failure reasons (PS3.18 table I.2-2).
const (
	reasonProcessing    = 0x0110
	reasonNoClass       = 0x0122
	reasonResources     = 0xA700
	reasonMismatch      = 0xA900
	reasonNotUnderstood = 0xC000
	reasonSyntax        = 0xC122
)

func notUnderstood(format string, a ...any) error {
	return &StoreError{Reason: reasonNotUnderstood, Err: fmt.Errorf(format, a...)}
}

// receivedFile is a Part 10 object that came in, and what its header says.
type receivedFile struct {
	*Received
	class, instance string // of the header, "" when it has none
	memory          share
}

// discard frees what the object holds.
func (f *receivedFile) discard() {
	if f.Received != nil && f.Spool != nil && f.Spool.File != nil {
		f.Spool.File.Close()
		os.Remove(f.Spool.File.Name())
	}
	f.memory.free()
}

// receivePart10 reads an object in a Part 10 file, to memory or to a file of the
// archive. An error that is no *StoreError is one of the connection.
func (s *Service) receivePart10(ctx context.Context, r io.Reader) (*receivedFile, error) {
	src := &sourceReader{r: r}
	f := &receivedFile{memory: share{of: s.memory.Part("object", 0)}}
	syntax, err := f.readMeta(src)
	if err == nil {
		err = s.receiveData(ctx, f, src, syntax)
	}
	if err != nil {
		f.discard()
		if src.err != nil {
			return nil, src.err
		}
		return nil, err
	}
	return f, nil
}

// sourceReader tells errors of the connection from the end of a part.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// readMeta reads preamble and header, and the transfer syntax they tell. Objects
// without a preamble may begin with the header.
func (f *receivedFile) readMeta(r io.Reader) (string, error) {
	var start [preambleSize + 4]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return "", notUnderstood("not a DICOM file: it is too short")
	}
	if string(start[preambleSize:]) != "DICM" {
		return "", notUnderstood("not a DICOM file: DICM is not behind its preamble")
	}
	// The first element is the length of the group.
	var length [12]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return "", notUnderstood("the file ends within its header")
	}
	if binary.LittleEndian.Uint32(length[:]) != 0x00000002 || string(length[4:6]) != "UL" {
		return "", notUnderstood("the header of the file has no group length")
	}
	n := binary.LittleEndian.Uint32(length[8:])
	if n > maxMeta {
		return "", notUnderstood("the header of the file claims %d bytes", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", notUnderstood("the file ends within its header")
	}
	ts, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	meta, err := dicom.Parse(body, ts, dicom.ParseOptions{})
	if err != nil {
		return "", notUnderstood("the header of the file can not be read")
	}
	f.class, f.instance = meta.String(dicom.MediaStorageSOPClassUID), meta.String(dicom.MediaStorageSOPInstanceUID)
	syntax := meta.String(dicom.TransferSyntaxUID)
	if syntax == "" {
		return "", notUnderstood("the header of the file has no transfer syntax")
	}
	return syntax, nil
}

// receiveData reads the data set: to memory while it is small and there is room,
// else to a file.
func (s *Service) receiveData(ctx context.Context, f *receivedFile, r io.Reader, syntax string) error {
	ts, known := dicom.LookupTransferSyntax(syntax)
	if !known {
		return &StoreError{Reason: reasonSyntax, Err: fmt.Errorf("transfer syntax %.64q is not known", syntax)}
	}
	var head bytes.Buffer
	whole := false
	for head.Len() <= maxInMemory {
		const step = 256 << 10
		if err := f.memory.Take(step); err != nil && head.Len() > 0 {
			break // the rest goes to a file
		}
		n, err := io.CopyN(&head, r, step)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n < step {
			whole = true
			break
		}
	}
	opt := dicom.ParseOptions{Budget: &f.memory}
	if whole {
		return f.parse(func() (*dicom.Dataset, error) { return dicom.Parse(head.Bytes(), ts, opt) }, ts)
	}
	spool, err := s.archive.Spool(ctx, head.Bytes(), ts)
	if err != nil {
		return err
	}
	f.Received = &Received{Spool: &spool}
	size, err := fillSpool(spool, &head, r)
	f.memory.free()
	if err != nil {
		return err
	}
	opt.BulkThreshold = receivedBulk
	return f.parse(func() (*dicom.Dataset, error) {
		return dicom.ParseReaderAt(spool.File, spool.Offset, size, ts, opt)
	}, ts)
}

// fillSpool writes a data set to its file.
func fillSpool(spool Spool, head *bytes.Buffer, r io.Reader) (int64, error) {
	if _, err := spool.File.Seek(spool.Offset, io.SeekStart); err != nil {
		return 0, &StoreError{Reason: reasonResources, Err: err}
	}
	begun := int64(head.Len())
	if _, err := spool.File.Write(head.Bytes()); err != nil {
		return 0, &StoreError{Reason: reasonResources, Err: err}
	}
	head.Reset()
	out := &spoolWriter{f: spool.File}
	n, err := io.CopyBuffer(out, struct{ io.Reader }{r}, make([]byte, partBuffer))
	if out.err != nil {
		return 0, &StoreError{Reason: reasonResources, Err: out.err}
	}
	return begun + n, err
}

// spoolWriter tells errors of the disk from those of the connection.
type spoolWriter struct {
	f   *os.File
	err error
}

func (w *spoolWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

func (f *receivedFile) parse(read func() (*dicom.Dataset, error), ts dicom.TransferSyntax) error {
	d, err := read()
	if errors.Is(err, ErrBusy) {
		return err
	}
	if errors.Is(err, budget.ErrExceeded) || errors.Is(err, dicom.ErrInflate) || errors.Is(err, dicom.ErrTooMany) {
		return &StoreError{Reason: reasonResources, Err: err}
	}
	if err != nil {
		return notUnderstood("the data set can not be read: %w", err)
	}
	d.DeleteFunc(func(e *dicom.Element) bool { return e.Tag>>16 == 2 })
	d.SetTransferSyntax(ts.UID)
	if f.Received == nil {
		f.Received = &Received{}
	}
	f.Dataset = d
	return nil
}
