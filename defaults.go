package conquest

import _ "embed"

// DefaultINI is the dicom.ini of a new site: an SQLite index and objects below
// ./data, port 5678, web clients of this machine on 8086.
//
//go:embed dicom.ini
var DefaultINI string
