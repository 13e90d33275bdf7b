// Package server is the running PACS: it accepts associations, takes objects
// through the receive pipeline, answers queries and retrievals, forwards,
// exports and mirrors, and carries out server commands. It joins the other
// packages and implements what scripts may do (scripting.Env).
//
// The doors are [New], which opens everything a configuration names, and
// [Server.Run], which serves until its context ends. The tools of the command
// line use the same Server without running it.
//
// Where to read: listen.go, associate.go and dispatch.go for what comes in;
// incoming.go, store.go and arriving.go for the way of an object; find.go,
// retrieve.go, outgoing.go and virtual*.go for queries and retrievals; dial.go,
// fit.go, forward.go, export.go and mirror.go for what goes out; command*.go,
// beginning with commandtable.go, for the commands; environment.go, hooks.go and
// luahost.go for what scripts reach.
//
// The services that can stand alone are packages below this one. None of them
// imports the server: each states as its Host, or as plain values, the little that
// it needs, and the file of its name here (archive.go, commitment.go, delayed.go,
// ...) gives it that.
package server
