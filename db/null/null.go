// Package null is the index of a router, which keeps none: stores succeed,
// queries find nothing (spec/database.md 9).
package null
