package sitecheck_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"conquest/db"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/sitecheck"
)

const plainSite = `[sscscp]
MicroPACS                = sscscp
MyACRNema                = SITE
TCPPort                  = {port}
SQLServer                = {d}/data/dbase/conquest.db3
PostGres                 = 0
MySQL                    = 0
SQLite                   = 1
FileNameSyntax           = 4
IncomingCompression      = un
ArchiveCompression       = as
DebugLevel               = 0
MAGDevices               = 1
MAGDevice0               = {d}/data/
`

// site is a plain site with one change.
type site struct {
	ini   string // lines that are added
	mod   func(string) string
	amap  string            // acrnema.map
	files map[string]string // beside dicom.ini
	pre   func(t *testing.T, dir string, port int)
}

func replaced(old, by string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, by, 1) }
}

// lint is what is said of a site, a line each.
func (s site) lint(t *testing.T) []finding.Finding {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	fill := strings.NewReplacer("{d}", filepath.ToSlash(dir), "{port}", strconv.Itoa(port))
	ini := plainSite
	if s.mod != nil {
		ini = s.mod(ini)
	}
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(fill.Replace(text)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("dicom.ini", ini+s.ini)
	if s.amap == "" {
		s.amap = "SITE 127.0.0.1 {port} un\nWORKSTATION 127.0.0.1 21798 un\n"
	}
	write("acrnema.map", s.amap)
	for _, folder := range []string{"data/dbase", "lua", "scripts"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range s.files {
		write(name, text)
	}
	if s.pre != nil {
		s.pre(t, dir, port)
	}
	live, err := dicomini.Open(dicomini.Location{BaseDir: dir + string(filepath.Separator), Path: filepath.Join(dir, "dicom.ini")}, dicomini.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := sitecheck.Lint(t.Context(), live.Current())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func busyPort(t *testing.T, _ string, port int) {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		t.Skip(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close() })
}

// Seventy-six mistakes of administrators, and what is said of each: the severity
// and a part of the message. Nothing else is an error or a warning.
func TestMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	const export = "ExportConverters = 1\n"
	for _, c := range []struct {
		name string
		site site
		want []string // "severity: part"; only hints are possible beside
	}{
		{"01 misspelt ImportConvertor0", site{ini: "ImportConvertor0 = nop hello\n"}, []string{"error: unknown key ImportConvertor0; did you mean ImportConverter0?"}},
		{"02 no ExportConverters", site{ini: "ExportConverter0 = forward to WORKSTATION\n"}, []string{"error: ExportConverter0 is never run: ExportConverters is 0; set ExportConverters = 1"}},
		{"03 single quotes", site{ini: "ImportConverter0 = ifequal '%m', 'CT'; nop hit %m\n"}, []string{`error: the condition is not understood and the next statement always runs; write ifequal "a", "b"`}},
		{"04 typographic quotes", site{ini: "ImportConverter0 = ifequal “%m”, “CT”; nop hit %m\n"}, []string{"error: the condition is not understood"}},
		{"05 missing semicolon after cond", site{ini: "ImportConverter0 = ifequal \"%m\", \"CT\" nop hit %m\n"}, []string{"warning: the condition has no statement after it"}},
		{"06 missing closing brace", site{ini: "ImportConverter0 = ifequal \"%m\", \"CT\"; { nop a; nop b\nImportConverter1 = nop next runs\n"}, []string{"error: the block is never closed"}},
		{"06b extra closing brace", site{ini: "ImportConverter0 = ifequal \"%m\", \"CT\"; { nop a; } }\n"}, []string{"error: only one brace is read"}},
		{"07 forward unknown AE (export)", site{ini: export + "ExportConverter0 = forward to NOWHERE\n"}, []string{"error: destination NOWHERE is not in acrnema.map; add it"}},
		{"07b forward lowercase AE", site{ini: export + "ExportConverter0 = forward to workstation\n"}, []string{"hint: workstation is WORKSTATION in acrnema.map"}},
		{"07c forward unknown AE (import)", site{ini: "ImportConverter0 = forward to NOWHERE\n"}, []string{"error: destination NOWHERE"}},
		{"08 unguarded destroy import", site{ini: "ImportConverter0 = destroy\n"}, []string{"error: destroy runs for every object: nothing is stored"}},
		{"08b destroy after cond w/o semicolon scope", site{ini: "ImportConverter0 = ifequal \"%m\", \"MR\"; nop MR; destroy\n"}, []string{"warning: destroy is not guarded by the ifequal", "error: destroy runs for every object"}},
		{"09 destroy in export", site{ini: export + "ExportConverter0 = forward to WORKSTATION; destroy\n"}, []string{"error: destroy does not exist in export converters", "error: there is no program destroy"}},
		{"10 command in [lua]", site{ini: "[lua]\nImportConverter0 = ifequal \"%m\", \"CT\"; nop hit\n"}, []string{"error: ImportConverter0 holds commands but stands in [lua]", "error: Lua does not parse"}},
		{"11 lua in [sscscp]", site{ini: "ImportConverter0 = Data.PatientID = 'x'\n"}, []string{"error: ImportConverter0 holds Lua but stands in [sscscp]"}},
		{"12 trailing blanks values", site{ini: "ImportConverter0 = ifequal \"%m\", \"CT\"; nop hit   \n", mod: func(s string) string {
			return strings.NewReplacer("= SITE\n", "= SITE   \n", "/data/\n", "/data/   \n").Replace(s)
		}}, nil},
		{"13 lua lower data.", site{ini: "[lua]\nImportConverter0 = data.PatientID = \"x\"\n"}, []string{"error: data is nil, the name of the object of the server is Data; write Data"}},
		{"14 lua Data.PatientId", site{ini: "[lua]\nImportConverter0 = if Data.PatientId==\"P00001\" then print(\"hit\") else print(\"no hit\", Data.PatientId) end\n"},
			[]string{"error: Data.PatientId names no element: it reads nil, and nothing is written; did you mean PatientID?", "error: Data.PatientId"}},
		{"14b lua write Data.PatientId", site{ini: "[lua]\nImportConverter0 = Data.PatientId=\"ANON\"\n"}, []string{"error: Data.PatientId names no element"}},
		{"15 duplicate key", site{ini: "ImportConverter0 = nop one\nImportConverter0 = nop two\n"}, []string{"warning: ImportConverter0 is set again in [sscscp]; only line 15 counts"}},
		{"16 tab before key", site{ini: "\tImportConverter0 = nop one\n"}, []string{"warning: the line begins with a tab and is ignored"}},
		{"16b blank before key", site{ini: "  ImportConverter0 = nop one\n"}, []string{"hint: the line begins with a blank and is ignored"}},
		{"17 BOM", site{mod: func(s string) string { return "\ufeff" + s }}, []string{"hint: the file begins with a byte order mark"}},
		{"18 wrong script path call", site{ini: "ImportConverter0 = call scripts/nothere.cq\n"}, []string{"error: there is neither a [scripts] entry nor a file scripts/nothere.cq"}},
		{"18b wrong lua path cmd", site{ini: "ImportConverter0 = lua/nothere.lua(x)\n"}, []string{"error: no command, and there is no file lua/nothere.lua"}},
		{"18c dofile missing", site{ini: "[lua]\nImportConverter0 = dofile(\"lua/nothere.lua\")\n"}, []string{"error: there is no file lua/nothere.lua"}},
		{"18d export program missing", site{ini: export + "ExportConverter0 = /opt/tools/nothere.sh %f\n"}, []string{"error: there is no program /opt/tools/nothere.sh"}},
		{"19 unreachable cond", site{ini: "ImportConverter0 = ifequal \"%m\", \"CT\"; ifequal \"%m\", \"MR\"; nop never\n"}, []string{"warning: two conditions in a row are no AND"}},
		{"19b after stop", site{ini: "ImportConverter0 = stop; nop never\n"}, []string{"warning: this never runs: stop before it ends the line"}},
		{"20 seq index too high", site{ini: "ImportConverter0 = nop seq is [%V/0040,0275.5/0040,1001]\n"}, []string{"hint: items are counted from 0"}},
		{"20b seq wrong syntax", site{ini: "ImportConverter0 = nop seq is [%V0040,0275/0040,1001] [%V/0040,0275.0/0040,1001]\n"}, []string{"warning: 0040,0275 is a sequence: its text is (sequence); write %V/0040,0275/gggg,eeee"}},
		{"20c tag missing digit", site{ini: "ImportConverter0 = nop [%V0010,020]\n"}, []string{`error: a tag has four digits before and behind the comma; here "0010,020]" is taken for it`}},
		{"21 IncomingCompression=jpeg", site{mod: replaced("IncomingCompression      = un", "IncomingCompression      = jpeg")}, []string{"error: IncomingCompression has the unknown code jpeg"}},
		{"21b forward compressed as jx", site{ini: export + "ExportConverter0 = forward compressed as jx to WORKSTATION\n"}, []string{"error: unknown compression jx"}},
		{"21c map compression zz", site{amap: "SITE 127.0.0.1 {port} un\nWORKSTATION 127.0.0.1 21798 zz\n"}, []string{"error: unknown compression zz"}},
		{"21d compression cmd", site{ini: "ImportConverter0 = compression jpeg\n"}, []string{"error: unknown compression jpeg"}},
		{"22 port in use", site{pre: busyPort}, []string{"error: port "}},
		{"23 postgres unreachable", site{mod: func(s string) string {
			return strings.NewReplacer("SQLite                   = 1", "SQLite                   = 0\nSQLHost = 127.0.0.1:1", "PostGres                 = 0", "PostGres                 = 1", "{d}/data/dbase/conquest.db3", "conquest").Replace(s)
		}}, []string{"warning: the database at 127.0.0.1:1 can not be reached"}},
		{"24 read-only folder", site{pre: readOnly}, []string{"?error: folder ", "?error: folder ", "*"}},
		{"25 dicom.sql column missing (ImageType)", site{files: map[string]string{"dicom.sql": withoutImageType()}}, []string{"hint: the built-in layout has ImageType of *Image* beside these"}},
		{"25b dicom.sql extra column vs old db", site{files: map[string]string{"dicom.sql": extraColumn()}, pre: oldDatabase}, []string{"error: the database has no column MyColumn in DICOMImages"}},
		{"27 ImportModality list", site{ini: "ImportConverter0 = nop hit\nImportModality0 = CT,MR\n"}, []string{`warning: ImportModality0 is no list: "CT,MR" is compared as a whole`}},
		{"28 SQLite=yes", site{mod: replaced("SQLite                   = 1", "SQLite                   = yes")}, []string{`error: SQLite is "yes" and is read as 0`}},
		{"29 unquoted value", site{ini: "ImportConverter0 = ifequal \"%m\", CT; nop hit\n"}, []string{"error: the condition is ignored and the next statement always runs"}},
		{"30 wrong dictionary name", site{ini: "ImportConverter0 = nop [%VPatientNme]\nImportConverter1 = set PatientNam to \"x\"\n"}, []string{"error: no element is named here", "error: set does nothing: no such element"}},
		{"31 forward wrong order", site{ini: export + "ExportConverter0 = forward to WORKSTATION compressed as j2\n"}, []string{"error: compressed stands behind the destination and does not count; write forward compressed as j2 to WORKSTATION"}},
		{"33 forward study without to", site{ini: export + "ExportConverter0 = forward study WORKSTATION\n"}, []string{"warning: unknown word WORKSTATION", "error: the forward names no AE; write forward study to AE"}},
		{"35 unknown statement", site{ini: "ImportConverter0 = ifequals \"%m\", \"CT\"; nop hit\nImportConverter1 = frward to WORKSTATION\n"}, []string{"error: the condition is not understood", "error: no command, no [scripts] entry and no file: nothing is done; did you mean forward?"}},
		{"36 lua syntax", site{ini: "[lua]\nImportConverter0 = if Data.Modality=\"CT\" then print(1) end\n"}, []string{"error: Lua does not parse: syntax error near '='"}},
		{"38 delete in import", site{ini: "ImportConverter0 = delete image\n"}, []string{"warning: in import converters delete removes an element"}},
		{"39 forward to itself", site{ini: export + "ExportConverter0 = forward to SITE\n"}, []string{"error: SITE is this server: what it forwards comes back"}},
		{"40 MAGDevice0 no slash", site{mod: replaced("/data/\n", "/data\n")}, nil},
		{"41 MAGDevice0 missing dir", site{mod: replaced("= {d}/data/", "= {d}/nodata/")}, []string{"error: folder "}},
		{"42 [sscsp]", site{mod: replaced("[sscscp]", "[sscsp]")}, []string{"error: there is no section [sscscp]", "*"}},
		{"44 map line without port", site{amap: "SITE 127.0.0.1 {port} un\nWORKSTATION 127.0.0.1 un\n", ini: export + "ExportConverter0 = forward to WORKSTATION\n"}, []string{"error: un is no port number"}},
		{"44b map unknown host", site{amap: "SITE 127.0.0.1 {port} un\nWORKSTATION nosuchhost.invalid 104 un\n", ini: export + "ExportConverter0 = forward to WORKSTATION\n"}, []string{"?warning: host nosuchhost.invalid of WORKSTATION is not known here"}},
		{"44c own map entry wrong port", site{amap: "SITE 127.0.0.1 5678 un\nWORKSTATION 127.0.0.1 21798 un\n"}, []string{"warning: the server itself, SITE, has port 5678 here and TCPPort"}},
		{"45 FileNameSyntax=44", site{mod: replaced("FileNameSyntax           = 4", "FileNameSyntax           = 44")}, []string{"error: there is no FileNameSyntax 44: names are made as by 0"}},
		{"46 lua script() typo", site{ini: "[lua]\nImportConverter0 = script(\"forwrd to WORKSTATION\")\n"}, []string{"error: in script(): no command, no [scripts] entry and no file: nothing is done; did you mean forward?"}},
		{"47 lua script unknown AE", site{ini: "[lua]\nImportConverter0 = script(\"forward to NOWHERE\")\n"}, []string{"error: destination NOWHERE is not in acrnema.map"}},
		{"48 trailing comment", site{mod: func(s string) string {
			return strings.NewReplacer("= {port}\n", "= {port} # our port\n", "DebugLevel               = 0", "DebugLevel               = 0 # low").Replace(s)
		}}, []string{"warning: TCPPort has a comment behind its value", "warning: DebugLevel has a comment behind its value"}},
		{"49 colon instead of =", site{mod: replaced("FileNameSyntax           = 4", "FileNameSyntax: 4")}, []string{"warning: unknown key FileNameSyntax: 4; did you mean FileNameSyntax?"}},
		{"50 VirtualServerFor unknown", site{ini: "VirtualServerFor0 = NOWHERE\n"}, []string{"error: VirtualServerFor0: NOWHERE is not in acrnema.map"}},
		{"51 NightlyMoveTarget unknown", site{ini: "NightlyMoveThreshHold = 100\nNightlyMoveTarget = MAG7\n"}, []string{"warning: NightlyMoveThreshHold is not read by the server, and neither is NightlyMoveThreshold"}},
		{"52 WatchFolder missing", site{ini: "WatchFolder = {d}/nowatch/\n"}, []string{"error: folder "}},
		{"53 ZipTime 25:", site{ini: "ZipTime = 25:\n"}, []string{`error: ZipTime "25:" is no time of day`}},
		{"54 set unquoted", site{ini: "ImportConverter0 = set PatientName to Anon\nImportConverter1 = nop [%VPatientName]\n"}, []string{"error: set does nothing: the target must be followed by"}},
		{"55 %v lower / parens", site{ini: "ImportConverter0 = nop [%v0010,0010] [%V(0010,0010)]\n"}, []string{"error: no element is named here"}},
		{"56 comment at line end of rule", site{ini: "ImportConverter0 = nop hit # only a test\n"}, []string{"warning: there are no comments in a rule"}},
		{"57 rule over two lines", site{ini: "ImportConverter0 = ifequal \"%m\", \"CT\"; {\n  nop hit\n}\n"}, []string{"error: the block is never closed"}},
		{"58 ExportFilter0 sql wrong", site{ini: export + "ExportConverter0 = forward to WORKSTATION\nExportFilter0 = Modalty LIKE 'CT'\n", files: map[string]string{"dicom.sql": defaultSchema()}}, []string{"error: ExportFilter0: there is no column Modalty, the condition fails for every object; did you mean Modality?"}},
		{"59 case: importconverter0 lower", site{ini: "importconverter0 = nop lower key runs\n"}, nil},
		{"60 export uses import verb", site{ini: export + "ExportConverter0 = set PatientName to \"X\"\n"}, []string{"error: set does not exist in export converters"}},
		{"61 mirror missing dir", site{ini: "MIRRORDevices = 1\nMIRRORDevice0 = {d}/nomirror/\n"}, []string{"error: folder "}},
		{"62 dgatesop.lst corrupt", site{files: map[string]string{"dgatesop.lst": "CTImageStorage 1.2.840.10008.5.1.4.1.1.2 sop\nLittleEndianImplicit 1.2.840.10008.1.2 transfer\nGarbage line\n"}}, []string{"warning: incomplete line is ignored; write: name value kind", "hint: JPEG lossless 1.2.840.10008.1.2.4.70 is not in the list"}},
		{"63 good site (no mistakes)", site{ini: "ImportConverter0 = ifequal \"%m\", \"CT\"; nop hit\n"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			judge(t, c.site.lint(t), c.want)
		})
	}
}

// What else is found, and what is no mistake.
func TestFurtherMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	const export = "ExportConverters = 1\n"
	for _, c := range []struct {
		name string
		site site
		want []string
	}{
		{"scrub of groups", site{ini: "ImportConverter0 = ifequal \"%u\", \"A\"; scrub -0008,0010\n"}, []string{"error: this removes 0008,0016 (SOPClassUID)"}},
		{"scrub of a tag", site{ini: "ImportConverter0 = scrub -00100010,priv\n"}, nil},
		{"set to nil", site{ini: "ImportConverter0 = set SOPInstanceUID to nil\n"}, []string{"error: without 0008,0018 (SOPInstanceUID) an object can not be stored"}},
		{"set to nothing", site{ini: "ImportConverter0 = set 0010,0020 to \"\"; set PatientName to \"\"\n"}, []string{"error: without 0010,0020 (PatientID)"}},
		{"transfer syntax", site{ini: "ImportConverter0 = set 0002,0010 to \"1.2.840.10008.1.2.4.70\"\n"}, []string{"warning: this changes the label of the object"}},
		{"after destroy", site{ini: "ImportConverter0 = destroy\nImportConverter1 = nop x\n"}, []string{"error: destroy runs for every object", "warning: ImportConverter1 never runs: ImportConverter0 before it throws every object away"}},
		{"destroy of one modality", site{ini: "ImportConverter0 = destroy\nImportModality0 = OT\n"}, nil},
		{"router", site{ini: "ImportConverter0 = forward to WORKSTATION; destroy\n"}, nil},
		{"itself by another name", site{ini: export + "ExportConverter0 = forward to ME\n", amap: "SITE 127.0.0.1 {port} un\nME localhost {port} un\n"}, []string{"error: ME is this server"}},
		{"itself behind a condition", site{ini: export + "ExportConverter0 = ifnotequal \"%u\", \"SITE\"; forward to SITE\n"}, nil},
		{"missing module", site{ini: "[lua]\nImportConverter0 = local x = require(\"luasql_postgres\"); x.y()\n"}, []string{"error: module luasql_postgres is not built in"}},
		{"modules that are there", site{ini: "[lua]\nImportConverter0 = local x = require('socket.http'); local m = require 'mine'; local s = require(\"string\")\n", files: map[string]string{"lua/mine.lua": "return {}"}}, nil},
		{"module in a file", site{ini: "[lua]\nImportConverter0 = dofile(Global.basedir..'lua/n.lua')\n", files: map[string]string{"lua/n.lua": "-- remark\nlocal l = require('nothere')\n"}}, []string{"error: Lua file lua/n.lua, line 2: module nothere is not built in"}},
		{"data of one's own", site{ini: "[lua]\nImportConverter0 = local data = {}; data.x = 1; for global in pairs(data) do print(global) end\n"}, nil},
		{"words in strings and comments", site{ini: "[lua]\nImportConverter0 = print('data.x', \"Data.nothing\") --[[ Data.nothing ]] x = [[ script('frward to X') ]]\n"}, nil},
		{"methods and paths", site{ini: "[lua]\nImportConverter0 = Data:Write('x'); y = Data[\"0010,0010\"]; z = Data['/ReferencedStudySequence/0008,1155']; Data.Storage = 'MAG0'; w = Data.PatientName\n"}, nil},
		{"unknown index", site{ini: "[lua]\nImportConverter0 = x = Data['Patientname']\n"}, []string{`error: Data["Patientname"] names no element`}},
		{"compression in script()", site{ini: "[lua]\nImportConverter0 = script('compression jpeg')\n"}, []string{"error: unknown compression jpeg"}},
		{"names are changed", site{ini: "ImportConverter0 = set PatientName to \"X\"; newuids\n"}, []string{"hint: ImportConverter0 changes names or IDs: when it fails, the object is stored as it is then"}},
		{"names are changed with care", site{ini: "ScriptFailure = reject\nImportConverter0 = set PatientName to \"X\"\n"}, nil},
		{"value for a shell", site{ini: "ImportConverter0 = system sh -c \"echo $X %VPatientName\"\n"}, []string{"warning: a value here is code for a shell"}},
		{"program of the path", site{ini: export + "ExportConverter0 = ls %f\n"}, nil},
		{"template", site{mod: replaced("MAGDevice0               = {d}", "MAGDevice0               = ${CONQUEST}")}, []string{"hint: ${CONQUEST}/data/ is a template"}},
		{"long UIDPrefix", site{ini: "UIDPrefix = 1.2.826.0.1.3680043.2.135.739002.49443089\n"}, nil},
		{"comment with =", site{mod: func(s string) string { return "# The page is \"http://x/dgate?mode=top\"\n" + s }}, nil},
		{"empty background", site{ini: "[lua]\nbackground =\n"}, nil},
		{"keys of old files", site{ini: "RegisteredMOPDeviceTable = a\nUIDToMOPIDTable = b\nUIDToCDRIDTable = c\n"}, nil},
		{"schemes behind values", site{ini: "WebCodeBase = http://host/x // not a comment of ours\n"}, []string{"warning: WebCodeBase has a comment behind its value"}},
		{"number out of range", site{ini: "LossyQuality = 950\n"}, []string{"warning: LossyQuality is 950, which is outside its range; write 1 to 100"}},
		{"level", site{ini: "ForwardAssociationLevel = Image\n"}, []string{`error: ForwardAssociationLevel "Image" is none of its words`}},
		{"filters of SQL", site{ini: export + "ExportConverter0 = forward to WORKSTATION\nExportFilter0 = DICOMImages.QRows > 100 and (Modality LIKE 'C%' or upper(PatientNam) = 'X') and AccessTime > 5\n", files: map[string]string{"dicom.sql": defaultSchema()}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			judge(t, c.site.lint(t), c.want)
		})
	}
}

// judge compares findings with what is wanted: all of that, and no other error or
// warning unless a star is wanted.
func judge(t *testing.T, list []finding.Finding, want []string) {
	t.Helper()
	var lines []string
	for _, f := range list {
		lines = append(lines, fmt.Sprintf("%v: %v", f.Severity, f))
	}
	said := make([]bool, len(list))
	any := false
	for _, w := range want {
		if w == "*" {
			any = true
			continue
		}
		text, maybe := strings.CutPrefix(w, "?")
		severity, part, _ := strings.Cut(text, ": ")
		found := false
		for i, f := range list {
			if f.Severity.String() == severity && !said[i] && strings.Contains(f.String(), part) {
				found, said[i] = true, true
				break
			}
		}
		if !found && !maybe {
			t.Errorf("not said: %s\n%s", w, strings.Join(lines, "\n"))
		}
	}
	for i, f := range list {
		if f.Severity > finding.Hint && !said[i] && !any {
			t.Errorf("said as well: %s", lines[i])
		}
		if f.File == "" || f.Severity > finding.Hint && f.Message == "" {
			t.Errorf("without a place: %s", lines[i])
		}
	}
}

func defaultSchema() string {
	return string(dicomini.DefaultSchema(dicomini.SchemaOptions{}).Text())
}

func extraColumn() string {
	s := defaultSchema()
	i := strings.Index(s, "*Image*")
	j := i + strings.Index(s[i:], "{") + 1
	k := j + strings.Index(s[j:], "}") + 1
	k += strings.IndexAny(s[k:], "\n") + 1
	return s[:k] + "\t{ 0x0018, 0x1030, \"MyColumn\", 64, SQL_C_CHAR, DT_STR },\n" + s[k:]
}

// oldDatabase makes a database by the layout before a row was added.
func oldDatabase(t *testing.T, dir string, _ int) {
	t.Helper()
	opt := db.Options{SQLite: true, Server: filepath.Join(dir, "data/dbase/conquest.db3")}
	index, err := db.Open(t.Context(), dicomini.DefaultSchema(dicomini.SchemaOptions{}), opt, db.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := index.Initialize(t.Context(), db.AllTables, nil); err != nil {
		t.Fatal(err)
	}
	if err := index.Close(); err != nil {
		t.Fatal(err)
	}
}

// withoutImageType is dicom.sql without the row of (0008,0008).
func withoutImageType() string {
	var b strings.Builder
	for line := range strings.Lines(defaultSchema()) {
		if !strings.Contains(line, "ImageType") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func readOnly(t *testing.T, dir string, _ int) {
	t.Helper()
	data := filepath.Join(dir, "data")
	if err := os.Chmod(data, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(data, 0o755) })
}
