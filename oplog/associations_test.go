package oplog

import (
	"errors"
	"testing"
)

func TestLinesOfAssociations(t *testing.T) {
	check(t, []golden{
		{"CallingNotAccepted", operator, "***Calling AE title not accepted", func(to *listener) { CallingNotAccepted(to) }},
		{"CalledNotAccepted", operator, "***Called AE title not accepted", func(to *listener) { CalledNotAccepted(to) }},
		{"ContextNotSupported", operator, "***AppContext Not-Supported", func(to *listener) { ContextNotSupported(to) }},
		{"ConnectionEnded", operator, "*** multiplex: connection terminated", func(to *listener) { ConnectionEnded(to) }},
		{"NoValidContexts", operator, "***No valid presentation contexts/transfer syntax found in 3 candidates", func(to *listener) { NoValidContexts(to, 3) }},
		{"InContexts", operator, "***In 3 presentation contexts", func(to *listener) { InContexts(to, 3) }},
		{"PossibleTransferSyntaxes", operator, "***#Possible transfer syntaxes: 3", func(to *listener) { PossibleTransferSyntaxes(to, 3) }},
		{"AssociateRequest", debug, "A-ASSOCIATE-RQ Packet Dump", func(to *listener) { AssociateRequest(to) }},
		{"CallingTitle", operator, "\tCalling Application Title : \"PEER            \"", func(to *listener) { CallingTitle(to, []byte("PEER")) }},
		{"CalledTitle", operator, "\tCalled Application Title : \"PEER            \"", func(to *listener) { CalledTitle(to, []byte("PEER")) }},
		{"ApplicationContext", operator, "\tApplication Context : \"1.2.3\", PDU length: 16385", func(to *listener) { ApplicationContext(to, "1.2.3", 16385) }},
		{"UserIdentity", operator, "\tUser Identity : \"patient\"", func(to *listener) { UserIdentity(to, "patient") }},
		{"ProposedContexts", debug, "\tNumber of Proposed Presentation Contexts: 3", func(to *listener) { ProposedContexts(to, 3) }},
		{"PresentationContext", operator, "\tPresentation Context 3 \"abstract\" 5", func(to *listener) { PresentationContext(to, 3, "abstract", 5) }},
		{"TransferSyntax", operator, "\t\tTransfer Syntax 3 \"1.2.3\" 5", func(to *listener) { TransferSyntax(to, 3, "1.2.3", 5) }},
		{"ThreadSpace", operator, "", func(to *listener) { ThreadSpace(to) }},
		{"ThreadStarted", operator, "UPACS THREAD 3: STARTED AT: at", func(to *listener) { ThreadStarted(to, 3, "at") }},
		{"ThreadEnded", operator, "UPACS THREAD 3: ENDED AT: at", func(to *listener) { ThreadEnded(to, 3, "at") }},
		{"ThreadTime", operator, "UPACS THREAD 3: TOTAL RUNNING TIME: 4 SECONDS", func(to *listener) { ThreadTime(to, 3, 4) }},
		{"AssociationLost", operator, "*** connection terminated", func(to *listener) { AssociationLost(to) }},
		{"AddSOP", operator, "*** Association rejected: you may need to add the listed presentation context as sop to dgatesop.lst", func(to *listener) { AddSOP(to) }},
		{"ServerCommand", debug, "Server Command   := 0010", func(to *listener) { ServerCommand(to, 0x0010) }},
		{"MessageID", debug, "Message ID       := 0010", func(to *listener) { MessageID(to, 0x0010) }},
		{"MoveOriginatorID", debug, "Move Originator Message ID := 0010", func(to *listener) { MoveOriginatorID(to, 0x0010) }},
		{"MoveOriginatorAE", debug, "Move Originator AE         := PEER            ", func(to *listener) { MoveOriginatorAE(to, "PEER") }},
		{"ConnectedBy", debug, "Connected by address: 00004000", func(to *listener) { ConnectedBy(to, 16384) }},
		{"TestingTransfer", debug, "Testing transfer: '1.2.3' against list #4 = 'listed'", func(to *listener) { TestingTransfer(to, "1.2.3", 4, "listed") }},
		{"Echo", operator, "C-Echo", func(to *listener) { Echo(to) }},
		{"CancelRequest", operator, "Cancel request", func(to *listener) { CancelRequest(to) }},
		{"CancelReceived", operator, "Recieved cancel request", func(to *listener) { CancelReceived(to) }},
		{"ClientError", operator, "\n***Client Error: command 0010 failed **", func(to *listener) { ClientError(to, 0x0010) }},
		{"ConnectionTerminated", operator, "***Connection Terminated", func(to *listener) { ConnectionTerminated(to) }},
		{"BindError", operator, "***Failed to Listen () - bind error", func(to *listener) { BindError(to) }},
		{"ListeningTLS", operator, "Listening for TLS on port: 3", func(to *listener) { ListeningTLS(to, 3) }},
		{"WaitingForPort", operator, "Waiting for port 3: connections of an earlier server are running out", func(to *listener) { WaitingForPort(to, 3) }},
		{"AcceptedCompression", operator, "Accepted compression: code", func(to *listener) { AcceptedCompression(to, "code") }},
		{"NoAcceptedContexts", operator, "***No accepted presentation contexts/transfer syntax found in 3 candidates", func(to *listener) { NoAcceptedContexts(to, 3) }},
		{"NotAssociated", debug, "no association to PEER: no route", func(to *listener) { NotAssociated(to, "PEER", errors.New("no route")) }},
		{"NotReleased", debug, "release of PEER: no route", func(to *listener) { NotReleased(to, "PEER", errors.New("no route")) }},
	})
}
