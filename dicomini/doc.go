// Package dicomini reads and writes the configuration files of a site:
// dicom.ini, acrnema.map, dgatesop.lst and dicom.sql, and checks them (Lint).
//
// The doors are Locate (where is dicom.ini), Open (the Live configuration) and
// Live.Current, which returns the immutable snapshot (*Config) that a unit of
// work takes when it starts:
//
//   - keys that the documentation calls cfg keep the values of the last start
//     or Reload (--read_ini);
//   - keys read at every use follow an edit of the file within about a second;
//   - keys read once stay as they were at start.
//
// AEMap, SOPStore and Schema hold the other three files. Every file but
// dicom.ini may be missing: then built-in tables with the same facts are used.
// The formats are described in docs/original/config.md.
package dicomini
