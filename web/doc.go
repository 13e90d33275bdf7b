// Package web is the HTTP listener of the server: addresses and TLS, who may
// call, limits, request ids, problem details, compression, cross-origin rules
// and the guard against panics, the same for every path.
//
// [New] makes a [Server] of [Options]; services are mounted with
// [Server.Mount] under patterns of net/http.ServeMux, and learn who calls with
// [CallerOf]. The package knows nothing of DICOM.
package web
