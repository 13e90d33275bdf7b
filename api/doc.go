// Package api is the REST interface of the server below /api/v1: its state,
// studies, queues, jobs and configuration for scripts and programs, described by
// OpenAPI 3.1.
//
// Every route stands in the table of routes.go with the role that it takes. Each
// resource has a file with its JSON forms, its handlers and the small interface
// that it needs; [New] takes these as [Services], which package api/archive fulfils
// with the use cases of pacs. Errors are problem details (RFC 9457).
package api
