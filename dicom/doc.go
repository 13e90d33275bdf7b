// Package dicom reads, holds and writes DICOM data sets: tags, VRs, elements,
// sequences, transfer syntaxes, Part 10 files, character sets, text dump and
// JSON. It knows nothing of the network, of storage or of a server, and imports
// the standard library and x/text only.
//
// Entry points: [Parse] and [ReadFile] make a [Dataset], [Append] and
// [WriteFile] write one, [Dataset.Get] and [Dataset.Put] work on it.
//
// A Dataset may hold the elements of group 0002 beside the others: the transfer
// syntax of an object is its element (0002,0010).
package dicom
