// Package queue keeps promised work until it is done: exports, mirror copies,
// delayed forwards.
//
// The contract:
//
//   - What [Queue.Push] or [Collector.Push] has accepted is in a journal on disk
//     before the call returns. It survives the end of the process at any moment
//     and is taken up by the next Open with the same name.
//   - Work is handed to Run at least once. It is handed over again only when Run
//     answered Retry, or when the process ended before the outcome was written.
//   - Work that answered Retry moves to the failure file: a flat sequence of
//     fixed-size records under the original server's name and in its layout, so
//     that either program takes up what the other left (docs/original/scripting.md 1.5).
//     A first byte of zero marks a record that is done.
//   - After a failure the queue holds off: for HoldOff new work goes straight to
//     the failure file. RetryDelay after the last failure, when nothing else is
//     waiting, the file is walked again.
//   - With MaxRetries > 0 that many consecutive failures are allowed; one more
//     gives the whole failure file up. Zero means without end.
//
// Nothing is synced to the platter: a power failure may lose the last entries,
// a crash of the process may not.
package queue
