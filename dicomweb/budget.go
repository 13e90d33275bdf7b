package dicomweb

import (
	"errors"
	"fmt"

	"conquest/budget"
	"conquest/dicom"
)

// receiveMemory is that of all objects that are received at once, in bytes.
const receiveMemory = 64 << 20

// share is what one object that is received takes of the memory for such.
type share struct{ of *budget.Budget }

var _ dicom.Budget = (*share)(nil)

// Take takes n bytes more; an error tells that there are not so many.
func (s *share) Take(n int64) error {
	err := s.of.Take(n)
	var refusal *budget.Error
	if errors.As(err, &refusal) && !refusal.Never() {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// free gives all back.
func (s *share) free() {
	s.of.Give(s.of.Used())
}
