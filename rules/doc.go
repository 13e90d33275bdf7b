// Package rules decides when converters and hooks run and for which object:
// filters, order, numbers, the [lua] section before the main one, what a result
// code means for the object. What a converter does is package scripting's.
//
// The door is [Engine]: [Engine.Import] runs all import converters on a
// received object, [Engine.Export] one export converter on a stored file,
// [Engine.Hook] any other. A [Trace] sees every decision; [Engine.Explain] is
// the same run with actions that are only recorded, written out as text.
// The rules are described in docs/original/scripting.md 1.
package rules
