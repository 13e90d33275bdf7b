// Package console is what the server says: the operator channel (always), the
// debug channel (when asked for), the trouble log and the user log, with the
// targets and prefixes of docs/original/commands.md 1.1 and 8. The original's
// lines are an interface that sites read; package oplog holds their texts. What is
// new is said with [Console.Event], in one style: a sentence, then key=value pairs.
package console
