package oplog

import "testing"

func TestLinesOfForwards(t *testing.T) {
	check(t, []golden{
		{"AssociationClosed", operator, "ExportConverter0.0: Written file association closed by close", func(to *listener) { AssociationClosed(to, "ExportConverter0.0", "Written file", "close") }},
		{"DelayedStarting", operator, "Starting 3 DelayedForwarderThreads", func(to *listener) { DelayedStarting(to, 3) }},
		{"ExportStarted", operator, "Started 3 export queue thread(s)", func(to *listener) { ExportStarted(to, 3) }},
		{"MirrorStarted", operator, "Started mirror copy queue thread", func(to *listener) { MirrorStarted(to) }},
		{"MirrorCopied", operator, "Mirror copy: /data/123/1.dcm", func(to *listener) { MirrorCopied(to, "/data/123/1.dcm") }},
		{"MirrorFailed", operator, "***Writing mirror copy failed: /data/123/1.dcm", func(to *listener) { MirrorFailed(to, "/data/123/1.dcm") }},
		{"PreretrieveUnknown", operator, "***preretrieve: AE not found: PEER", func(to *listener) { PreretrieveUnknown(to, "PEER") }},
		{"PreretrieveNoConnection", operator, "***preretrieve: could not connect to AE: PEER", func(to *listener) { PreretrieveNoConnection(to, "PEER") }},
		{"PreretrieveRefused", operator, "***preretrieve/forward xxx to: remote DICOM error", func(to *listener) { PreretrieveRefused(to) }},
		{"ForwardNotServed", operator, "***forward xxxx to: local server not working", func(to *listener) { ForwardNotServed(to) }},
		{"QueueRetriesOver", operator, "*** Queue: 3 retries exceeds set maximum of 4 - giving up", func(to *listener) { QueueRetriesOver(to, 3, 4) }},
		{"QueueRetrying", operator, "Queue: retrying processing of file 123/1.dcm", func(to *listener) { QueueRetrying(to, "123/1.dcm") }},
		{"QueueHolding", operator, "Queue: holding processing of file 123/1.dcm", func(to *listener) { QueueHolding(to, "123/1.dcm") }},
		{"QueueDropped", operator, "verified: dropped, as there are 4 dead letters", func(to *listener) { QueueDropped(to, "verified", 4) }},
		{"QueueBuried", operator, "verified: dead letter", func(to *listener) { QueueBuried(to, "verified") }},
		{"QueueSkipped", operator, "patient of verified (patient P1) to destination: skipped", func(to *listener) { QueueSkipped(to, "patient", "verified", "P1", "destination") }},
		{"QueueLeft", operator, "3 queue entries are left to the next start", func(to *listener) { QueueLeft(to, 3) }},
		{"QueueLeftDead", operator, "3 queue entries are left to the next start, 4 dead letters", func(to *listener) { QueueLeftDead(to, 3, 4) }},
		{"DestinationGate", operator, "Destination PEER is Modified", func(to *listener) { DestinationGate(to, "PEER", "Modified") }},
		{"Draining", operator, "No new work is taken; the server ends when its queues are empty", func(to *listener) { Draining(to) }},
		{"TestForwardNotLoaded", operator, "*** Test forward: failed to load DICOM object /data/123/1.dcm", func(to *listener) { TestForwardNotLoaded(to, "/data/123/1.dcm") }},
		{"TestForwardNoClass", operator, "*** Test forward: Forward failed because SopClass is missing in /data/123/1.dcm", func(to *listener) { TestForwardNoClass(to, "/data/123/1.dcm") }},
		{"TestForwardNoConnection", operator, "*** Test forward: Forward failed to connect to host PEER", func(to *listener) { TestForwardNoConnection(to, "PEER") }},
		{"TestForwardNotAccepted", operator, "*** Test forward: DICOM server PEER does not accept type of forwarded images", func(to *listener) { TestForwardNotAccepted(to, "PEER") }},
		{"TestForward", operator, "Test forward: requested jl, accepted accepted, sending to PEER = 10.0.0.1:104", func(to *listener) { TestForward(to, "jl", "accepted", "PEER", "10.0.0.1", "104") }},
		{"TestForwardFailed", operator, "*** Test forward: failed to send image to PEER", func(to *listener) { TestForwardFailed(to, "PEER") }},
		{"Committing", operator, "Storage commitment of 3 objects for PEER", func(to *listener) { Committing(to, 3, "PEER") }},
		{"Committed", operator, "Storage commitment: 3 objects kept, 4 not", func(to *listener) { Committed(to, 3, 4) }},
		{"SubmitZipFailed", operator, "*** Failed zipping archive to submit/export", func(to *listener) { SubmitZipFailed(to) }},
		{"SubmitReadFailed", operator, "*** Failed to read DICOM image to process before submit", func(to *listener) { SubmitReadFailed(to) }},
		{"SubmitUploadFailed", operator, "*** Failed uploading archive to submit", func(to *listener) { SubmitUploadFailed(to) }},
		{"PscpIsOld", operator, "pscp is older than release 0.77: the password is seen in the list of processes while it runs", func(to *listener) { PscpIsOld(to) }},
		{"StoredWithWarning", debug, "DICOMweb server PEER took object 1.2.3 with warning B007", func(to *listener) { StoredWithWarning(to, "PEER", "1.2.3", 0xb007) }},
	})
}
