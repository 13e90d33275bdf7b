package dimse

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"conquest/budget"
	"conquest/dicom"
)

// Data is the data set of a message: received, or to be sent. It is encoded
// bytes in memory, encoded bytes in a file, or a [dicom.Dataset] that is encoded
// when it is sent.
type Data struct {
	buf    []byte
	source io.ReaderAt
	offset int64
	size   int64
	syntax dicom.TransferSyntax
	ds     *dicom.Dataset
	file   *os.File // spooled
	taken  int64    // of the receive memory
	budget receiveMemory
	parse  *budget.Budget // for what parsing needs; closed with the data
	err    error          // why the bytes are not there
}

// NewData is ds as data to send; it is encoded in the transfer syntax of the
// context it goes on, without its group 0002 elements.
func NewData(ds *dicom.Dataset) *Data { return &Data{ds: ds} }

// EncodedData is b, a data set encoded in ts without meta header, as data to
// send on a context with that transfer syntax.
func EncodedData(b []byte, ts dicom.TransferSyntax) *Data {
	return &Data{buf: b, size: int64(len(b)), syntax: ts}
}

// EncodedDataAt is the size bytes of r at offset, a data set encoded in ts
// without meta header, as data to send. They are read piece by piece.
func EncodedDataAt(r io.ReaderAt, offset, size int64, ts dicom.TransferSyntax) *Data {
	return &Data{source: r, offset: offset, size: size, syntax: ts}
}

// TransferSyntax is the syntax of the encoded bytes: of received data that of
// its presentation context.
func (d *Data) TransferSyntax() dicom.TransferSyntax { return d.syntax }

// Err tells why received data is not there: [ErrDataTooLarge]. Reading it gives
// the same error.
func (d *Data) Err() error { return d.err }

// Size is the number of encoded bytes; of data made by [NewData] -1, of nil 0.
func (d *Data) Size() int64 {
	if d == nil {
		return 0
	}
	if d.ds != nil {
		return -1
	}
	return d.size
}

// InMemory tells whether the encoded bytes are in memory: [Data.Bytes] then is
// free.
func (d *Data) InMemory() bool { return d.buf != nil || d.size == 0 || d.err != nil }

// File is the spool file that holds the received data, from the offset that
// [SpoolFile] told, nil when it is in memory. The file position is at its end. After [Data.TakeFile]
// it is nil.
func (d *Data) File() *os.File { return d.file }

// TakeFile is [Data.File], which from now on belongs to the caller: it is not
// removed after the handler ends. The data set stays readable as long as the
// file is open.
func (d *Data) TakeFile() *os.File {
	f := d.file
	d.file = nil
	return f
}

// Bytes are the encoded bytes, read from the file when they are there. The
// result may not be changed; it stays valid after the handler ends unless
// [Data.Recycle] was called.
func (d *Data) Bytes() ([]byte, error) {
	if d == nil {
		return nil, ErrNoData
	}
	if d.err != nil {
		return nil, d.err
	}
	if d.ds != nil {
		return dicom.Append(nil, d.ds, d.ds.TransferSyntax())
	}
	if d.InMemory() {
		return d.buf, nil
	}
	b := make([]byte, d.size)
	if _, err := d.source.ReadAt(b, d.offset); err != nil {
		return nil, fmt.Errorf("read data set of %d bytes: %w", d.size, err)
	}
	return b, nil
}

// Recycle lets the memory of received data be used for the next message. It may
// be called only when nobody holds its bytes any more, a data set parsed from
// it included.
func (d *Data) Recycle() {
	if d.ds == nil && d.source == nil {
		receiveBuffers.put(d.buf)
		d.buf, d.size = nil, 0
	}
}

// Close removes the spool file of received data unless it was taken. The server
// does so after the handler; data of responses is closed by their receiver.
func (d *Data) Close() {
	if d == nil {
		return
	}
	d.budget.give(d.taken)
	d.taken = 0
	d.parse.Close()
	removeFile(d.TakeFile())
}

// ReaderAt reads the encoded bytes; their number is [Data.Size].
func (d *Data) ReaderAt() io.ReaderAt {
	if d.InMemory() {
		return bytes.NewReader(d.buf)
	}
	return io.NewSectionReader(d.source, d.offset, d.size)
}

// Dataset parses the data set in its transfer syntax. Its values are slices of
// the received bytes; of spooled data values larger than opt.BulkThreshold stay
// in the file, and are valid as long as that is open. Of a message without data
// set it is [ErrNoData]. What parsing needs much of is taken of the budget of the
// association until the handler ends.
func (d *Data) Dataset(opt dicom.ParseOptions) (*dicom.Dataset, error) {
	if d == nil {
		return nil, ErrNoData
	}
	if d.err != nil {
		return nil, d.err
	}
	if d.ds != nil {
		return d.ds, nil
	}
	if opt.Budget == nil && d.parse != nil {
		opt.Budget = d.parse
	}
	if d.InMemory() {
		return dicom.Parse(d.buf, d.syntax, opt)
	}
	return dicom.ParseReaderAt(d.source, d.offset, d.size, d.syntax, opt)
}
