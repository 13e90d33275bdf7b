// Package scripting is the legacy command language of the converters:
// semicolon separated statements such as
//
//	ifequal "%m","CT"; { set 0010,4000 to "seen by %u"; forward to WORKSTATION; }
//
// A text is compiled once ([Compile], [Cache]) and run per object ([Run.Import]
// on an object in memory, [Run.Export] on a stored file). Work on the object
// itself is done here; everything else goes through [Env], which the server
// implements and [DryRun] records. A [Trace] sees every statement. [Check]
// reports what is wrong with a text without running it.
//
// The package knows when a statement is executed, not when a converter is: that
// is package rules. The language is described in docs/original/scripting.md.
package scripting
