package dicom

import "io"

// Append appends the data set, without its group 0002 elements, encoded in ts
// to buf. Sequences and items are written with undefined length, odd values are
// padded, group lengths that are present are recalculated. File-backed values
// are read. Deflated syntaxes are deflated.
func Append(buf []byte, d *Dataset, ts TransferSyntax) ([]byte, error) { return nil, errNotYet }

// Encode writes the same bytes as [Append] to w, file-backed values copied
// piece by piece.
func Encode(w io.Writer, d *Dataset, ts TransferSyntax) error { return errNotYet }
