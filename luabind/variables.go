package luabind

import "strings"

// NumberVariables are the numbers of table Global, all writable (docs/original/lua.md 5).
func NumberVariables() []string { return strings.Fields(numberVariables) }

// TextVariables are the texts of table Global, all writable.
func TextVariables() []string { return strings.Fields(textVariables) }

const numberVariables = `
StartTime TotalTime LoadTime ProcessTime SaveTime ImagesSent ImagesReceived ImagesSaved ImagesForwarded ImagesExported
ImagesCopied IncomingAssociations EchoRequest C_Find_PatientRoot C_Move_PatientRootNKI C_Move_PatientRoot C_Get_PatientRoot
C_Find_StudyRoot C_Move_StudyRootNKI C_Move_StudyRoot C_Get_StudyRoot C_Find_PatientStudyOnly C_Find_ModalityWorkList
C_Move_PatientStudyOnlyNKI C_Move_PatientStudyOnly C_Get_PatientStudyOnly UnknownRequest CreateBasicFilmSession
DeleteBasicFilmSession ActionBasicFilmSession SetBasicFilmSession CreateBasicFilmBox ActionBasicFilmBox SetBasicFilmBox
DeleteBasicFilmBox SetBasicGrayScaleImageBox SetBasicColorImageBox GuiRequest ImagesToGifFromGui ImagesToBmpFromGui
ImagesToJpgFromGui ImagesToDicomFromGui ExtractFromGui QueryFromGui DeleteImageFromGui DeletePatientFromGui
DeleteStudyFromGui DeleteStudiesFromGui DeleteSeriesFromGui MovePatientFromGui MoveStudyFromGui MoveStudiesFromGui
MoveSeriesFromGui AddedFileFromGui DumpHeaderFromGui ForwardFromGui GrabFromGui DatabaseOpen DatabaseClose DatabaseQuery
DatabaseAddRecord DatabaseDeleteRecord DatabaseNextRecord DatabaseCreateTable DatabaseUpdateRecords QueryTime
SkippedCachedUpdates UpdateDatabase AddedDatabase NKIPrivateCompress NKIPrivateDecompress DownSizeImage DecompressJpeg
CompressJpeg DecompressJpeg2000 CompressJpeg2000 DecompressedRLE DePlaned DePaletted RecompressTime gpps gppstime
NoDicomCheck DebugLevel ThreadCount OpenThreadCount EnableReadAheadThread WorkListMode StorageFailedErrorCode FailHoldOff
RetryDelay QueueSize ForwardCollectDelay CacheVirtualData gJpegQuality gUseOpenJpeg FixKodak NumIndexing
DoubleBackSlashToDB UseEscapeStringConstants EnableComputedFields FileCompressMode`

const textVariables = `
RootConfig BaseDir ConfigFile DicomDict AutoRoutePipe AutoRouteExec DroppedFileCompression IncomingCompression
ArchiveCompression TestMode StatusString DGATEVERSION`

// variable is an entry of table Global: its name as spelled above, and its kind.
type variable struct {
	name string
	text bool
}

// variableTable maps names in lower case.
func variableTable() map[string]variable {
	m := make(map[string]variable)
	for _, n := range NumberVariables() {
		m[strings.ToLower(n)] = variable{name: n}
	}
	for _, n := range TextVariables() {
		m[strings.ToLower(n)] = variable{name: n, text: true}
	}
	return m
}
