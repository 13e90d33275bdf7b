package dicomini

import (
	"sort"
	"strconv"
)

// converterSize is the original's buffer for a converter line.
const converterSize = 512

// Converter is one converter line with its filters.
type Converter struct {
	Kind string // as in ConverterKinds, e.g. "Import"
	N    int
	Text string // at most 511 bytes
	Lua  bool   // from [lua]: a Lua chunk, filters do not apply

	Modality    string // filter patterns, default "*"
	StationName string
	CalledAE    string
	CallingAE   string
	Filter      string // ExportFilterN: an SQL condition, "*" or "" = none

	Line int // in dicom.ini

	section string
	cut     bool
}

// Key is the name of the line in dicom.ini, e.g. "ImportConverter0".
func (v Converter) Key() string { return v.Kind + "Converter" + strconv.Itoa(v.N) }

// ConverterKinds are the names of all converters: the key is the name followed
// by "Converter" and a number.
var ConverterKinds = []string{
	"Import", "Query", "WorkListQuery", "Retrieve", "RetrieveResult", "QueryResult",
	"ModalityWorkListQueryResult", "MergeSeries", "MergeStudies", "Archive", "MoveDevice",
	"RejectedImage", "RejectedImageWorkList", "VirtualServerQuery", "VirtualServerQueryResult",
	"Regen", "RegenFail", "Compression", "Export",
}

// Converter returns converter n of a kind; [lua] comes before the main section.
// present is false when both are absent or empty.
func (c *Config) Converter(kind string, n int) (conv Converter, present bool) {
	list := c.Converters(kind)
	i := sort.Search(len(list), func(i int) bool { return list[i].N >= n })
	if i == len(list) || list[i].N != n {
		return Converter{}, false
	}
	if list[i].cut {
		c.file.reportCut(list[i].section, list[i].Key())
	}
	return list[i], true
}

// Converters returns all non-empty converters of a kind by rising number,
// whatever ImportConverters and ExportConverters say. A line that is too long is
// reported by Converter.
func (c *Config) Converters(kind string) []Converter {
	if list, ok := c.converters[kind]; ok {
		return list
	}
	for name, list := range c.converters {
		if lower(name) == lower(kind) {
			return list
		}
	}
	return nil
}

func makeConverters(f *File, main, kind string, numbers map[int]bool) []Converter {
	list := make([]Converter, 0, len(numbers))
	for n := range numbers {
		list = append(list, makeConverter(f, main, kind, n))
	}
	sort.Slice(list, func(i, j int) bool { return list[i].N < list[j].N })
	return list
}

func makeConverter(f *File, main, kind string, n int) Converter {
	v := Converter{Kind: kind, N: n, section: "lua", Lua: true,
		Modality: "*", StationName: "*", CalledAE: "*", CallingAE: "*", Filter: "*"}
	v.Text, _ = f.Get("lua", v.Key())
	if v.Text == "" {
		num := strconv.Itoa(n)
		v.Lua, v.section = false, main
		v.Text, _ = f.Get(main, v.Key())
		v.Modality = f.String(main, kind+"Modality"+num, "*", 64)
		v.StationName = f.String(main, kind+"StationName"+num, "*", 64)
		v.CalledAE = f.String(main, kind+"CalledAE"+num, "*", 18)
		v.CallingAE = f.String(main, kind+"CallingAE"+num, "*", 18)
		if kind == "Export" {
			v.Filter = f.String(main, kind+"Filter"+num, "*", 510)
		}
	}
	v.Line = f.Line(v.section, v.Key())
	if len(v.Text) >= converterSize {
		v.Text, v.cut = v.Text[:converterSize-1], true
	}
	return v
}
