package dicomweb

import (
	"context"
	"net/http"
	"strings"
)

// Access is what a request saw, stored or removed of patients' data.
type Access struct {
	// Action is what was asked for: "search", "retrieve", "metadata", "rendered",
	// "thumbnail", "frames", "bulkdata", "store", "delete".
	Action string
	// Ref is what the address names, and Patient the ID of its patient where that is
	// known.
	Ref
	Patient string
	// Count is the number of rows or objects.
	Count int
}

type accessKey struct{}

// noting notes which objects a request is about.
type noting struct{ Archive }

// Instances are those of the archive.
func (n noting) Instances(ctx context.Context, ref Ref) ([]Instance, error) {
	list, err := n.Archive.Instances(ctx, ref)
	if a, ok := ctx.Value(accessKey{}).(*Access); ok && err == nil && len(list) > 0 {
		a.Ref, a.Patient, a.Count = ref, list[0].Patient, len(list)
	}
	return list, err
}

// counted notes the number of rows or objects.
func counted(ctx context.Context, n int) {
	if a, ok := ctx.Value(accessKey{}).(*Access); ok {
		a.Count += n
	}
}

// watched runs a request and tells what it accessed. Requests that failed saw
// nothing.
func (s *Service) watched(r *http.Request, action string, f func(r *http.Request) error) error {
	if s.opt.Accessed == nil {
		return f(r)
	}
	a := &Access{Action: action, Ref: refOf(r)}
	err := f(r.WithContext(context.WithValue(r.Context(), accessKey{}, a)))
	if err == nil {
		s.opt.Accessed(r, *a)
	}
	return err
}

// actionOf is what a pattern of the routes asks for.
func actionOf(pattern string) string {
	method, path, _ := strings.Cut(pattern, " ")
	switch method {
	case http.MethodPost:
		return "store"
	case http.MethodDelete:
		return "delete"
	}
	words := strings.Split(strings.Trim(path, "/"), "/")
	for _, w := range []string{"rendered", "thumbnail", "frames", "metadata", "bulkdata", "pixeldata"} {
		for _, have := range words {
			if have == w {
				return w
			}
		}
	}
	if strings.HasSuffix(path, "}") {
		return "retrieve"
	}
	return "search"
}
