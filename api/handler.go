package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"conquest/group"
	"conquest/web"
)

// Services are what the interface reaches; one that is nil has no routes.
type Services struct {
	Server   Server
	Studies  Studies
	Accounts Accounts
	Queues   Queues
	Jobs     Jobs
	Actions  Actions
	Config   Config
	AEs      AEs
	Rules    Rules
	Watch    Watch
}

// Options are what the interface is made of besides its services.
type Options struct {
	Version string // of the server
	// ReadOnly refuses what changes data or settings to everybody.
	ReadOnly func() bool
	// Log is told of failures; nil is slog.Default.
	Log *slog.Logger
}

// Handler answers the calls.
type Handler struct {
	opt  Options
	log  *slog.Logger
	mux  *http.ServeMux
	api  huma.API
	work group.Group // streams
}

// Errors that services answer with; others are failures of the server.
var (
	// ErrNotFound tells that what is named is not there.
	ErrNotFound = errors.New("not found")
	// ErrChanged tells that what is to be replaced is not any more what the caller
	// has seen.
	ErrChanged = errors.New("it was changed meanwhile")
	// ErrInvalid tells that what the caller wants can not be.
	ErrInvalid = errors.New("not possible")
)

// New makes the interface.
func New(s Services, opt Options) *Handler {
	h := &Handler{opt: opt, log: opt.Log, mux: http.NewServeMux()}
	if h.log == nil {
		h.log = slog.Default()
	}
	h.api = humago.NewWithPrefix(h.mux, Root, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: "dgate", Version: opt.Version, Description: "REST interface of the DICOM server. x-role is the role that a call takes."},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		OpenAPIPath: "/openapi", Formats: huma.DefaultFormats, DefaultFormat: "application/json",
	})
	if s.Server != nil {
		h.serverRoutes(s.Server)
	}
	if s.Studies != nil {
		h.studyRoutes(s.Studies)
	}
	if s.Accounts != nil {
		h.accountRoutes(s.Accounts)
	}
	if s.Queues != nil {
		h.queueRoutes(s.Queues)
	}
	if s.Jobs != nil {
		h.jobRoutes(s.Jobs)
	}
	if s.Actions != nil {
		h.actionRoutes(s.Actions)
	}
	if s.Config != nil {
		h.configRoutes(s.Config)
	}
	if s.AEs != nil {
		h.aeRoutes(s.AEs)
	}
	if s.Rules != nil {
		h.ruleRoutes(s.Rules)
	}
	if s.Watch != nil {
		h.watchRoutes(s.Watch)
	}
	h.page()
	return h
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { web.Route(h.mux, w, r) }

// Allow are the methods of an address, for OPTIONS.
func (h *Handler) Allow(r *http.Request) string { return web.Allow(h.mux, r) }

// OpenAPI is the description of the interface.
func (h *Handler) OpenAPI() *huma.OpenAPI { return h.api.OpenAPI() }

// Bodies in bytes: a configuration with long scripts has room.
const maxBody = 4 << 20

// add registers the operation of a row of the table.
func add[I, O any](h *Handler, id string, f func(context.Context, *I) (*O, error), edits ...func(*huma.Operation)) {
	r := routeOf(id)
	resource, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/"), "/")
	op := huma.Operation{
		OperationID: r.ID, Method: r.Method, Path: r.Path, Summary: r.Text, Tags: []string{resource}, MaxBodyBytes: maxBody,
		BodyReadTimeout: -1, // the listener bounds it by progress
		Errors:          []int{http.StatusForbidden, http.StatusServiceUnavailable},
		Middlewares:     huma.Middlewares{h.guard(r)},
		Extensions:      map[string]any{"x-role": r.Role.String()},
	}
	if strings.Contains(r.Path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	switch {
	case r.accepted:
		op.DefaultStatus = http.StatusAccepted
	case r.empty:
		op.DefaultStatus = http.StatusNoContent
	}
	for _, edit := range edits {
		edit(&op)
	}
	huma.Register(h.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, h.problem(ctx, r, err)
		}
		return out, nil
	})
}

// guard lets in those who have the role of a row.
func (h *Handler) guard(r Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		req, w := humago.Unwrap(ctx)
		switch {
		case web.CallerOf(ctx.Context()).Role < r.Role:
			web.Problem(w, req, http.StatusForbidden, "this needs the role "+r.Role.String()+"; WEBReadOnly and the login of dicom.ini decide who has it")
		case r.Changes && h.opt.ReadOnly != nil && h.opt.ReadOnly() && ctx.Context().Value(commandedKey{}) == nil:
			web.Problem(w, req, http.StatusForbidden, "this server is read only for web clients: WEBReadOnly in dicom.ini says so")
		default:
			next(ctx)
		}
	}
}

type commandedKey struct{}

// Commanded marks a call that came by a server command: whether these may change
// something is decided elsewhere.
func Commanded(ctx context.Context) context.Context {
	return context.WithValue(ctx, commandedKey{}, true)
}

// problem is an error as the caller gets it. What is not the caller's doing goes to
// the log, and not to him.
func (h *Handler) problem(ctx context.Context, r Route, err error) error {
	status := http.StatusServiceUnavailable
	switch {
	case errors.Is(err, ErrNotFound):
		return huma.Error404NotFound("that is not here, or not any more")
	case errors.Is(err, ErrChanged):
		status = http.StatusPreconditionFailed
	case errors.Is(err, ErrInvalid):
		status = http.StatusUnprocessableEntity
	default:
		var se huma.StatusError
		if errors.As(err, &se) {
			return se
		}
		if ctx.Err() == nil {
			h.log.Error("API", "request", web.RequestID(ctx), "call", r.ID, "error", err)
		}
		return huma.Error503ServiceUnavailable("the server can not answer that now; its log says why under the id of this request")
	}
	return huma.NewError(status, err.Error())
}

// Invalid is an error that tells the caller what can not be.
func Invalid(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, a...))
}

// body is an answer of JSON.
type body[T any] struct{ Body T }

// none is an input or an output without anything in it.
type none struct{}
