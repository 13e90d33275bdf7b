// Package sitecheck looks at a site without touching it: [Lint] finds mistakes in
// its configuration and scripts (dgate --lint), [Report] tells somebody who comes
// from the original what runs as before and what does not (dgate
// --migrate-check). It opens no network, and of the index a copy at most.
package sitecheck
