// Package storage knows where objects lie on disk: devices and their free
// space, file names, writing a file so that it is either whole or absent,
// finding it again, repairs of identifiers before storing, watched folders.
// What docs/original/storage.md describes is met here; the index and the order of the
// steps belong to others.
//
// Entry points: [NewDevices], [NewNamer], [Devices.Write], [FixImage], [Watch].
package storage
