// Package dicom reads, holds and writes DICOM data sets: tags, VRs, elements,
// sequences, transfer syntaxes, Part 10 files, character sets, text dump, JSON
// and XML. It knows nothing of the network, of storage or of a server, and
// imports the standard library and x/text only.
//
// Reading: [Parse] and [ParseReaderAt] for a bare data set, [ReadFile],
// [ParsePart10] and [ReadPart10] for files, [ReadHeader] for what comes before
// the pixel data. Large values may stay in the file ([Bulk]).
//
// Writing: [Append] and [Encode] for a bare data set, [WriteFile], [WritePart10] and [WriteV2]
// for files.
//
// Work on a [Dataset]: [Dataset.Get] and [Dataset.Put], text by
// [Dataset.String] and [Dataset.Text], numbers by [Dataset.Int], [Dataset.Ints]
// and [Dataset.Floats], nested elements by [Path] and [Dataset.Walk],
// comparison by [Diff].
//
// Other forms: [Dump], [AppendJSON], [EncodeJSON], [ParseJSON], [NewJSONDecoder],
// [EncodeXML], [ParseXML].
//
// A Dataset may hold the elements of group 0002 beside the others: the transfer
// syntax of an object is its element (0002,0010).
package dicom
