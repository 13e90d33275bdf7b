package dicomini

import "slices"

// converterKeys are the lines that rules stand in; the word before Converter is
// that of [ConverterKinds].
var converterKeys = slices.Concat(converterRows(), []Key{
	{Name: "ScriptFailure", Numbered: true, Bare: true, Type: Word, Default: "store", When: AtUse, Since: firstRelease, Choices: []string{"store", "reject", "quarantine"}, Text: "What becomes of an object whose import converter failed by an error or a limit: it is stored as it is then, refused, or kept in the folder quarantine of MAG0 until somebody releases it. With a number for one import converter. With reject or quarantine an export whose converter failed is a dead letter."},
	{Name: "ExportFilter", Numbered: true, Type: SQL, Default: "*", Size: 510, When: AtUse, Text: "The export converter runs for objects that this condition on the four tables finds."},
})

var converterFilters = []string{"Modality", "StationName", "CalledAE", "CallingAE"}

func converterRows() []Key {
	var list []Key
	for _, kind := range ConverterKinds {
		list = append(list, Key{Name: kind + "Converter", Numbered: true, Type: Script, Default: "", Size: converterSize, When: AtUse, Text: converterTexts[kind]})
		for _, f := range converterFilters {
			size := 0
			if f == "CalledAE" || f == "CallingAE" {
				size = 18
			}
			list = append(list, Key{Name: kind + f, Numbered: true, Type: Pattern, Default: "*", Size: size, When: AtUse, Text: filterText})
		}
	}
	return list
}

const filterText = "The converter of this number runs only where it matches."

var converterTexts = map[string]string{
	"Import":                      "Runs on each received object before it is stored.",
	"Query":                       "Runs on the identifier of each query.",
	"WorkListQuery":               "Runs on the identifier of each worklist query.",
	"Retrieve":                    "Runs on the identifier of each retrieval.",
	"RetrieveResult":              "Runs on each object that a retrieval sends.",
	"QueryResult":                 "Runs on each answer of a query.",
	"ModalityWorkListQueryResult": "Runs on each answer of a worklist query.",
	"MergeSeries":                 "Runs on each object when series are merged.",
	"MergeStudies":                "Runs on each object when studies are merged.",
	"Archive":                     "Runs on each object that is archived.",
	"MoveDevice":                  "Runs on each object that moves to another device.",
	"RejectedImage":               "Runs on objects that the database refused.",
	"RejectedImageWorkList":       "Runs on objects without an entry in the worklist.",
	"VirtualServerQuery":          "Runs on queries to virtual servers.",
	"VirtualServerQueryResult":    "Runs on answers of virtual servers.",
	"Regen":                       "Runs on each object when the database is made anew.",
	"RegenFail":                   "Runs for files that can not be read then.",
	"Compression":                 "Makes the compressions s0 to s9.",
	"Export":                      "Runs on each stored object.",
}

// luaKeys stand in [lua], but for the limits.
var luaKeys = []Key{
	{Name: "LuaTimeout", Type: Number, Default: "0", Unit: "seconds", When: AtStart, Since: firstRelease, Text: "How long a chunk of a converter, hook, command or page may run; 0 is no bound. What runs for its own sake (--luastart, --dolua, dgate.lua, background, nightly) has none."},
	{Name: "LuaMemory", Type: Number, Default: "0", Unit: "MB", When: AtStart, Since: firstRelease, Text: "Memory that the values of one Lua state may fill; 0 is no bound."},
	{Name: "startup", Section: "lua", Type: Chunk, Size: 1024, When: AtStart, Text: "Runs when the server starts."},
	{Name: "association", Section: "lua", Type: Chunk, Size: 1024, When: AtUse, Text: "Runs when an association begins; reject() refuses it."},
	{Name: "command", Section: "lua", Type: Chunk, Size: 1024, When: AtUse, Text: "Runs for each message."},
	{Name: "endassociation", Section: "lua", Type: Chunk, Size: 1024, When: AtUse, Text: "Runs when an association ends."},
	{Name: "clienterror", Section: "lua", Type: Chunk, Size: 1024, When: AtUse, Text: "Runs when something sent by the server failed."},
	{Name: "printserver", Section: "lua", Type: Chunk, Size: 1024, When: AtUse, Text: "Runs for each film that is printed here."},
	{Name: "nightly", Section: "lua", Type: Chunk, Size: 1024, When: AtUse, Text: "Runs at 03:00."},
	{Name: "background", Section: "lua", Type: Chunk, Size: 1024, When: AtUse, Text: "Runs every second."},
}

// luaNames are the keys of [lua] beside the converters.
func luaNames() []string {
	var names []string
	for _, k := range luaKeys {
		if k.Section != "" {
			names = append(names, k.Name)
		}
	}
	return names
}

// unreadKeys occur in manuals, shipped files or user interfaces and are not read
// by the server: no mistake of the site.
var unreadKeys = unread("PDUSize", "KeepAlive", "LargeFileSizeKB", "ExternalViewer", "DemoViewer", "DemoCopy",
	"Headerbmp", "Footerbmp", "Backgroundbmp", "Ladleport", "NightlyMoveThreshold", "NightlyMoveTarget",
	"BrowseThroughDBF", "RegisteredMOPDeviceTable", "UIDToMOPIDTable", "UIDToCDRIDTable", "PrintSquareLandscape", "UseKpacsDecompression",
	"MailHost", "MailPort", "MailSignon", "MailFromName", "MailRcptName1", "MailCC", "MailBCC", "MailAlwaysSend", "MailWaitTime")

func unread(names ...string) []Key {
	var list []Key
	for _, name := range names {
		list = append(list, Key{Name: name, Unread: true})
	}
	return list
}
