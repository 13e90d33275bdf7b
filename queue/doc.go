// Package queue keeps promised work until it is done: exports, mirror copies,
// delayed forwards.
//
// The contract:
//
//   - What [Queue.Push] or [Collector.Push] has accepted is in a journal on disk
//     before the call returns, on the platter with Options.Sync. It survives the
//     end of the process at any moment and is taken up by the next Open with the
//     same name. What Push refuses is not in the queue.
//   - Work is handed to Run at least once, in the order of Push. It is handed over
//     again when its Run did not end with Done, or when the process ended before
//     the outcome was written.
//   - Work that failed for now is held, and with it all later work for the same
//     destination, in order; work for others goes on. RetryDelay after the failure,
//     or when new work comes after HoldOff, the first of them is tried again, and
//     when it is done the others follow.
//   - What is held is in the failure file where it fits: records under the original
//     server's name and in its layout, so that either program takes up what the
//     other left (docs/original/scripting.md 1.5).
//   - With MaxRetries > 0 that many consecutive failures of a destination are
//     allowed; one more gives up what is held for it.
//   - Work that was refused for good, or given up, is a dead letter: it stays, with
//     destination and reason, until somebody has it retried, moved to another
//     destination or removed.
//   - A paused destination ([Gate]) gets nothing; what is for it is held.
package queue
