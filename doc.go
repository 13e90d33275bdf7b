// Package conquest is the root of the dgate server's module. It holds no code,
// only the test of its architecture; docs/architecture.md shows the parts.
package conquest
