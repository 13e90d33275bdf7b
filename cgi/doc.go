// Package cgi is dgate as a CGI program (docs/original/web.md 1 to 3): a web server starts
// it for one request, in a folder with a dicom.ini of its own, and it asks the
// running server by commands.
//
// The door is [Serve]. A request is answered by the first of these that fits:
//
//   - requestType=WADO: an object or a picture of it (wado.go);
//   - a mode that is built in (builtin.go and the files it names);
//   - a page of the site, a section of dicom.ini with the name of the mode: a Lua
//     script (luapage.go), or a text with variables, commands and Lua (textpage.go).
//
// What comes from the browser reaches a server command, a condition of the
// database, a piece of Lua or a file name only where it can do nothing else than
// it is meant for (guard.go, condition.go), and HTML only escaped. Lua pages write
// what they want.
package cgi
