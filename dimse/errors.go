package dimse

import "fmt"

func (e *AbortError) Error() string {
	if e.ByPeer {
		return fmt.Sprintf("association aborted by the peer (source %d, reason %d)", e.Source, e.Reason)
	}
	return fmt.Sprintf("association aborted: %v", e.Err)
}

// Unwrap is the cause.
func (e *AbortError) Unwrap() error { return e.Err }

func (e *RejectError) Error() string {
	return fmt.Sprintf("association rejected: result %d, source %d, reason %d", e.Result, e.Source, e.Reason)
}
