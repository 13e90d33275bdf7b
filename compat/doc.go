// Package compat serves the addresses that the programs of the original server had
// beside DICOMweb (docs/original/web.md 1, 4 and 8): its extensions below
// /api/dicom/rs, its pages at /app/newweb and /cgi-bin, and the bookmarks that point
// there.
//
// The door is [Mount]. Pages of a site are answered by the program itself as a CGI
// program, a process for each request: they name files from their own folder and may
// end the program, which is no business of a server.
package compat
