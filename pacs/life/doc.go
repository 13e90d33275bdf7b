// Package life remembers what happened to objects: received, changed by rules, stored,
// sent, refused, moved, deleted, by whom. It is for people who ask later; nothing of
// the server depends on it, and its failure never fails a store.
//
// [Line.Note] appends an event to a log file beside the database, with one write, so
// that it outlives a killed process. A goroutine takes what stands there into an
// SQLite file in groups, the events of one study of a group as one row, and empties
// the log. [Line.Find] reads it.
//
// What is older than LifeDays goes, and the oldest when the file is larger than
// LifeSize. While neither log nor database can be written events are lost; that is
// said once, and how many when it is over.
package life
