package dicomini

// The structs below hold the main section of dicom.ini by topic. A field's tags
// are its definition: ini = key, alt = second spelling (used when the first is
// absent or empty), def = default, size = the original's buffer (value length
// limit + 1, default 64), when = cfg | start | once | use | open, file = a name
// without path separator is relative to BaseDir (docs/original/config.md 3).

// Identity says who the server is.
type Identity struct {
	MyACRNema       string `ini:"MyACRNema" def:"none"` // own AE title
	PACSName        string `ini:"PACSName" def:"MicroPACS" size:"128"`
	Edition         string `ini:"Edition" def:"Workgroup"`
	UIDPrefix       string `ini:"UIDPrefix" def:"1.2.826.0.1.3680043.2.135.1066" when:"once"`
	OperatorConsole string `ini:"OperatorConsole" def:"\\\\.\\pipe\\MicroPACSStatus" size:"128"`
	AccessUpdates   string `ini:"AccessUpdates" def:"\\\\.\\pipe\\MicroPACSAccess" size:"128"`
	DebugLevel      int    `ini:"DebugLevel" def:"0"`
}

// Network holds the keys of associations.
type Network struct {
	TCPPort                string `ini:"TCPPort" def:"104"`      // as written; see Config.Port
	TCPIPTimeOut           int    `ini:"TCPIPTimeOut" def:"300"` // seconds
	PadAEWithZeros         bool   `ini:"PadAEWithZeros" def:"0"`
	SendUpperCaseAE        bool   `ini:"SendUpperCaseAE" def:"0" when:"use"`
	StorageFailedErrorCode int    `ini:"StorageFailedErrorCode" def:"272"`
}

// Forwarding holds the keys of export, mirror and delayed queues. Those marked
// start are read when a queue is created.
type Forwarding struct {
	QueueSize                         int    `ini:"QueueSize" def:"128"`
	FailHoldOff                       int    `ini:"FailHoldOff" def:"60"`          // seconds
	RetryDelay                        int    `ini:"RetryDelay" def:"100"`          // seconds
	ForwardCollectDelay               int    `ini:"ForwardCollectDelay" def:"600"` // seconds
	ForwardAssociationLevel           string `ini:"ForwardAssociationLevel" def:"STUDY" when:"use"`
	ForwardAssociationRelease         bool   `ini:"ForwardAssociationRelease" def:"1" when:"use"`
	ForwardAssociationCloseDelay      int    `ini:"ForwardAssociationCloseDelay" def:"5" when:"use"`        // seconds
	ForwardAssociationRefreshDelay    int    `ini:"ForwardAssociationRefreshDelay" def:"3600" when:"start"` // seconds
	RetryForwardFailed                bool   `ini:"RetryForwardFailed" def:"0" when:"use"`
	RetryForwardRemoteDICOMError      bool   `ini:"RetryForwardRemoteDICOMError" def:"0" when:"use"`
	MaximumExportRetries              int    `ini:"MaximumExportRetries" def:"0" when:"start"` // 0 = endless
	MaximumDelayedFetchForwardRetries int    `ini:"MaximumDelayedFetchForwardRetries" def:"0" when:"start"`
	DelayedForwarderThreads           int    `ini:"DelayedForwarderThreads" def:"1" when:"start"`
	ImportConverters                  int    `ini:"ImportConverters" def:"99" when:"use"`
	ExportConverters                  int    `ini:"ExportConverters" def:"0" when:"use"`
	ExportQueues                      int    `ini:"ExportConverters" def:"0" when:"start"` // ExportConverters at start: number of workers
}

// Virtual holds the keys of virtual servers.
type Virtual struct {
	ServerFor             [10]string // VirtualServerFor0..9: AE[,option]...
	PerSeries             [10]int    // VirtualServerPerSeries0..9
	CacheVirtualData      bool       `ini:"CacheVirtualData" def:"1"`
	OverlapVirtualGet     int        `ini:"OverlapVirtualGet" def:"0" when:"use"`
	EnableReadAheadThread bool       `ini:"EnableReadAheadThread" def:"1"`
	Prefetcher            int        `ini:"Prefetcher" def:"0" when:"start"`
}

// Files names the other files of the installation.
type Files struct {
	KFactorFile  string `ini:"kFactorFile" def:"dicom.sql" size:"256" file:"1"`
	ACRNemaMap   string `ini:"ACRNemaMap" def:"acrnema.map" size:"256" file:"1"`
	SOPClassList string `ini:"SOPClassList" def:"dgatesop.lst" size:"256" file:"1"`
	Dictionary   string `ini:"Dictionary" def:"dgate.dic" when:"start" file:"1"`
	UserLog      string `ini:"UserLog" def:"PacsUser.log" size:"256" file:"1"`
	TroubleLog   string `ini:"TroubleLog" def:"PacsTrouble.log" size:"256" file:"1"`
	TempDir      string `ini:"TempDir" def:"" when:"use"`
	WatchFolder  string `ini:"WatchFolder" def:"" size:"1024" when:"start"`
}

// Storage holds devices, file names and limits. Device paths are as written;
// a device without a key is "NULL".
type Storage struct {
	MAGDevices     []string // MAGDevice0..MAGDevices-1
	MIRRORDevices  []string
	CACHEDevices   []string // printf patterns with two %d: jukebox, cd
	JUKEBOXDevices []string // printf patterns with one %d: cd
	MirrorEnabled  bool     // whether the mirror queue runs: atoi(MIRRORDevice0) is not -1

	MAGDeviceFullThreshHold   int    `ini:"MAGDeviceFullThreshHold" alt:"MAGDeviceFullThreshold" def:"30"` // MB
	MAGDeviceThreshHold       int    `ini:"MAGDeviceThreshHold" alt:"MAGDeviceThreshold" def:"0"`          // MB
	IgnoreMAGDeviceThreshHold bool   `ini:"IgnoreMAGDeviceThreshHold" alt:"IgnoreMAGDeviceThreshold" def:"0"`
	NightlyCleanThreshhold    int    `ini:"NightlyCleanThreshhold" alt:"NightlyCleanThreshold" def:"0" when:"use"` // MB
	LRUSort                   string `ini:"LRUSort" def:""`
	FileNameSyntax            string `ini:"FileNameSyntax" def:"4" size:"256" when:"once"`
	MaxFileNameLength         int    `ini:"MaxFileNameLength" def:"255" when:"once"`
	RenameOnRewrite           bool   `ini:"RenameOnRewrite" def:"0" when:"once"`
	IgnoreRewrite             bool   `ini:"IgnoreRewrite" def:"0" when:"use"`
	NoDicomCheck              bool   `ini:"NoDicomCheck" def:"0" when:"start"`
	IgnoreOutOfMemoryErrors   bool   `ini:"IgnoreOutOfMemoryErrors" def:"0" when:"use"`
	DelayIncomingFileOpen     int    `ini:"DelayIncomingFileOpen" def:"0" when:"use"` // ms
	ImportExportDragAndDrop   bool   `ini:"ImportExportDragAndDrop" def:"1" when:"use"`
	ZipTime                   string `ini:"ZipTime" def:"" when:"use"`
	SyncWrites                bool   `ini:"SyncWrites" def:"0" when:"use"`
	HasArchiveConverter       bool   // ArchiveConverter0 was not empty at the last (re)load
	HasMoveDeviceConverter    bool   // MoveDeviceConverter0 likewise
}

// Compression holds the recompression keys ("" and "as" = as received).
type Compression struct {
	DroppedFileCompression  string `ini:"DroppedFileCompression" def:"" size:"16"`
	IncomingCompression     string `ini:"IncomingCompression" def:"" size:"16"`
	ArchiveCompression      string `ini:"ArchiveCompression" def:"" size:"16"`
	FileCompressMode        int    `ini:"FileCompressMode" def:"0"`
	LossyQuality            int    `ini:"LossyQuality" def:"95"`
	UseOpenJPG              bool   `ini:"UseOpenJPG" def:"0"`
	UseBuiltInDecompressor  int    `ini:"UseBuiltInDecompressor" def:"1" when:"once"`
	UseBuiltInJPEG          int    `ini:"UseBuiltInJPEG" def:"1" when:"once"`
	DecompressNon16BitsJpeg int    `ini:"DecompressNon16BitsJpeg" def:"1" when:"once"`
	StopOnJPEGWarnings      bool   `ini:"StopOnJPEGWarnings" def:"0" when:"use"`
	AllowNKIAsDICOM         bool   `ini:"AllowNKIAsDICOM" def:"0" when:"use"`
}

// Database holds connection, columns and query keys.
type Database struct {
	SQLHost   string `ini:"SQLHost" def:"localhost" size:"128"` // host[:port]; never empty
	SQLServer string `ini:"SQLServer" def:"" size:"128"`        // "" = no database
	Username  string `ini:"Username" def:"Administrator" size:"128"`
	Password  string `ini:"Password" def:"password" size:"128"`

	SqLite            bool   `ini:"SqLite" def:"0" when:"open"`
	Postgres          bool   `ini:"Postgres" def:"0" when:"open"`
	Mysql             bool   `ini:"Mysql" def:"0" when:"open"`
	SQLiteStartup     string `ini:"SQLiteStartup" def:"PRAGMA synchronous = OFF" size:"128" when:"open"`
	PostGreSQLStartup string `ini:"PostGreSQLStartup" def:"" size:"128" when:"open"`
	MySQLStartup      string `ini:"MySQLStartup" def:"" size:"128" when:"open"`
	PackDBF           int    `ini:"PackDBF" def:"0" when:"open"`
	IndexDBF          int    `ini:"IndexDBF" def:"10" when:"open"`
	LongQueryDBF      int    `ini:"LongQueryDBF" def:"1000" when:"open"`

	DoubleBackSlashToDB      bool `ini:"DoubleBackSlashToDB" def:"0"`
	UseEscapeStringConstants bool `ini:"UseEscapeStringConstants" def:"0"`
	UTF8ToDB                 bool `ini:"UTF8ToDB" def:"0"`
	UTF8FromDB               bool `ini:"UTF8FromDB" def:"0"`

	TruncateFieldNames   int    `ini:"TruncateFieldNames" def:"10"`
	MaxFieldLength       int    `ini:"MaxFieldLength" def:"0"` // 0 = no cap
	AllowTruncate        string `ini:"AllowTruncate" def:"" size:"256"`
	FixPhilips           bool   `ini:"FixPhilips" def:"0"`
	FixKodak             bool   `ini:"FixKodak" def:"0"`
	AllowEmptyPatientID  bool   `ini:"AllowEmptyPatientID" def:"0"`
	EnableComputedFields bool   `ini:"EnableComputedFields" def:"0"`

	PatientQuerySortOrder string `ini:"PatientQuerySortOrder" def:"" size:"256"`
	StudyQuerySortOrder   string `ini:"StudyQuerySortOrder" def:"" size:"256"`
	SeriesQuerySortOrder  string `ini:"SeriesQuerySortOrder" def:"" size:"256"`
	ImageQuerySortOrder   string `ini:"ImageQuerySortOrder" def:"" size:"256"`
	QueriesReturnISO_IR   int    `ini:"QueriesReturnISO_IR" def:"0"`

	PatientTableName         string `ini:"PatientTableName" def:"DICOMPatients"`
	StudyTableName           string `ini:"StudyTableName" def:"DICOMStudies"`
	SeriesTableName          string `ini:"SeriesTableName" def:"DICOMSeries"`
	ImageTableName           string `ini:"ImageTableName" def:"DICOMImages"`
	WorkListTableName        string `ini:"WorkListTableName" def:"DICOMWorkList"`
	DMarkTableName           string `ini:"DMarkTableName" def:"DICOMAccessUpdates"`
	RegisteredMOPIDTableName string `ini:"RegisteredMOPIDTableName" def:"RegisteredMOPIDs"`
	UIDToMOPIDTableName      string `ini:"UIDToMOPIDTableName" def:"UIDToMOPID"`
	UIDToCDRIDTableName      string `ini:"UIDToCDRIDTableName" def:"UIDToCDRID"`
}

// WorkList holds the modality worklist keys.
type WorkList struct {
	WorkListMode              int `ini:"WorkListMode" def:"0"` // 0 off, 1 optional, 2 compulsory
	WorkListReturnsISO_IR_100 int `ini:"WorkListReturnsISO_IR_100" def:"-1"`
	WorkListReturnsISO_IR     int `ini:"WorkListReturnsISO_IR" def:"100"`
}

// Web holds the main-section keys of the CGI and web server.
type Web struct {
	WebServerFor     string `ini:"WebServerFor" def:"127.0.0.1" size:"256" when:"use"`
	WEBReadOnly      bool   `ini:"WEBReadOnly" def:"1" when:"use"`
	WEBPush          bool   `ini:"WEBPush" def:"1" when:"use"`
	WEBScriptAddress string `ini:"WEBScriptAddress" def:"" size:"256" when:"use"` // "": the caller's default
	WEBMAG0Address   string `ini:"WEBMAG0Address" def:"" size:"256" when:"use"`   // likewise
	WebCodeBase      string `ini:"WebCodeBase" def:"" size:"256" when:"use"`      // likewise
}
