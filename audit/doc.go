// Package audit writes audit trail messages (PS3.15 section A.5) of who had what to do
// with patients' data: application start and stop, logins, queries, objects that came
// in, went out, were read, changed or deleted, security alerts. Each is one line of a
// file: its number, a hash over the line before and itself, the XML. [Verify] finds
// what was changed, left out or put in. [Send] passes the lines on to a syslog server
// over TLS (RFC 5425) and continues where it was after a restart.
//
// Objects of one kind for the same study and parties are counted together for a few
// seconds. Nothing waits for the audit but its own disk; when it can not be written the
// server goes on, one line says so, and the next message that can be written tells how
// many were lost.
package audit
