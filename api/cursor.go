package api

import (
	"encoding/base64"
	"strconv"
)

// ListInput says which part of a list is wanted.
type ListInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"rows at most"`
	After string `query:"after" maxLength:"64" doc:"next of the answer before; without it the list begins at its start"`
}

// offset is how many rows the answers before had.
func (l ListInput) offset() (int, error) {
	if l.After == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(l.After)
	n, bad := strconv.Atoi(string(text))
	if err != nil || bad != nil || n < 0 {
		return 0, Invalid("after is none that this server gave")
	}
	return n, nil
}

func cursor(offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(offset)))
}

// Listing is a part of a list.
type Listing[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"after of the next call; not there at the end"`
}

// cut takes the wanted part of a whole list.
func cut[T any](all []T, l ListInput) (*body[Listing[T]], error) {
	from, err := l.offset()
	if err != nil {
		return nil, err
	}
	from = min(from, len(all))
	to := min(from+l.Limit, len(all))
	out := &body[Listing[T]]{}
	out.Body.Items = append([]T{}, all[from:to]...)
	if to < len(all) {
		out.Body.Next = cursor(to)
	}
	return out, nil
}
