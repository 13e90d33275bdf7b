package main

import (
	"fmt"
	"strings"
)

// variants are configurations of dgate and of the original that can be measured
// beside the plain one, as "dgate:NAME" in -peers.
var variants = map[string][]string{
	"":      nil,
	"lines": legacyLines(),
	"lua":   {"ImportConverter0 = lua:" + luaLines()},
	"j2":    {"IncomingCompression = j2"},
	"js":    {"IncomingCompression = js"},
	"jk":    {"IncomingCompression = jk"},
}

// legacyLines are ten import converters that test, compare and set.
func legacyLines() []string {
	var lines []string
	for i, l := range []string{
		`ifequal "%m", "MR"; set PatientComments to "magnetic"`,
		`ifnotequal "%m", "CT"; destroy`,
		`ifempty "%VPatientName"; set PatientName to "UNKNOWN"`,
		`ifmatch "%VStudyDescription", "*load*"; nop seen %VPatientID`,
		`set ImageComments to "%m of %VPatientID"`,
		`ifequal "%V0008,0070", "Nobody"; reject`,
		`set InstitutionName to "%QCDIMSE"`,
		`ifnumgreater "%V0020,0013", "1000000"; nop far`,
		`set StationName to "%c"`,
		`ifmatch "%VSeriesDescription", "SCOUT*"; destroy`,
	} {
		lines = append(lines, fmt.Sprintf("ImportConverter%d = %s", i, l))
	}
	return lines
}

// luaLines is a script of twenty statements on the usual elements.
func luaLines() string {
	lines := []string{
		"local id = Data.PatientID", "local name = Data.PatientName", "local n = 0",
		"if Data.Modality == 'MR' then Data.PatientComments = 'magnetic' end",
		"if Data.Modality ~= 'CT' then destroy() end",
		"if name == '' then Data.PatientName = 'UNKNOWN' end",
		"if string.find(Data.StudyDescription, 'load') then n = n + 1 end",
		"Data.ImageComments = Data.Modality .. ' of ' .. id",
		"if Data.Manufacturer == 'Nobody' then reject() end",
		"Data.InstitutionName = 'DIMSE'",
		"if tonumber(Data.InstanceNumber) > 1000000 then n = n + 1 end",
		"Data.StationName = Association.Calling",
		"local upper = string.upper(name)", "local part = string.sub(upper, 1, 4)",
		"for i = 1, 10 do n = n + i end", "local t = {id, name, part}",
		"Data.OtherPatientIDs = table.concat(t, '-')",
		"if string.find(Data.SeriesDescription, '^SCOUT') then destroy() end",
		"Data.StudyID = tostring(n)", "Global.seen = id",
	}
	return strings.Join(lines, "; ")
}
