// Package rig is what tests of the whole program share: the binary, ports that
// no other test has, and servers that are started, awaited and ended.
//
// The binary is the one that DGATE names, else one that is built once for each
// test process ([Binary]). With DGATE_COVER set the built one counts what it
// runs; where it writes that, GOCOVERDIR says.
package rig
