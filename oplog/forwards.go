package oplog

// What is sent on: queues, delayed work, storage commitment, submissions.

// AssociationClosed is written to the operator when the association that a rule
// forwards on is ended; word is forward for an export converter, Forward
// otherwise.
func AssociationClosed(log Operator, rule, word, reason string) {
	log.Operator("%s: %s association closed by %s", rule, word, reason)
}

// DelayedStarting is written to the operator when the queue of delayed work
// starts.
func DelayedStarting(log Operator, threads int) {
	log.Operator("Starting %d DelayedForwarderThreads", threads)
}

// ExportStarted is written to the operator when the queues of export converters
// have started.
func ExportStarted(log Operator, threads int) {
	log.Operator("Started %d export queue thread(s)", threads)
}

// MirrorStarted is written to the operator when the queue of mirror copies has
// started.
func MirrorStarted(log Operator) { log.Operator("Started mirror copy queue thread") }

// MirrorCopied is written to the operator when an object has its copy on the
// mirror device.
func MirrorCopied(log Operator, path string) { log.Operator("Mirror copy: %s", path) }

// MirrorFailed is written to the operator when the copy of an object on the
// mirror device could not be written.
func MirrorFailed(log Operator, path string) { log.Operator("***Writing mirror copy failed: %s", path) }

// PreretrieveUnknown is written to the operator when the peer of delayed work is
// not in acrnema.map.
func PreretrieveUnknown(log Operator, ae string) {
	log.Operator("***preretrieve: AE not found: %s", ae)
}

// PreretrieveNoConnection is written to the operator when the peer of delayed
// work can not be reached.
func PreretrieveNoConnection(log Operator, ae string) {
	log.Operator("***preretrieve: could not connect to AE: %s", ae)
}

// PreretrieveRefused is written to the operator when the peer of delayed work
// answers with a failure.
func PreretrieveRefused(log Operator) {
	log.Operator("***preretrieve/forward xxx to: remote DICOM error")
}

// ForwardNotServed is written to the operator when this server does not answer
// its own C-MOVE.
func ForwardNotServed(log Operator) { log.Operator("***forward xxxx to: local server not working") }

// QueueRetriesOver is written to the operator when work of a queue has failed
// too often.
func QueueRetriesOver(log Operator, failures, maximum int) {
	log.Operator("*** Queue: %d retries exceeds set maximum of %d - giving up", failures, maximum)
}

// QueueRetrying is written to the operator when work of a queue is tried again.
func QueueRetrying(log Operator, file string) {
	log.Operator("Queue: retrying processing of file %s", file)
}

// QueueHolding is written to the operator when work of a queue has failed and
// will be tried again.
func QueueHolding(log Operator, file string) {
	log.Operator("Queue: holding processing of file %s", file)
}

// QueueDropped is written to the operator when work that is given up finds no
// room among the dead letters. The original has no such line.
func QueueDropped(log Operator, what string, dead int) {
	log.Operator("%s: dropped, as there are %d dead letters", what, dead)
}

// QueueBuried is written to the operator when work is given up and kept as a
// dead letter. The original has no such line.
func QueueBuried(log Operator, what string) { log.Operator("%s: dead letter", what) }

// QueueSkipped is written to the operator when an administrator has work of a
// queue skipped. The original has no such line.
func QueueSkipped(log Operator, kind, what, patient, destination string) {
	log.Operator("%s of %s (patient %s) to %s: skipped", kind, what, patient, destination)
}

// QueueLeft is written to the operator at the end, when there is work that was
// not done. The original has no such line.
func QueueLeft(log Operator, open int) {
	log.Operator("%d queue entries are left to the next start", open)
}

// QueueLeftDead is written to the operator at the end, when there is work that
// was not done and work that was given up. The original has no such line.
func QueueLeftDead(log Operator, open, dead int) {
	log.Operator("%d queue entries are left to the next start, %d dead letters", open, dead)
}

// DestinationGate is written to the operator when an administrator holds or
// frees a destination. The original has no such line.
func DestinationGate(log Operator, ae, done string) { log.Operator("Destination %s is %s", ae, done) }

// Draining is written to the operator when an administrator has the server
// drained. The original has no such line.
func Draining(log Operator) {
	log.Operator("No new work is taken; the server ends when its queues are empty")
}

// TestForwardNotLoaded is written to the operator when the file of testforward
// can not be read.
func TestForwardNotLoaded(log Operator, path string) {
	log.Operator("*** Test forward: failed to load DICOM object %s", path)
}

// TestForwardNoClass is written to the operator when the file of testforward has
// no SOP class.
func TestForwardNoClass(log Operator, path string) {
	log.Operator("*** Test forward: Forward failed because SopClass is missing in %s", path)
}

// TestForwardNoConnection is written to the operator when the destination of
// testforward can not be reached.
func TestForwardNoConnection(log Operator, ae string) {
	log.Operator("*** Test forward: Forward failed to connect to host %s", ae)
}

// TestForwardNotAccepted is written to the operator when the destination of
// testforward has no presentation context for the object.
func TestForwardNotAccepted(log Operator, ae string) {
	log.Operator("*** Test forward: DICOM server %s does not accept type of forwarded images", ae)
}

// TestForward is written to the operator when testforward sends its object.
func TestForward(log Operator, mode, accepted, ae, host, port string) {
	log.Operator("Test forward: requested %s, accepted %s, sending to %s = %s:%s", mode, accepted, ae, host, port)
}

// TestForwardFailed is written to the operator when the destination of
// testforward did not take the object. The original has no such line.
func TestForwardFailed(log Operator, ae string) {
	log.Operator("*** Test forward: failed to send image to %s", ae)
}

// Committing is written to the operator when a peer asks for storage commitment.
// The original has no such line.
func Committing(log Operator, objects int, ae string) {
	log.Operator("Storage commitment of %d objects for %s", objects, ae)
}

// Committed is written to the operator when a peer was told what is kept. The
// original has no such line.
func Committed(log Operator, kept, not int) {
	log.Operator("Storage commitment: %d objects kept, %d not", kept, not)
}

// SubmitZipFailed is written to the operator when the objects of submit or
// export could not be packed.
func SubmitZipFailed(log Operator) { log.Operator("*** Failed zipping archive to submit/export") }

// SubmitReadFailed is written to the operator when an object of submit or export
// can not be read.
func SubmitReadFailed(log Operator) {
	log.Operator("*** Failed to read DICOM image to process before submit")
}

// SubmitUploadFailed is written to the operator when the packed objects of
// submit could not be sent.
func SubmitUploadFailed(log Operator) { log.Operator("*** Failed uploading archive to submit") }

// PscpIsOld is written to the operator when the pscp that submit runs takes no
// file for its password. The original has no such line.
func PscpIsOld(log Operator) {
	log.Operator("pscp is older than release 0.77: the password is seen in the list of processes while it runs")
}

// StoredWithWarning is written to the debug channel when a DICOMweb server took an
// object and has a remark about it. The original has no such line.
func StoredWithWarning(log Debug, ae, uid string, reason uint16) {
	log.Debug("DICOMweb server %s took object %s with warning %04X", ae, uid, reason)
}
