// Package dicomweb is the DICOM service for web clients (PS3.18): search
// (QIDO-RS), retrieve (WADO-RS, rendered pictures and thumbnails among it), store
// (STOW-RS) and WADO-URI, as http.Handler over an [Archive]; and the client of
// the same services.
//
// [New] makes a [Service] of an archive and [Options]; [Service.Handler] serves
// the resources below a root such as "/dicom-web", [Service.URI] serves WADO-URI.
// Package folder below it is an archive over a folder of files. [Client] searches,
// retrieves and stores at another server.
//
// The package speaks the standard's words. Who may call is decided in front of
// it, what becomes of stored objects behind it.
package dicomweb
