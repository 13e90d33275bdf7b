package dicomini

var identityKeys = []Key{
	{Name: "MicroPACS", Default: "sscscp", When: AtUse, Text: "Name of the main section. It is read from [sscscp]."},
	{Name: "MyACRNema", Default: "none", Text: "AE title of the server, also when it calls others. Option -h replaces it."},
	{Name: "PACSName", Default: "MicroPACS", Size: 128, Text: "Name in the log lines that are sent to a console."},
	{Name: "Edition", Default: "Workgroup", Text: "Personal, Workgroup or Enterprise; only told, nothing depends on it."},
	{Name: "UIDPrefix", Default: "1.2.826.0.1.3680043.2.135.1066", When: Once, Text: "Root of the UIDs that are made."},
	{Name: "NodeName", Default: "", Size: 32, When: AtStart, Since: firstRelease, Text: "Name of this server where several share one folder and database: it goes into the names of the files of its queues. Empty: those of the original."},
	{Name: "NodeNumber", Type: Number, Default: "0", Max: 99, When: Once, Since: firstRelease, Text: "Number of this server where several make UIDs for one site, 1 to 99: it keeps them from making the same. 0: UIDs as those of the original."},
	{Name: "OperatorConsole", Default: `\\.\pipe\MicroPACSStatus`, Size: 128, Text: "Host that receives the log by UDP or TCP (options -u, -x, -!), or a named pipe."},
	{Name: "AccessUpdates", Default: `\\.\pipe\MicroPACSAccess`, Size: 128, Text: "A pipe of the original that nothing uses."},
	{Name: "DebugLevel", Type: Number, Default: "0", Max: 4, Text: "How much the debug log tells: 0 to 4."},
}

var networkKeys = []Key{
	{Name: "TCPPort", Type: Number, Default: "104", Min: 1, Max: 65535, Text: "Port of the server, and a part of the names of its queue files. Option -p replaces it."},
	{Name: "TCPIPTimeOut", Type: Number, Default: "300", Unit: "seconds", Text: "How long the network may be silent."},
	{Name: "PadAEWithZeros", Type: Switch, Default: "0", Text: "AE titles end in NULs instead of blanks."},
	{Name: "SendUpperCaseAE", Type: Switch, Default: "0", When: AtUse, Text: "Destinations of C-MOVE are called in capitals."},
	{Name: "StorageFailedErrorCode", Type: Number, Default: "272", Max: 65535, Text: "Status of a C-STORE that failed."},
	{Name: "StorageCommitment", Type: Switch, Default: "1", When: AtUse, Since: firstRelease, Text: "Requests for storage commitment are accepted."},
	{Name: "RetrieveStopOnError", Type: Switch, Default: "0", When: AtUse, Since: firstRelease, Text: "A retrieval ends at the first object that can not be sent, as in the original; else the others follow."},
}

var accessKeys = []Key{
	{Name: "ListenAddress", Default: "", When: AtStart, Since: firstRelease, Text: "IP address of this machine on which ports are opened; empty is all. The loopback is always among them: commands come by it."},
	{Name: "AllowedIPs", Type: Hosts, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Hosts that may connect; empty is all."},
	{Name: "DeniedIPs", Type: Hosts, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Hosts that may not connect, though AllowedIPs names them."},
	{Name: "CommandIPs", Type: Hosts, Default: "127.0.0.1", Size: 512, When: AtUse, Since: firstRelease, Text: "Hosts that may send server commands. This machine always may."},
	{Name: "AccessRights", Type: FileName, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "File that binds AE titles to hosts and certificates and says what each may do (docs/security.md). Empty: every caller may do all."},
	{Name: "MoveHosts", Type: Hosts, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Hosts that a C-MOVE may name by an AE title (entries of acrnema.map with * as host). Empty: this machine, private networks and those of its interfaces; * is as the original."},
	{Name: "ConfirmDelete", Type: Switch, Default: "1", When: AtUse, Since: firstRelease, Text: "A command that would delete everything needs |confirm behind its argument. 0 is as the original."},
	{Name: "MaximumAssociations", Type: Number, Default: "0", When: AtUse, Since: firstRelease, Text: "Associations at once; 0 is 1000."},
	{Name: "MaximumAssociationsPerHost", Type: Number, Default: "0", When: AtUse, Since: firstRelease, Text: "Associations at once from one host; 0 is no bound."},
	{Name: "ObjectMemory", Type: Number, Default: "0", Unit: "MB", When: AtStart, Since: firstRelease, Text: "Memory that the server uses to parse, inflate and decode objects and for values of Lua, beside the objects as they came; 0 is 768. Work that needs more is refused with a line in the log, a sender gets A700."},
	{Name: "MemoryPerAssociation", Type: Number, Default: "0", Unit: "MB", When: AtStart, Since: firstRelease, Text: "How much of that and of AssociationMemory one association may use at a time; 0 is 384."},
	{Name: "AssociationMemory", Type: Number, Default: "0", Unit: "MB", When: AtUse, Since: firstRelease, Text: "Memory that all associations together keep of messages being received; 0 is 256. What finds no room goes to a file, or is refused with A700."},
}

var tlsKeys = []Key{
	{Name: "TLSOnly", Type: Switch, Default: "0", When: AtStart, Since: firstRelease, Text: "TCPPort is opened for this machine only: others have to use TLSPort."},
	{Name: "TLSPort", Type: Number, Default: "0", Max: 65535, When: AtStart, Since: firstRelease, Text: "Port for DICOM by TLS; 0 is none."},
	{Name: "TLSCertificate", Type: FileName, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Certificate of the server, PEM."},
	{Name: "TLSKey", Type: FileName, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Private key of the certificate, PEM."},
	{Name: "TLSClientCA", Type: FileName, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Authorities whose clients may connect; without it a client needs no certificate."},
	{Name: "TLSDestinations", Type: Names, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "AE titles that are called by TLS."},
	{Name: "TLSServerCA", Type: FileName, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Authorities that destinations are checked by; without it those of the system."},
	{Name: "TLSCheckName", Type: Switch, Default: "1", When: AtUse, Since: firstRelease, Text: "The certificate of a destination must name its host."},
}

var recordKeys = []Key{
	{Name: "RecordAssociations", Type: Folder, Default: "", Size: 512, When: AtStart, Since: firstRelease, Text: "Folder in which every association is written down, and what became of it, to be played again with dgate --replay. It holds data of patients. Empty: nothing is recorded."},
	{Name: "RecordSize", Type: Number, Default: "10000", Min: 1, Max: 1 << 30, Unit: "MB", When: AtStart, Since: firstRelease, Text: "Size of all recordings; the oldest make room."},
	{Name: "RecordDays", Type: Number, Default: "14", Min: 1, Max: 3650, Unit: "days", When: AtStart, Since: firstRelease, Text: "Age at which recordings are removed."},
	{Name: "RecordFree", Type: Number, Default: "5000", Max: 1 << 30, Unit: "MB", When: AtStart, Since: firstRelease, Text: "Nothing is recorded while the disk has less free."},
	{Name: "RecordPixels", Type: Switch, Default: "1", When: AtStart, Since: firstRelease, Text: "0 leaves pixel data out of recordings; their length and a checksum stay."},
	{Name: "Rehearsal", Default: "", Size: 128, When: AtStart, Since: firstRelease, Text: "Makes the server one that does nothing to others: each association that it would open goes to this address (host:port) with the AE titles of the true one, programs are not run, and scripts write no files. For a copy of a site, never for a site at work. Empty: the server works."},
}

var hl7Keys = []Key{
	{Name: "HL7TLS", Type: Switch, Default: "0", When: AtStart, Since: firstRelease, Text: "HL7Port takes TLS, with TLSCertificate, TLSKey and TLSClientCA."},
	{Name: "HL7Port", Type: Number, Default: "0", Max: 65535, When: AtStart, Since: firstRelease, Text: "Port for HL7 by MLLP; 0 is none."},
	{Name: "HL7IPs", Type: Hosts, Default: "127.0.0.1", Size: 512, When: AtUse, Since: firstRelease, Text: "Hosts that may send HL7."},
}

var forwardingKeys = []Key{
	{Name: "ImportConverters", Type: Number, Default: "99", When: AtUse, Text: "Import converters from this number on are not run."},
	{Name: "ExportConverters", Type: Number, Default: "0", When: AtUse, Text: "Export converters from this number on are not run. Their queues are made at start."},
	{Name: "QueueSize", Type: Number, Default: "128", Min: 1, Max: 1 << 30, Text: "Entries of the queues of mirror, export and delayed work that are kept in memory."},
	{Name: "FailHoldOff", Type: Number, Default: "60", Unit: "seconds", Text: "How long a queue waits after a failure before it tries new entries."},
	{Name: "RetryDelay", Type: Number, Default: "100", Unit: "seconds", Text: "How long after a failure the failed entries are tried again."},
	{Name: "ForwardCollectDelay", Type: Number, Default: "600", Unit: "seconds", Text: "How long delayed commands wait for more objects when they name no time."},
	{Name: "ForwardAssociationLevel", Type: Word, Default: "STUDY", When: AtUse, Choices: []string{"PATIENT", "STUDY", "SERIES", "IMAGE", "SOPCLASS", "GLOBAL"}, Text: "How long an association of a forward is kept: for objects of the same patient, study, series, for one image, for one class, or always."},
	{Name: "ForwardAssociationRelease", Type: Switch, Default: "1", When: AtUse, Text: "Associations are released; 0 only closes the connection."},
	{Name: "ForwardAssociationCloseDelay", Type: Number, Default: "5", Unit: "seconds", When: AtUse, Text: "An idle association of a forward is closed."},
	{Name: "ForwardAssociationRefreshDelay", Type: Number, Default: "3600", Unit: "seconds", When: AtStart, Text: "What a destination accepts is asked again."},
	{Name: "RetryForwardFailed", Type: Switch, Default: "0", When: AtUse, Text: "An export whose C-STORE failed is tried again, not only one that could not connect."},
	{Name: "RetryForwardRemoteDICOMError", Type: Switch, Default: "0", When: AtUse, Text: "So is one that the destination answered with an error."},
	{Name: "MaximumExportRetries", Type: Number, Default: "0", When: AtStart, Text: "Failures in a row after which exports are given up; 0 is never."},
	{Name: "MaximumDelayedFetchForwardRetries", Type: Number, Default: "0", When: AtStart, Text: "The same for delayed commands."},
	{Name: "LoopGuard", Type: Number, Default: "20", Min: 0, Max: 1 << 20, When: AtUse, Since: firstRelease, Text: "How often in a minute the same object from the same sender may go by the same rule to the same destination; more is held as a dead letter. 0 is no bound."},
	{Name: "DelayedForwarderThreads", Type: Number, Default: "1", Min: 1, Max: 1000, When: AtStart, Text: "Workers of each queue."},
}

var virtualKeys = []Key{
	{Name: "VirtualServerFor", Numbered: true, Default: "", Size: 48, Text: "AE[,option]...: a server whose objects are found and fetched through this one; numbers 0 to 9."},
	{Name: "VirtualServerPerSeries", Numbered: true, Type: Number, Default: "0", Text: "How many images of a series are asked for at once."},
	{Name: "CacheVirtualData", Type: Switch, Default: "1", Text: "Objects from virtual servers are stored."},
	{Name: "OverlapVirtualGet", Type: Number, Default: "0", When: AtUse, Text: "Objects are passed on while more arrive."},
	{Name: "EnableReadAheadThread", Type: Switch, Default: "1", Text: "The next object of a retrieval is read while one is sent."},
	{Name: "Prefetcher", Type: Number, Default: "0", When: AtStart, Text: "Workers that read files of a patient before they are asked for."},
}

var webKeys = []Key{
	{Name: "WebServerFor", Default: "127.0.0.1", Size: 256, When: AtUse, Text: "Host of the server that the CGI program talks to."},
	{Name: "WEBReadOnly", Type: Switch, Default: "1", When: AtUse, Text: "Web pages change nothing."},
	{Name: "WEBMaxUpload", Type: Number, Default: "4096", Unit: "MB", When: AtUse, Since: firstRelease, Text: "Largest request that the CGI program takes; larger ones get status 413."},
	{Name: "WEBPush", Type: Switch, Default: "1", When: AtUse, Text: "Web pages may send objects to other servers."},
	{Name: "WEBScriptAddress", Default: "", Size: 256, When: AtUse, Text: "Address of the CGI program as browsers see it; empty is that of the request."},
	{Name: "WEBMAG0Address", Default: "", Size: 256, When: AtUse, Text: "Address of device MAG0 as browsers see it."},
	{Name: "WebCodeBase", Default: "", Size: 256, When: AtUse, Text: "Address of the files of viewers."},
	{Name: "WEBAttachScripts", Type: Switch, Default: "0", When: AtUse, Since: firstRelease, Text: "Requests may name scripts that change what is sent."},
}
