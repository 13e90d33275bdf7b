package dicom

import "io"

// File is a data set read from a file that stays open for its file-backed
// values.
type File struct {
	*Dataset
	closer io.Closer
}

// Close releases the file; file-backed values can not be read afterwards.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// ReadFile reads a Part 10 file (with or without preamble and meta header) or a
// bare data set (".v2": implicit little endian unless its beginning shows
// explicit VRs). Group 0002 elements are part of the result; the transfer
// syntax is told by (0002,0010). Values beyond opt.BulkThreshold stay in the file.
func ReadFile(path string, opt ParseOptions) (*File, error) { return nil, errNotYet }

// Meta is what a writer puts in the meta header beside what the data set says.
type Meta struct {
	ImplementationClassUID    string
	ImplementationVersionName string
}

// WriteFile writes d as Part 10: preamble, meta header (explicit little endian,
// rebuilt from SOP class, SOP instance and (0002,0010), PS3.10 section 7.1), and
// the data set in its transfer syntax. Group 0002 elements of d other than
// (0002,0010) are not written.
func WriteFile(w io.Writer, d *Dataset, m Meta) error { return errNotYet }

// WriteV2 writes d without preamble as an implicit little endian stream, the
// group 0002 elements it has first, in implicit form (spec/storage.md 2.2).
func WriteV2(w io.Writer, d *Dataset) error { return errNotYet }
