package dicomini

// The structs below hold keys of the main section of dicom.ini that are read all
// the time. The tag of a field names its row in the table of keys ([Topics]);
// when = says that the field keeps another moment than the key.

// Identity says who the server is.
type Identity struct {
	MyACRNema       string `ini:"MyACRNema"` // own AE title
	PACSName        string `ini:"PACSName"`
	Edition         string `ini:"Edition"`
	UIDPrefix       string `ini:"UIDPrefix"`
	NodeName        string `ini:"NodeName"`
	NodeNumber      int    `ini:"NodeNumber"`
	OperatorConsole string `ini:"OperatorConsole"`
	AccessUpdates   string `ini:"AccessUpdates"`
	DebugLevel      int    `ini:"DebugLevel"`
}

// Network holds the keys of associations.
type Network struct {
	TCPPort                string `ini:"TCPPort"`      // as written; see Config.Port
	TCPIPTimeOut           int    `ini:"TCPIPTimeOut"` // seconds
	PadAEWithZeros         bool   `ini:"PadAEWithZeros"`
	SendUpperCaseAE        bool   `ini:"SendUpperCaseAE"`
	StorageFailedErrorCode int    `ini:"StorageFailedErrorCode"`
}

// Forwarding holds the keys of export, mirror and delayed queues. Those marked
// start are read when a queue is created.
type Forwarding struct {
	QueueSize                         int    `ini:"QueueSize"`
	FailHoldOff                       int    `ini:"FailHoldOff"`         // seconds
	RetryDelay                        int    `ini:"RetryDelay"`          // seconds
	ForwardCollectDelay               int    `ini:"ForwardCollectDelay"` // seconds
	ForwardAssociationLevel           string `ini:"ForwardAssociationLevel"`
	ForwardAssociationRelease         bool   `ini:"ForwardAssociationRelease"`
	ForwardAssociationCloseDelay      int    `ini:"ForwardAssociationCloseDelay"`   // seconds
	ForwardAssociationRefreshDelay    int    `ini:"ForwardAssociationRefreshDelay"` // seconds
	RetryForwardFailed                bool   `ini:"RetryForwardFailed"`
	RetryForwardRemoteDICOMError      bool   `ini:"RetryForwardRemoteDICOMError"`
	MaximumExportRetries              int    `ini:"MaximumExportRetries"` // 0 = endless
	MaximumDelayedFetchForwardRetries int    `ini:"MaximumDelayedFetchForwardRetries"`
	DelayedForwarderThreads           int    `ini:"DelayedForwarderThreads"`
	ImportConverters                  int    `ini:"ImportConverters"`
	ExportConverters                  int    `ini:"ExportConverters"`
	ExportQueues                      int    `ini:"ExportConverters" when:"start"` // ExportConverters at start: number of workers
}

// Virtual holds the keys of virtual servers.
type Virtual struct {
	ServerFor             [10]string // VirtualServerFor0..9: AE[,option]...
	PerSeries             [10]int    // VirtualServerPerSeries0..9
	CacheVirtualData      bool       `ini:"CacheVirtualData"`
	OverlapVirtualGet     int        `ini:"OverlapVirtualGet"`
	EnableReadAheadThread bool       `ini:"EnableReadAheadThread"`
	Prefetcher            int        `ini:"Prefetcher"`
}

// Files names the other files of the installation.
type Files struct {
	KFactorFile  string `ini:"kFactorFile"`
	ACRNemaMap   string `ini:"ACRNemaMap"`
	SOPClassList string `ini:"SOPClassList"`
	Dictionary   string `ini:"Dictionary"`
	UserLog      string `ini:"UserLog"`
	TroubleLog   string `ini:"TroubleLog"`
	TempDir      string `ini:"TempDir"`
	WatchFolder  string `ini:"WatchFolder"`
}

// Storage holds devices, file names and limits. Device paths are as written;
// a device without a key is "NULL".
type Storage struct {
	MAGDevices     []string // MAGDevice0..MAGDevices-1
	MIRRORDevices  []string
	CACHEDevices   []string // printf patterns with two %d: jukebox, cd
	JUKEBOXDevices []string // printf patterns with one %d: cd
	MirrorEnabled  bool     // whether the mirror queue runs: atoi(MIRRORDevice0) is not -1

	MAGDeviceFullThreshHold   int    `ini:"MAGDeviceFullThreshHold"` // MB
	MAGDeviceThreshHold       int    `ini:"MAGDeviceThreshHold"`     // MB
	IgnoreMAGDeviceThreshHold bool   `ini:"IgnoreMAGDeviceThreshHold"`
	NightlyCleanThreshhold    int    `ini:"NightlyCleanThreshhold"` // MB
	LRUSort                   string `ini:"LRUSort"`
	FileNameSyntax            string `ini:"FileNameSyntax"`
	MaxFileNameLength         int    `ini:"MaxFileNameLength"`
	RenameOnRewrite           bool   `ini:"RenameOnRewrite"`
	IgnoreRewrite             bool   `ini:"IgnoreRewrite"`
	NoDicomCheck              bool   `ini:"NoDicomCheck"`
	IgnoreOutOfMemoryErrors   bool   `ini:"IgnoreOutOfMemoryErrors"`
	DelayIncomingFileOpen     int    `ini:"DelayIncomingFileOpen"` // ms
	ImportExportDragAndDrop   bool   `ini:"ImportExportDragAndDrop"`
	ZipTime                   string `ini:"ZipTime"`
	SyncWrites                bool   `ini:"SyncWrites"`
	HasArchiveConverter       bool   // ArchiveConverter0 was not empty at the last (re)load
	HasMoveDeviceConverter    bool   // MoveDeviceConverter0 likewise
}

// Compression holds the recompression keys ("" and "as" = as received).
type Compression struct {
	DroppedFileCompression  string `ini:"DroppedFileCompression"`
	IncomingCompression     string `ini:"IncomingCompression"`
	ArchiveCompression      string `ini:"ArchiveCompression"`
	FileCompressMode        int    `ini:"FileCompressMode"`
	LossyQuality            int    `ini:"LossyQuality"`
	UseOpenJPG              bool   `ini:"UseOpenJPG"`
	UseBuiltInDecompressor  int    `ini:"UseBuiltInDecompressor"`
	UseBuiltInJPEG          int    `ini:"UseBuiltInJPEG"`
	DecompressNon16BitsJpeg int    `ini:"DecompressNon16BitsJpeg"`
	StopOnJPEGWarnings      bool   `ini:"StopOnJPEGWarnings"`
	AllowNKIAsDICOM         bool   `ini:"AllowNKIAsDICOM"`
}

// Database holds connection, columns and query keys.
type Database struct {
	SQLHost   string `ini:"SQLHost"`   // host[:port]; never empty
	SQLServer string `ini:"SQLServer"` // "" = no database
	Username  string `ini:"Username"`
	Password  string `ini:"Password"`

	SqLite            bool   `ini:"SqLite"`
	Postgres          bool   `ini:"Postgres"`
	Mysql             bool   `ini:"Mysql"`
	SQLiteStartup     string `ini:"SQLiteStartup"`
	PostGreSQLStartup string `ini:"PostGreSQLStartup"`
	MySQLStartup      string `ini:"MySQLStartup"`
	MySQLCharset      string `ini:"MySQLCharset"`
	DatabasePatience  int    `ini:"DatabasePatience"`
	PackDBF           int    `ini:"PackDBF"`
	IndexDBF          int    `ini:"IndexDBF"`
	LongQueryDBF      int    `ini:"LongQueryDBF"`

	DoubleBackSlashToDB      bool `ini:"DoubleBackSlashToDB"`
	UseEscapeStringConstants bool `ini:"UseEscapeStringConstants"`
	UTF8ToDB                 bool `ini:"UTF8ToDB"`
	UTF8FromDB               bool `ini:"UTF8FromDB"`

	TruncateFieldNames   int    `ini:"TruncateFieldNames"`
	MaxFieldLength       int    `ini:"MaxFieldLength"` // 0 = no cap
	AllowTruncate        string `ini:"AllowTruncate"`
	FixPhilips           bool   `ini:"FixPhilips"`
	FixKodak             bool   `ini:"FixKodak"`
	AllowEmptyPatientID  bool   `ini:"AllowEmptyPatientID"`
	EnableComputedFields bool   `ini:"EnableComputedFields"`

	PatientQuerySortOrder string `ini:"PatientQuerySortOrder"`
	StudyQuerySortOrder   string `ini:"StudyQuerySortOrder"`
	SeriesQuerySortOrder  string `ini:"SeriesQuerySortOrder"`
	ImageQuerySortOrder   string `ini:"ImageQuerySortOrder"`
	QueriesReturnISO_IR   int    `ini:"QueriesReturnISO_IR"`

	PatientTableName         string `ini:"PatientTableName"`
	StudyTableName           string `ini:"StudyTableName"`
	SeriesTableName          string `ini:"SeriesTableName"`
	ImageTableName           string `ini:"ImageTableName"`
	WorkListTableName        string `ini:"WorkListTableName"`
	DMarkTableName           string `ini:"DMarkTableName"`
	RegisteredMOPIDTableName string `ini:"RegisteredMOPIDTableName"`
	UIDToMOPIDTableName      string `ini:"UIDToMOPIDTableName"`
	UIDToCDRIDTableName      string `ini:"UIDToCDRIDTableName"`
}

// WorkList holds the modality worklist keys.
type WorkList struct {
	WorkListMode              int `ini:"WorkListMode"` // 0 off, 1 optional, 2 compulsory
	WorkListReturnsISO_IR_100 int `ini:"WorkListReturnsISO_IR_100"`
	WorkListReturnsISO_IR     int `ini:"WorkListReturnsISO_IR"`
}

// Web holds the main-section keys of the CGI and web server.
type Web struct {
	WebServerFor     string `ini:"WebServerFor"`
	WEBReadOnly      bool   `ini:"WEBReadOnly"`
	WEBPush          bool   `ini:"WEBPush"`
	WEBScriptAddress string `ini:"WEBScriptAddress"` // "": the caller's default
	WEBMAG0Address   string `ini:"WEBMAG0Address"`   // likewise
	WebCodeBase      string `ini:"WebCodeBase"`      // likewise
}
