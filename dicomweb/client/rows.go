package client

import (
	"errors"
	"io"
	"iter"

	"conquest/dicom"
)

// rows are the data sets of a JSON answer.
func rows(dec *dicom.JSONDecoder) iter.Seq2[*dicom.Dataset, error] {
	return func(yield func(*dicom.Dataset, error) bool) {
		for {
			d, err := dec.Next()
			if errors.Is(err, io.EOF) || !yield(d, err) || err != nil {
				return
			}
		}
	}
}
