package scripting

// Kind is a family of converters, by the number that the language uses for it
// (docs/original/scripting.md 1.2).
type Kind int

// The kinds of converters.
const (
	Import                      Kind = 0
	Query                       Kind = 1000
	WorkListQuery               Kind = 1100
	Retrieve                    Kind = 1200
	RetrieveResult              Kind = 1300
	Compression                 Kind = 1400
	QueryResult                 Kind = 1500
	ModalityWorkListQueryResult Kind = 1600
	MergeSeries                 Kind = 1700
	MergeStudies                Kind = 1800
	Archive                     Kind = 1900
	MoveDevice                  Kind = 2000
	RejectedImage               Kind = 2100
	RejectedImageWorkList       Kind = 2200
	VirtualServerQuery          Kind = 2300
	VirtualServerQueryResult    Kind = 2400
	Regen                       Kind = 2500
	RegenFail                   Kind = 2600
	Export                      Kind = -1
)

var kindNames = map[Kind]string{
	Import: "Import", Query: "Query", WorkListQuery: "WorkListQuery", Retrieve: "Retrieve",
	RetrieveResult: "RetrieveResult", Compression: "Compression", QueryResult: "QueryResult",
	ModalityWorkListQueryResult: "ModalityWorkListQueryResult", MergeSeries: "MergeSeries",
	MergeStudies: "MergeStudies", Archive: "Archive", MoveDevice: "MoveDevice",
	RejectedImage: "RejectedImage", RejectedImageWorkList: "RejectedImageWorkList",
	VirtualServerQuery: "VirtualServerQuery", VirtualServerQueryResult: "VirtualServerQueryResult",
	Regen: "Regen", RegenFail: "RegenFail", Export: "Export",
}

// Name is the word before "Converter" in keys and "converter" in log lines.
func (k Kind) Name() string {
	if n, ok := kindNames[k]; ok {
		return n
	}
	return "Import"
}

// Kinds are all kinds in order of their numbers, Export last.
func Kinds() []Kind {
	return []Kind{Import, Query, WorkListQuery, Retrieve, RetrieveResult, Compression, QueryResult,
		ModalityWorkListQueryResult, MergeSeries, MergeStudies, Archive, MoveDevice, RejectedImage,
		RejectedImageWorkList, VirtualServerQuery, VirtualServerQueryResult, Regen, RegenFail, Export}
}

// KindOf finds the kind and number behind a code such as 1700 or 1403; codes
// below 1000 are import converters.
func KindOf(code int) (k Kind, n int) {
	if code < 1000 {
		return Import, code
	}
	k = Kind(code - code%100)
	if _, ok := kindNames[k]; !ok {
		return Import, code % 100
	}
	return k, code % 100
}
