package dicomini

var httpKeys = []Key{
	{Name: "HTTPPort", Type: Number, Default: "0", Max: 65535, When: AtStart, Since: firstRelease, Text: "Port for web clients: DICOMweb, WADO-URI, OHIF; 0 is none."},
	{Name: "HTTPAddress", Default: "127.0.0.1", Size: 256, When: AtStart, Since: firstRelease, Text: "IP address that HTTPPort is opened on; * is all. Other addresses than the loopback want HTTPIPs."},
	{Name: "HTTPIPs", Type: Hosts, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Hosts that web clients may call from. This machine always may."},
	{Name: "HTTPCertificate", Type: FileName, Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "Certificate for HTTPS, PEM; a renewed file is taken over."},
	{Name: "HTTPKey", Type: FileName, Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "Private key of the certificate, PEM."},
	{Name: "HTTPBase", Default: "/", Size: 256, When: Reread, Since: firstRelease, Text: "Path before all addresses, when a proxy in front does not cut it."},
	{Name: "HTTPNames", Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "Host names by which browsers reach the server, besides loopback names and addresses; others are refused."},
	{Name: "HTTPProxies", Type: Hosts, Default: "", Size: 512, When: AtUse, Since: firstRelease, Text: "Proxies whose X-Forwarded headers count."},
	{Name: "HTTPOrigins", Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "Origins of other pages that may call from a browser, such as https://viewer.example; * is any."},
	{Name: "HTTPServices", Default: "dicomweb,api,ui,compat,health,ohif", Size: 256, When: Reread, Since: firstRelease, Text: "What is served."},
	{Name: "HTTPMaxBody", Type: Number, Default: "4096", Min: 1, Max: 1 << 20, Unit: "MB", When: Reread, Since: firstRelease, Text: "Size of one request."},
	{Name: "HTTPMaxRequests", Type: Number, Default: "64", Min: 1, Max: 10000, When: Reread, Since: firstRelease, Text: "Requests at once; more are told to come again."},
	{Name: "HTTPCache", Type: Number, Default: "512", Unit: "MB", When: Reread, Since: firstRelease, Text: "Metadata and small pictures that are kept below printer_files/http of MAG0; 0 is none."},
	{Name: "HTTPOHIF", Type: FileName, Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "Packed files of the OHIF viewer, as dgate --ohif: writes them; empty is ohif.zip beside dicom.ini."},
	{Name: "HTTPCompat", Type: FileName, Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "Folder of the site's web pages, with their dicom.ini: they are answered at /app/newweb and /cgi-bin."},
	{Name: "HTTPCompatFiles", Type: FileName, Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "Folder of files that are served as they are, such as webserver/htdocs."},
	{Name: "DICOMwebLegacyJSON", Type: Switch, Default: "0", When: Reread, Since: firstRelease, Text: "/api/dicom/rs answers in the JSON of the original's API."},
	{Name: "DICOMwebDelete", Type: Switch, Default: "0", When: AtUse, Since: firstRelease, Text: "Web clients may delete studies, series and objects."},
	{Name: "DICOMwebMaxResults", Type: Number, Default: "1000", Min: 1, Max: 1000000, When: Reread, Since: firstRelease, Text: "Rows of a search without a limit."},
	{Name: "DICOMwebAE", Default: "WEB", Size: 17, When: AtUse, Since: firstRelease, Text: "AE title that converters and the log see for objects from web clients."},
}
