package luabind

// feature is a function of the API. One row makes the global function, the method of
// objects and the entry in docs/lua.md.
type feature struct {
	global string // name of the global function, "" for a method alone
	method string // name as method of objects, "" for none
	kind   methodKind
	f      goFunction
	args   string // of the function; those of the method lack the object
	help   string
}

// methodKind tells what has the method.
type methodKind byte

const (
	ofObjects methodKind = iota
	ofClass              // DicomObject itself, and objects that are no more, have it, too
	ofArrays             // arrays alone
	ofEither             // objects and arrays
)

// chapter is a part of the API.
type chapter struct {
	title, text string
	features    []feature
}

// api is all of the API, in the order of docs/lua.md.
func api() []chapter {
	return []chapter{
		{"Verdicts", "What becomes of the object of a converter. The script goes on after them.", verdictFeatures()},
		{"Objects", "`obj` is a DicomObject such as `Data`. Where it is in brackets, the object of the chunk stands for it.", objectFeatures()},
		{"Pixels", "Columns `x`, rows `y` and frames count from 0; a frame that is left out is 0. The pixel data must not be compressed.", pixelFeatures()},
		{"Database", "", databaseFeatures()},
		{"Network", "An AE is a name of acrnema.map.", networkFeatures()},
		{"Server and configuration", "", serverFeatures()},
		{"Web pages", "", pageFeatures()},
		{"System", "", systemFeatures()},
	}
}

func verdictFeatures() []feature {
	return []feature{
		{global: "destroy", f: verdict(2), args: "()", help: "The object is not stored; the sender is told success."},
		{global: "reject", f: verdict(6), args: "()", help: "The object is not stored; the sender is told failure."},
		{global: "retry", f: verdict(7), args: "()", help: "In converters of rejected objects: one more attempt."},
		{global: "script", method: "Script", f: fnScript, args: "([obj,] line)",
			help: "Runs a line of the command language on the object. Its verdict becomes that of the chunk."},
		{global: "forward", f: fnForward, args: "([obj,] destination)",
			help: "The command `forward`: `forward('AE')`, `forward('patient to AE')`. The verdict stays."},
	}
}

func objectFeatures() []feature {
	return []feature{
		{global: "newdicomobject", method: "new", kind: ofClass, f: fnNewObject, args: "([json])", help: "An empty object, or one from JSON text: `DicomObject:new()`."},
		{global: "newdicomarray", method: "newarray", kind: ofClass, f: fnNewArray, args: "()", help: "An empty array."},
		{global: "deletedicomobject", method: "free", f: fnFree, args: "(obj)", help: "Lets go of an object or array. All its fields read nil then."},
		{global: "readdicom", method: "Read", f: fnReadDicom, args: "([obj,] name)",
			help: "Replaces the contents: of a file, or of a stored object `patientid:sop`, `:sop` or `study\\series\\sop`. Gives 1; what can not be read is an error."},
		{global: "writedicom", method: "Write", f: fnWriteDicom, args: "([obj,] file)", help: "Writes a Part 10 file; a name in `.v2` gives a bare data set."},
		{global: "writeheader", method: "Dump", f: fnWriteHeader, args: "([obj,] file)", help: "Writes the elements as text."},
		{global: "resetdicom", method: "Reset", f: fnReset, args: "([obj])", help: "Removes all elements."},
		{global: "copydicom", method: "Copy", f: fnCopy, args: "(obj [, json])", help: "A copy, in which the elements of the JSON text are set."},
		{global: "compressdicom", method: "Compress", f: fnCompress, args: "(obj, mode)", help: "A copy in another compression (`un`, `j2`, `jk`, `n4` ...), nothing when that fails."},
		{global: "addimage", method: "AddImage", f: fnAddImage, args: "(obj)", help: "Stores a copy in the server; no import converters run."},
		{global: "listitems", method: "ListItems", f: fnListItems, args: "(obj)", help: "Four texts with bars between: names, VRs, groups and elements, the latter in decimal."},
		{global: "getvr", method: "GetVR", f: fnGetVR, args: "(obj, group, element [, bytes])", help: "A table of numbers from 1, an array for a sequence, or with true the bytes as they are."},
		{global: "setvr", method: "SetVR", f: fnSetVR, args: "(obj, group, element, value)", help: "Sets an element from a table of numbers, from bytes, from an array, or a sequence from JSON text."},
		{method: "DeleteFromSequence", f: fnDeleteFromSequence, args: "(obj, name, n)", help: "Removes item n (from 0) of a sequence."},
		{method: "Delete", kind: ofArrays, f: arrayDelete, args: "(array, n)", help: "Removes item n (from 0)."},
		{method: "Add", kind: ofArrays, f: arrayAdd, args: "(array, obj)", help: "Adds a copy of an object."},
		{global: "serialize", method: "Serialize", kind: ofEither, f: fnSerialize, args: "(obj [, json [, pixeldata [, dicomweb]]])", help: "The object or array as text of Lua, or as JSON. Only `true` counts as an argument."},
	}
}

func pixelFeatures() []feature {
	return []feature{
		{global: "getpixel", method: "GetPixel", f: fnGetPixel, args: "([obj,] x, y [, frame])", help: "The samples of a pixel, one number each."},
		{global: "setpixel", method: "SetPixel", f: fnSetPixel, args: "([obj,] x, y, frame, value ...)", help: "Sets them."},
		{global: "getrow", method: "GetRow", f: fnGetRow, args: "([obj,] y [, frame])", help: "A table from 0."},
		{global: "setrow", method: "SetRow", f: fnSetRow, args: "([obj,] y, frame, table)", help: "What the table lacks is 0."},
		{global: "getcolumn", method: "GetColumn", f: fnGetColumn, args: "([obj,] x [, frame])", help: "A table from 0."},
		{global: "setcolumn", method: "SetColumn", f: fnSetColumn, args: "([obj,] x, frame, table)", help: "What the table lacks is 0."},
		{global: "getimage", method: "GetImage", f: fnGetImage, args: "([obj,] [frame])", help: "The bytes of a frame."},
		{global: "setimage", method: "SetImage", f: fnSetImage, args: "([obj,] frame, bytes [, scale])", help: "Sets a frame from as many bytes; one of 16 bits also from 32-bit floating point numbers times scale."},
	}
}

func databaseFeatures() []feature {
	return []feature{
		{global: "dbquery", f: fnDBQuery, args: "(table, fields [, where [, order]])", help: "Rows from 1 of texts from 1; NULL is the empty text. Nothing when it fails."},
		{global: "sql", f: fnSQL, args: "(statement)", help: "Runs a statement; 1, or nothing when it fails."},
		{global: "get_sqldef", f: fnGetSQLDef, args: "(table, row)", help: "Group, element, column, length, SQL type and DICOM type of a row (from 0) of dicom.sql; tables are 0 patient, 1 study, 2 series, 3 image, 4 worklist."},
		{global: "listoldestpatients", f: fnOldestPatients, args: "(most, device, order)", help: "IDs of patients, a table from 1."},
		{global: "genuid", f: fnGenUID, args: "()", help: "A UID that nobody has."},
		{global: "changeuid", f: fnChangeUID, args: "(old [, new [, stage [, type]]])", help: "The UID that old is mapped to in table UIDMODS: new, or a fresh one. A stage that begins with `#` needs no table."},
		{global: "changeuidback", f: fnChangeUIDBack, args: "(new [, stage [, type]])", help: "The UID that was mapped to it, or nil."},
	}
}

func networkFeatures() []feature {
	return []feature{
		{global: "dicomquery", f: fnDicomQuery, args: "(ae, level, obj)", help: "C-FIND at PATIENT, STUDY, SERIES, IMAGE, WORKLIST, PATIENTP or STUDYP: an array, nothing without an association."},
		{global: "dicomquery2", f: fnDicomQuery2, args: "(ae, level, obj)", help: "The same by way of the virtual server client: an empty array without an association."},
		{global: "dicomread", f: fnDicomRead, args: "(obj [, limit])", help: "The stored objects that match; elements longer than limit are left out."},
		{global: "dicomget", f: fnDicomGet, args: "(ae, level, obj)", help: "C-GET: an array of objects; `host:port` is an AE, too."},
		{global: "dicommove", f: fnDicomMove, args: "(source, destination, obj [, patientroot [, extra]])",
			help: "C-MOVE; source may be `(local)`. A text tells what failed. extra: an object whose elements go into the command, a thread number for the progress display, or code that runs after each pending response."},
		{global: "dicomstore", f: fnDicomStore, args: "(ae, obj or array)", help: "C-STORE: an array of response commands, or a text that tells what failed; `host:port` is an AE, too."},
		{global: "dicomecho", f: fnDicomEcho, args: "(ae [, extra])", help: "C-ECHO: the response command, nothing when it fails."},
		{global: "dicomprint", f: fnDicomPrint, args: "(obj or array, ae, annotation, options)", help: "Prints images; options is `Keyword=value;...` or a table. A text tells what failed."},
		{global: "dicomdelete", f: fnDicomDelete, args: "(obj)", help: "Deletes what matches from the server."},
		{global: "newdicomdelete", f: fnNewDicomDelete, args: "(obj [, thread])", help: "Deletes what matches from the server."},
		{global: "newdicommodify", f: fnNewDicomModify, args: "(obj, line [, thread])", help: "Changes all that matches by a line of the command language."},
		{global: "newdicomcopy", f: fnNewDicomCopy, args: "(obj, line [, thread])", help: "The same in copies."},
	}
}

func serverFeatures() []feature {
	return []feature{
		{global: "servercommand", f: fnServerCommand, args: "(command [, mode])",
			help: "Sends a command to this server and gives the answer. mode: `binary`, `<file` (goes with it), `>file` (takes the answer), `cgi`, `cgibinary`, `cgihtml`."},
		{global: "gpps", f: fnGpps, args: "(section, key [, default])", help: "A value of dicom.ini; with one argument a key of the server's section."},
		{global: "get_amap", f: fnGetAMap, args: "(i)", help: "Name, address, port and compression of row i (from 0) of acrnema.map."},
		{global: "dictionary", f: fnDictionary, args: "(keyword) or (group, element)", help: "Group and element, or the keyword."},
		{global: "heapinfo", f: fnHeapInfo, args: "()", help: "A text about memory."},
		{global: "debuglog", f: fnDebugLog, args: "(...)", help: "A line for the debug log; `print` writes to the log of the operator."},
	}
}

func pageFeatures() []feature {
	return []feature{
		{global: "HTML", f: fnHTML, args: "(format [, a, b, c, d])", help: "Writes a line of the page; `%s` stands for the next argument."},
		{global: "CGI", f: fnCGI, args: "([key [, default]])", help: "A parameter of the request; without key what was posted."},
	}
}

func systemFeatures() []feature {
	return []feature{
		{global: "system", f: fnSystem, args: "(command)", help: "Runs a command, waits, and gives its wait status."},
		{global: "sleep", f: fnSleep, args: "(milliseconds)", help: "Waits."},
		{global: "mkdir", f: fnMkdir, args: "(path)", help: "Makes a folder and those above it."},
		{global: "tempfile", f: fnTempFile, args: "(ending)", help: "The name of a file that is not there."},
		{global: "tickcount", f: fnTickCount, args: "()", help: "Milliseconds."},
		{global: "crc", f: fnCRC, args: "(text)", help: "A CRC-32 in decimal that starts with 0 and is not inverted."},
		{global: "md5", f: fnMD5, args: "(text)", help: "A digest in hexadecimal that is not quite MD5; pseudonyms depend on it."},
		{global: "ConvertBinaryData", f: fnConvert, args: "(format, bytes or table)", help: "Numbers of bytes, or bytes of numbers: `[N*]` and `f4`, `f8`, `u1` to `u4` or `sN`."},
	}
}
