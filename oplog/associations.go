package oplog

// Connections, associations and messages.

// CallingNotAccepted is written to the operator when an association is refused
// for its calling AE title.
func CallingNotAccepted(log Operator) { log.Operator("***Calling AE title not accepted") }

// CalledNotAccepted is written to the operator when an association is refused
// for its called AE title.
func CalledNotAccepted(log Operator) { log.Operator("***Called AE title not accepted") }

// ContextNotSupported is written to the operator when an association is refused
// for its application context.
func ContextNotSupported(log Operator) { log.Operator("***AppContext Not-Supported") }

// ConnectionEnded is written to the operator when a refused association has been
// closed.
func ConnectionEnded(log Operator) { log.Operator("*** multiplex: connection terminated") }

// NoValidContexts is written to the operator when no presentation context of an
// association was accepted; candidates are its transfer syntaxes.
func NoValidContexts(log Operator, candidates int) {
	log.Operator("***No valid presentation contexts/transfer syntax found in %d candidates", candidates)
}

// InContexts is written to the operator after NoValidContexts, with the
// presentation contexts that were proposed.
func InContexts(log Operator, contexts int) { log.Operator("***In %d presentation contexts", contexts) }

// PossibleTransferSyntaxes is written to the operator after InContexts, with the
// transfer syntaxes of dgatesop.lst.
func PossibleTransferSyntaxes(log Operator, n int) {
	log.Operator("***#Possible transfer syntaxes: %d", n)
}

// AssociateRequest is written to the debug channel before the parts of an
// association request.
func AssociateRequest(log Debug) { log.Debug("A-ASSOCIATE-RQ Packet Dump") }

// CallingTitle is written to the operator for each association, at its first
// message.
func CallingTitle(log Operator, title []byte) {
	log.Operator("\tCalling Application Title : \"%-16s\"", title)
}

// CalledTitle is written to the operator after CallingTitle.
func CalledTitle(log Operator, title []byte) {
	log.Operator("\tCalled Application Title : \"%-16s\"", title)
}

// ApplicationContext is written to the operator after CalledTitle, with the PDU
// length that the peer takes, in bytes.
func ApplicationContext(log Operator, uid string, pdu uint32) {
	log.Operator("\tApplication Context : \"%s\", PDU length: %d", uid, pdu)
}

// UserIdentity is written to the operator after ApplicationContext, when the
// peer gave a user name. The original has no such line.
func UserIdentity(log Operator, name string) { log.Operator("\tUser Identity : %q", name) }

// ProposedContexts is written to the debug channel before the presentation
// contexts of an association.
func ProposedContexts(log Debug, n int) {
	log.Debug("\tNumber of Proposed Presentation Contexts: %d", n)
}

// PresentationContext is written to the operator for each presentation context
// of an association; listed is 1 when dgatesop.lst has its abstract syntax.
func PresentationContext(log Operator, i int, abstract string, listed int) {
	log.Operator("\tPresentation Context %d \"%s\" %d", i, abstract, listed)
}

// TransferSyntax is written to the operator after PresentationContext, for each
// of its transfer syntaxes; listed is 1 when dgatesop.lst has it.
func TransferSyntax(log Operator, i int, uid string, listed int) {
	log.Operator("\t\tTransfer Syntax %d \"%s\" %d", i, uid, listed)
}

// ThreadSpace is written to the operator before ThreadStarted.
func ThreadSpace(log Operator) { log.Operator("") }

// ThreadStarted is written to the operator when the first message of an
// association has come.
func ThreadStarted(log Operator, thread int, at string) {
	log.Operator("UPACS THREAD %d: STARTED AT: %s", thread, at)
}

// ThreadEnded is written to the operator when an association has ended.
func ThreadEnded(log Operator, thread int, at string) {
	log.Operator("UPACS THREAD %d: ENDED AT: %s", thread, at)
}

// ThreadTime is written to the operator after ThreadEnded.
func ThreadTime(log Operator, thread, seconds int) {
	log.Operator("UPACS THREAD %d: TOTAL RUNNING TIME: %d SECONDS", thread, seconds)
}

// AssociationLost is written to the operator when an association ends without a
// release.
func AssociationLost(log Operator) { log.Operator("*** connection terminated") }

// AddSOP is written to the operator when a message comes in a presentation
// context that was not accepted.
func AddSOP(log Operator) {
	log.Operator("*** Association rejected: you may need to add the listed presentation context as sop to dgatesop.lst")
}

// ServerCommand is written to the debug channel for each message, with its
// command field.
func ServerCommand(log Debug, field uint16) { log.Debug("Server Command   := %04x", field) }

// MessageID is written to the debug channel after ServerCommand.
func MessageID(log Debug, id uint16) { log.Debug("Message ID       := %04x", id) }

// MoveOriginatorID is written to the debug channel after MessageID, for an
// object that somebody moves here.
func MoveOriginatorID(log Debug, id uint16) { log.Debug("Move Originator Message ID := %04x", id) }

// MoveOriginatorAE is written to the debug channel after MoveOriginatorID.
func MoveOriginatorAE(log Debug, ae string) { log.Debug("Move Originator AE         := %-16s", ae) }

// ConnectedBy is written to the debug channel at DebugLevel 1 and above, when a
// peer has connected; ip is its address in the order of the machine.
func ConnectedBy(log Debug, ip uint32) { log.Debug("Connected by address: %08x", ip) }

// TestingTransfer is written to the debug channel at DebugLevel 4 and above, for
// each comparison of a transfer syntax with a line of dgatesop.lst.
func TestingTransfer(log Debug, uid string, n int, listed string) {
	log.Debug("Testing transfer: '%s' against list #%d = '%s'", uid, n, listed)
}

// Echo is written to the operator for each C-ECHO.
func Echo(log Operator) { log.Operator("C-Echo") }

// CancelRequest is written to the operator when a C-CANCEL comes while nothing
// runs.
func CancelRequest(log Operator) { log.Operator("Cancel request") }

// CancelReceived is written to the operator when the peer cancels a query or a
// retrieval.
func CancelReceived(log Operator) { log.Operator("Recieved cancel request") }

// ClientError is written to the operator when a message could not be served.
func ClientError(log Operator, field uint16) {
	log.Operator("\n***Client Error: command %04x failed **", field)
}

// ConnectionTerminated is written to the operator after ClientError, when its
// association is ended.
func ConnectionTerminated(log Operator) { log.Operator("***Connection Terminated") }

// BindError is written to the operator when the port of the server is taken.
func BindError(log Operator) { log.Operator("***Failed to Listen () - bind error") }

// ListeningTLS is written to the operator when the port for TLS is open. The
// original has no such line.
func ListeningTLS(log Operator, port int) { log.Operator("Listening for TLS on port: %d", port) }

// WaitingForPort is written to the operator when the port is still held by
// connections of an ended server. The original has no such line.
func WaitingForPort(log Operator, port int) {
	log.Operator("Waiting for port %d: connections of an earlier server are running out", port)
}

// AcceptedCompression is written to the operator when a destination takes
// another compression than the one that was asked for.
func AcceptedCompression(log Operator, code string) { log.Operator("Accepted compression: %s", code) }

// NoAcceptedContexts is written to the operator when a destination accepts no
// presentation context.
func NoAcceptedContexts(log Operator, candidates int) {
	log.Operator("***No accepted presentation contexts/transfer syntax found in %d candidates", candidates)
}

// NotAssociated is written to the debug channel when a peer could not be
// associated with. The original has no such line.
func NotAssociated(log Debug, ae string, err error) { log.Debug("no association to %s: %v", ae, err) }

// NotReleased is written to the debug channel when an association of ours did
// not end well. The original has no such line.
func NotReleased(log Debug, ae string, err error) { log.Debug("release of %s: %v", ae, err) }
