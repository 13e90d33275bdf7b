// Package dimse speaks DICOM on a network: the upper layer of PS3.8 (PDUs,
// negotiation, the state table, release and abort) and the messages of PS3.7,
// as a server and as a client. It knows nothing of storage or of queries.
//
// Entry points: [Server] accepts associations and hands each request to a
// [Handler]; [Dial] opens one, and the methods of [Association] ([Association.Echo],
// [Association.Store], [Association.Find], [Association.Move], [Association.Get],
// [Association.Request]) run operations on it. Both sides use the same type, so
// a handler sends sub-operations on the association of its request.
//
// One operation at a time runs on an association; asynchronous operations are
// not negotiated.
package dimse
