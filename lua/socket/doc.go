// Package socket has the modules of LuaSocket 3.0 for package lua: socket, mime, ltn12,
// socket.url, socket.http, socket.smtp and socket.ftp. What waits for a peer ends with
// the chunk that waits.
//
// Sockets are those of Go: options and file descriptors are not there, getfd gives -1.
package socket
