// Package journal keeps on disk what is still to be done.
//
// A [Journal] is a file of entries that are open until they are marked done. The
// next process gets the open ones again, in the order in which they were added.
// [Records] is the original server's form of the same thing: a flat file of
// records of one size.
//
// The contract:
//
//   - An entry is in the file when Add has returned nil, on the platter too with
//     Options.Sync. When Add fails, the entry is not in the file: what was written
//     of it is cut off again, or the file is written anew before anything is
//     added to it.
//   - Done that fails is made good by the next write. A process that ends before
//     hands the entry out once more: never lost, at worst done twice.
//   - Each entry is a line with a checksum. What can not be read is told and set
//     aside in FILE.damaged; all other entries are kept.
//   - The file is written anew when most of it is done, also while entries stay
//     open, and removed when nothing is open.
//   - What earlier versions wrote, lines of JSON without checksum, is read.
package journal
