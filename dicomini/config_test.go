package dicomini

import (
	"reflect"
	"testing"
)

func mustLoad(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Load(Location{BaseDir: "base/", Path: "base/dicom.ini"}, ParseFile("base/dicom.ini", []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	c := mustLoad(t, "")
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"MyACRNema", c.MyACRNema, "none"},
		{"TCPPort", c.TCPPort, "104"},
		{"Port", c.Port(), 104},
		{"UIDPrefix", c.UIDPrefix, "1.2.826.0.1.3680043.2.135.1066"},
		{"OperatorConsole", c.OperatorConsole, `\\.\pipe\MicroPACSStatus`},
		{"ACRNemaMap", c.ACRNemaMap, "base/acrnema.map"},
		{"TempDir", c.TempDir, ""},
		{"FailHoldOff", c.FailHoldOff, 60},
		{"ImportConverters", c.ImportConverters, 99},
		{"ExportConverters", c.ExportConverters, 0},
		{"ForwardAssociationLevel", c.ForwardAssociationLevel, "STUDY"},
		{"EnableReadAheadThread", c.EnableReadAheadThread, true},
		{"MAGDevices", c.MAGDevices, []string{"NULL"}},
		{"MIRRORDevices", c.MIRRORDevices, []string{}},
		{"MirrorEnabled", c.MirrorEnabled, false},
		{"MAGDeviceFullThreshHold", c.MAGDeviceFullThreshHold, 30},
		{"TruncateFieldNames", c.TruncateFieldNames, 10},
		{"WorkListReturnsISO_IR_100", c.WorkListReturnsISO_IR_100, -1},
		{"SQLHost", c.SQLHost, "localhost"},
		{"WEBReadOnly", c.WEBReadOnly, true},
		{"LuaHook", c.LuaHook("startup"), ""},
		{"Script", c.Script("other"), "other"},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s = %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestValues(t *testing.T) {
	c := mustLoad(t, `[sscscp]
MicroPACS = archive
TCPPort = 1
[archive]
TCPPort = 5678 # main port
SQLHost =
kFactorFile = layouts/dicom.sql
Dictionary = own.dic
MAGDevices = 2
MAGDevice0 = ./data
MIRRORDevice0 = /mirror/
MAGDeviceFullThreshold = 500
NightlyCleanThreshhold = 7
NightlyCleanThreshold = 8
MAGDeviceThreshHold =
MAGDeviceThreshold = 9
VirtualServerFor3 = OTHER,NONVIRTUAL
VirtualServerPerSeries3 = 2
EnableReadAheadThread =
WorkListMode =
FailHoldOff = 5
FileCompressMode = 2
IncomingCompression = un
ArchiveConverter0 = nop
PASSWORD = 'se cret'
[lua]
background = tick()
[scripts]
hello = nop hello
`)
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"Main", c.Main(), "archive"},
		{"Port", c.Port(), 5678},
		{"TCPPort", c.TCPPort, "5678 # main port"},
		{"SQLHost", c.SQLHost, "localhost"},
		{"KFactorFile", c.KFactorFile, "layouts/dicom.sql"},
		{"Dictionary", c.Dictionary, "base/own.dic"},
		{"MAGDevices", c.MAGDevices, []string{"./data", "NULL"}},
		{"MirrorEnabled", c.MirrorEnabled, true},
		{"full threshold by its second spelling", c.MAGDeviceFullThreshHold, 500},
		{"first spelling wins", c.NightlyCleanThreshhold, 7},
		{"empty first spelling", c.MAGDeviceThreshHold, 9},
		{"ServerFor", c.ServerFor[3], "OTHER,NONVIRTUAL"},
		{"PerSeries", c.PerSeries[3], 2},
		{"EnableReadAheadThread", c.EnableReadAheadThread, false},
		{"keys after an empty one", c.FailHoldOff, 5},
		{"DroppedFileCompression", c.DroppedFileCompression, "n2"},
		{"IncomingCompression", c.IncomingCompression, "un"},
		{"HasArchiveConverter", c.HasArchiveConverter, true},
		{"HasMoveDeviceConverter", c.HasMoveDeviceConverter, false},
		{"Password", c.Password, "se cret"},
		{"LuaHook", c.LuaHook("background"), "tick()"},
		{"Script", c.Script("HELLO"), "nop hello"},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s = %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	if v, ok := c.MainGet("sqlhost"); v != "" || !ok {
		t.Errorf("MainGet(sqlhost) = %q, %v", v, ok)
	}
	if v, ok := c.MainGet("nosuch"); v != "" || ok {
		t.Errorf("MainGet(nosuch) = %q, %v", v, ok)
	}
}

func TestEmptyMicroPACS(t *testing.T) {
	_, err := Load(Location{}, ParseFile("x/dicom.ini", []byte("[sscscp]\nMicroPACS =\n")))
	if err == nil || err.Error() != "MicroPACS entry in x/dicom.ini not found, but required." {
		t.Errorf("error %v", err)
	}
}

func TestDeviceCountIsBounded(t *testing.T) {
	c := mustLoad(t, "[sscscp]\nMAGDevices = 2147483647\nMIRRORDevices = -5\n")
	if len(c.MAGDevices) != maxDevices || len(c.MIRRORDevices) != 0 {
		t.Errorf("%d, %d devices", len(c.MAGDevices), len(c.MIRRORDevices))
	}
}

func TestConverters(t *testing.T) {
	c := mustLoad(t, `[sscscp]
ImportConverter3 = nop three
importconverter1 = nop one
ImportModality1 = CT
ImportCallingAE1 = 12345678901234567890
ImportConverter01 = nop never
ImportConverter2 =
ImportConverter4 = "nop quoted"
ExportConverter0 = forward to A
ExportFilter0 = ImageNumber LIKE '1%'
ExportModality0 =
[lua]
IMPORTCONVERTER3 = print('lua')
ImportConverter4 =
QueryConverter0 = print('query')
`)
	var numbers []int
	for _, v := range c.Converters("import") {
		numbers = append(numbers, v.N)
	}
	if !reflect.DeepEqual(numbers, []int{1, 3, 4}) {
		t.Errorf("import converters %v", numbers)
	}
	if _, ok := c.Converter("Import", 2); ok {
		t.Error("an empty converter is present")
	}
	v, ok := c.Converter("Import", 1)
	if !ok || v.Text != "nop one" || v.Lua || v.Modality != "CT" || v.StationName != "*" || v.CallingAE != "12345678901234567" || v.Line != 3 {
		t.Errorf("ImportConverter1: %+v, %v", v, ok)
	}
	if v, _ := c.Converter("Import", 3); !v.Lua || v.Text != "print('lua')" || v.Modality != "*" || v.Line != 13 {
		t.Errorf("ImportConverter3: %+v", v)
	}
	if v, _ := c.Converter("Import", 4); v.Lua || v.Text != "nop quoted" {
		t.Errorf("ImportConverter4: %+v", v)
	}
	if v, _ := c.Converter("Export", 0); v.Filter != "ImageNumber LIKE '1%'" || v.Modality != "" || v.Key() != "ExportConverter0" {
		t.Errorf("ExportConverter0: %+v", v)
	}
	if v, ok := c.Converter("Query", 0); !ok || !v.Lua {
		t.Errorf("QueryConverter0: %+v, %v", v, ok)
	}
}

func TestKeysAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, k := range Keys() {
		if seen[lower(k.Name)] {
			t.Errorf("%s is defined twice", k.Name)
		}
		seen[lower(k.Name)] = true
		switch k.When {
		case "cfg", "start", "once", "use", "open":
		default:
			t.Errorf("%s: when %q", k.Name, k.When)
		}
	}
}
