package dicomini

var operationKeys = []Key{
	{Name: "LogJSON", Type: Names, Default: "", Size: 128, When: AtStart, Since: firstRelease, Text: "Where each message goes once more as JSON with stable keys: file, stderr, udp, journald (Linux), eventlog (Windows); several with commas. Empty is nowhere. The lines of the log stay as they are."},
	{Name: "LogFile", Type: FileName, Default: "dgate.json", Size: 512, When: AtStart, Since: firstRelease, File: true, Text: "The file of LogJSON = file."},
	{Name: "LogUDP", Default: "127.0.0.1:5514", Size: 256, When: AtStart, Since: firstRelease, Text: "Host and port of LogJSON = udp."},
	{Name: "LogLevel", Type: Word, Choices: []string{"debug", "info", "warn", "error"}, Default: "info", When: AtStart, Since: firstRelease, Text: "Least level of LogJSON."},
	{Name: "LogSize", Type: Number, Default: "100", Max: 1 << 20, Unit: "MB", When: AtStart, Since: firstRelease, Text: "Size from which LogFile is set aside, as NAME-DATE-NUMBER; it is at the end of a day too. 0 is any size."},
	{Name: "LogDays", Type: Number, Default: "30", Max: 36500, Unit: "days", When: AtStart, Since: firstRelease, Text: "How long files that were set aside are kept; 0 is for good."},
	{Name: "AuditFile", Type: FileName, Default: "", Size: 512, When: AtStart, Since: firstRelease, File: true, Text: "File of the audit trail (DICOM PS3.15 A.5): who asked for, got, sent, changed or deleted whose data, logins, start and stop, with a chain of hashes (--audit:verify). Empty is none."},
	{Name: "AuditKey", Type: FileName, Default: "", Size: 512, When: AtStart, Since: firstRelease, Text: "File with a secret that the hashes of the audit are made with; empty is none: then who can write the file can make its chain anew."},
	{Name: "AuditSyslog", Default: "", Size: 256, When: AtStart, Since: firstRelease, Text: "Host and port of a syslog server that gets the audit over TLS (RFC 5425); empty is none. Wants AuditFile."},
	{Name: "AuditSyslogCA", Type: FileName, Default: "", Size: 512, When: AtStart, Since: firstRelease, Text: "Certificates, PEM, by which the syslog server is known; empty are those of the system."},
	{Name: "AuditSyslogCertificate", Type: FileName, Default: "", Size: 512, When: AtStart, Since: firstRelease, Text: "Certificate, PEM, shown to the syslog server; empty is none."},
	{Name: "AuditSyslogKey", Type: FileName, Default: "", Size: 512, When: AtStart, Since: firstRelease, Text: "Private key of that certificate, PEM."},
	{Name: "AlertTo", Default: "", Size: 1024, When: AtStart, Since: firstRelease, Text: "Whom to tell when a destination, a device, the index or a rule goes wrong, and when it is well again: mail addresses and web hooks (http://, https://), with commas. Empty is nobody."},
	{Name: "AlertFrom", Default: "dgate@localhost", Size: 256, When: AtStart, Since: firstRelease, Text: "Sender of mail of AlertTo."},
	{Name: "AlertSMTP", Default: "localhost:25", Size: 256, When: AtStart, Since: firstRelease, Text: "Host and port of the mail server; 465 is TLS from the start, on others TLS is used where it is offered."},
	{Name: "AlertUser", Default: "", Size: 256, When: AtStart, Since: firstRelease, Text: "Login at the mail server; empty is none."},
	{Name: "AlertPasswordFile", Type: FileName, Default: "", Size: 512, When: AtStart, Since: firstRelease, Text: "File with its password."},
	{Name: "AlertQuiet", Type: Number, Default: "30", Max: 100000, Unit: "minutes", When: AtStart, Since: firstRelease, Text: "No second alert about the same within this time."},
}
