// Package luabind runs the Lua chunks of a site: hooks and converters of section
// [lua], "lua:" statements, called files and the --lua: commands (docs/original/lua.md).
//
// An [Engine] holds what all Lua states share: the [Host] that answers for the
// server, and the compiled texts. A [State] is one Lua world with its globals; its
// owner is an association, an export queue, or the process. [State.Run] runs a
// [Chunk] and gives the verdict on the object and the result.
//
// The language is Lua 5.1. Strings hold bytes: values of elements are passed as
// they are stored, without conversion of character sets. Where the original server
// ended at a wrong argument, a Lua error is raised.
package luabind
