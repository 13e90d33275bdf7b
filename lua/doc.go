// Package lua runs Lua 5.1: the language, its standard libraries and its messages as
// the reference interpreter has them, with bounds on time and memory, on the virtual
// machine of gopher-lua. It knows nothing of what scripts are used for.
//
// An [Engine] holds what states share: the options and the compiled texts. A
// [State] is one Lua world with its globals. [State.Run] runs a [Chunk].
//
// Programs add functions of their own with [State.Bind], [State.Fill] and
// [Options.Modules]; such a [Function] reads its arguments with [ArgText] and its
// like, which raise the errors of Lua.
//
// Strings hold bytes. The C locale counts: bytes from 128 on are no letters.
// Precompiled chunks of other interpreters and modules in C are not loaded.
package lua
