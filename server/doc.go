// Package server is the running PACS: it accepts associations, takes objects
// through the receive pipeline, answers queries and retrievals, forwards,
// exports and mirrors, and carries out server commands. It joins the other
// packages and implements what scripts may do (scripting.Env).
//
// The doors are [New], which opens everything a configuration names, and
// [Server.Run], which serves until its context ends. The tools of the command
// line use the same Server without running it.
package server
