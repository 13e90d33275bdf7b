package oplog

// Retrievals, and reading ahead.

// Move is written to the operator when a C-MOVE begins.
func Move(log Operator, model string) { log.Operator("C-Move (%s)", model) }

// MoveDestination is written to the operator after Move.
func MoveDestination(log Operator, shown []byte) { log.Operator("\tC-Move Destination: \"%s\"", shown) }

// MoveWithoutDestination is written to the debug channel when a C-MOVE has no
// element for its destination.
func MoveWithoutDestination(log Debug) { log.Debug("Retrieve: move destination missing") }

// MoveDestinationEmpty is written to the debug channel when a C-MOVE has an
// empty destination.
func MoveDestinationEmpty(log Debug) { log.Debug("Retrieve: move destination empty") }

// MoveDestinationUnknown is written to the debug channel when the destination of
// a C-MOVE is not in acrnema.map.
func MoveDestinationUnknown(log Debug, said string) {
	log.Debug("Retrieve: move destination not allowed or known\n: %s", said)
}

// MoveDestinationFound is written to the debug channel when the destination of a
// C-MOVE was found in acrnema.map.
func MoveDestinationFound(log Debug, host, port string) {
	log.Debug("(QualifyOn) (mapped) IP:%s, PORT:%s", host, port)
}

// MoveNotConnected is written to the operator when the destination of a C-MOVE
// can not be reached.
func MoveNotConnected(log Operator, host string) {
	log.Operator("Host '%s' did not accept the connection", host)
}

// MoveBlocked is written to the debug channel when RetrieveConverter0 refuses a
// retrieval.
func MoveBlocked(log Debug) { log.Debug("Retrieve: operation blocked by script") }

// MoveSearchFailed is written to the debug channel when the index could not be
// searched for a retrieval.
func MoveSearchFailed(log Debug) { log.Debug("Retrieve: move search failed") }

// Get is written to the operator when a C-GET begins.
func Get(log Operator, model string) { log.Operator("C-Get (%s)", model) }

// RetrieveSearching is written to the debug channel before the index is searched
// for a retrieval.
func RetrieveSearching(log Debug, handler string) { log.Debug("%s :: SearchOn", handler) }

// Sending is written to the operator when the objects of a retrieval are known.
func Sending(log Operator, images string, n int) { log.Operator("Number of %s to send: %d", images, n) }

// SendingReduced is written to the operator when objects of a retrieval are left
// out.
func SendingReduced(log Operator, n int) { log.Operator("Reduced to: %d", n) }

// ReadingAhead is written to the debug channel for each object that is read
// before its turn.
func ReadingAhead(log Debug, n int) { log.Debug("ReadAheadThread: readahead > %04d", n) }

// GivenOut is written to the debug channel for each object that was read before
// its turn and is sent now.
func GivenOut(log Debug, n int) { log.Debug("RetrieveOn: givenout < %04d", n) }

// ReadAhead is written to the debug channel when an object read ahead has been
// sent.
func ReadAhead(log Debug) { log.Debug("Image Loaded from Read Ahead Thread, returning TRUE") }

// Retrieving is written to the debug channel before each object of a retrieval.
func Retrieving(log Debug, handler string) { log.Debug("%s :: RetrieveOn", handler) }

// LocatingFile is written to the debug channel before the file of an object is
// looked for.
func LocatingFile(log Debug, device, file string) { log.Debug("Locating file:%s %s", device, file) }

// FileNotFound is written to the operator when the file of an object is on no
// device.
func FileNotFound(log Operator, file string) { log.Operator("***Could not find file:%s", file) }

// OnWrongDevice is written to the debug channel when the file of an object lies
// on another device than the index says.
func OnWrongDevice(log Debug, found, device string) {
	log.Debug("***Located file on wrong device:%s instead of %s", found, device)
}

// FileNotRead is written to the operator when the file of an object can not be
// read.
func FileNotRead(log Operator, file string) { log.Operator("***Could not read file: %s", file) }

// GUIFileNotFound is written to the operator when the file of an object that is
// asked for by a command is on no device.
func GUIFileNotFound(log Operator, file string) { log.Operator("***GUI could not find file:%s", file) }

// SendingFile is written to the operator when an object of a retrieval is sent.
func SendingFile(log Operator, path string) { log.Operator("Sending file : %s", path) }

// NotAcceptingImage is written to the operator when the destination has no
// presentation context for an object.
func NotAcceptingImage(log Operator, host string) {
	log.Operator("Host '%s' will not accept image", host)
}

// ConnectionDropped is written to the debug channel when the destination went
// away during a retrieval.
func ConnectionDropped(log Debug, sent, left int) {
	log.Debug("Retrieve: remote connection dropped after %d images, %d not sent", sent, left)
}

// CollectMissing is written to the operator when a retrieval needs objects of a
// virtual server.
func CollectMissing(log Operator, n int, ae string) {
	log.Operator("Virtual server - collecting %d missing objects from %s", n, ae)
}

// CollectNoConnection is written to the operator when a virtual server can not
// be asked for objects.
func CollectNoConnection(log Operator, ae, host, port string) {
	log.Operator("*** Virtual server - failed to connect %s (%s %s) for C-MOVE", ae, host, port)
}

// CollectRefused is written to the operator when a virtual server does not send
// objects.
func CollectRefused(log Operator, status uint16, ae string) {
	log.Operator("*** Virtual server - remote C-MOVE DICOM Error code %x (%d) from %s", status, status, ae)
}

// CollectLost is written to the operator when a virtual server went away while
// it sent objects.
func CollectLost(log Operator, ae string) {
	log.Operator("*** Virtual server - C-MOVE association lost to %s", ae)
}

// Collected is written to the operator when objects have come from a virtual
// server.
func Collected(log Operator, n int, patient, ae string) {
	log.Operator("Virtual server - Grabbed %d images for %s from %s", n, patient, ae)
}

// CollectFailed is written to the operator when objects did not come from a
// virtual server.
func CollectFailed(log Operator) { log.Operator("*** Failed to retrieve some files:") }

// CollectMissed is written to the operator after CollectFailed, for each object.
func CollectMissed(log Operator, device, file string) {
	log.Operator("*** missing file: %s %s", device, file)
}

// GrabNoConnection is written to the operator when the server of grab can not be
// asked.
func GrabNoConnection(log Operator) { log.Operator("*** Grab - failed to connect for C-FIND") }

// GrabFailed is written to the operator when the server of grab does not send an
// object. The original has no such line.
func GrabFailed(log Operator) { log.Operator("*** Grab - failed to move image") }

// Grabbed is written to the operator when grab has ended.
func Grabbed(log Operator) { log.Operator("Grab - finished") }

// StoreNoConnection is written to the operator when dicomstore of a script can
// not reach its destination.
func StoreNoConnection(log Operator, host string) {
	log.Operator("*** dicomstore: failed to connect to host %s", host)
}

// PrefetchingPatient is written to the operator when the objects of a patient
// are read ahead.
func PrefetchingPatient(log Operator, id string) { log.Operator("Prefetching patient %s", id) }

// PrefetchingStudy is written to the operator when the objects of a study are
// read ahead.
func PrefetchingStudy(log Operator, uid string) { log.Operator("Prefetching study %s", uid) }

// PrefetchingFile is written to the debug channel for each file that is read
// ahead.
func PrefetchingFile(log Debug, path string) { log.Debug("Prefetching file: %s", path) }

// PrefetchQueryFailed is written to the operator when the index could not be
// searched for objects to read ahead.
func PrefetchQueryFailed(log Operator) {
	log.Operator("***Unable to query for image records for prefetch")
}

// PrefetchAborted is written to the operator when reading ahead took too long.
func PrefetchAborted(log Operator, images int, megabytes int64, seconds, skipped int) {
	log.Operator("Aborted prefetch after reading %d images (%d MB) in %d s, %d images skipped", images, megabytes, seconds, skipped)
}

// Prefetched is written to the operator when all objects have been read ahead.
func Prefetched(log Operator, images int, megabytes int64, seconds int) {
	log.Operator("Prefetch done: read %d images (%d MB) in %d s", images, megabytes, seconds)
}

// WebDropped is written to the debug channel when a DICOMweb server went away
// during a retrieval. The original has no such line.
func WebDropped(log Debug, sent, left int) {
	log.Debug("Retrieve: DICOMweb server takes no more after %d images, %d not sent", sent, left)
}
