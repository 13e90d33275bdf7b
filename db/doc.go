// Package db is the index of a site: patients, studies, series, images,
// worklist and UID mappings, in the tables that release 1.5.0e of the original
// server makes from dicom.sql, so that either can take the other's database
// over (docs/original/database.md).
//
// Open chooses the driver by the keys of dicom.ini: SQLite, PostgreSQL,
// MySQL/MariaDB, SQL Server, the built-in dBASE III files, or none. Then
//
//   - [DB.Add] registers an object that lies on a device and returns when the
//     rows are committed; [DB.Lookup] tells whether it is known;
//   - [DB.Find] answers a C-FIND identifier, [DB.Locate] finds the files for a
//     move, get or delete;
//   - [DB.Delete], [DB.SetLocation] and the UID methods change rows;
//   - [DB.Query] and [DB.SQL] serve scripts.
//
// All changes go through one writer, which commits what is waiting as a group.
// Readers do not wait for it. Text is bytes in the character set of the object.
package db
