package luabind

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// probe is a record of testdata/probes.jsonl: what the original did.
type probe struct {
	Where  string  `json:"where"`
	Chunk  string  `json:"chunk"`
	Output *string `json:"output"`
	Class  string  `json:"class"`
	Input  struct {
		Data    string          `json:"Data"`
		UIDMods json.RawMessage `json:"uidmods"`
		DB      string          `json:"db"`
	} `json:"input"`
	Volatile bool            `json:"volatile"`
	Log      json.RawMessage `json:"log"`
}

// logLine is the text that is to be found in the log, "" when it is not of this
// package.
func (p *probe) logLine() string {
	var line string
	if json.Unmarshal(p.Log, &line) != nil || strings.HasPrefix(line, "Warn[") {
		return ""
	}
	return line
}

func readProbes(t *testing.T) []probe {
	t.Helper()
	f, err := os.Open("testdata/probes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ps []probe
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var p probe
		if err := json.Unmarshal(sc.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

// workFolder is a folder like that of the recordings, as current directory.
func workFolder(t *testing.T) {
	t.Helper()
	from, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"std", "h.lua"} {
		if name == "std" {
			err = os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(from, name)))
		} else {
			var b []byte
			if b, err = os.ReadFile(filepath.Join(from, name)); err == nil {
				err = os.WriteFile(filepath.Join(dir, name), b, 0o666)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if scripts := os.Getenv("DGATE_LUA_SCRIPTS"); scripts != "" {
		if err := os.CopyFS(filepath.Join(dir, "lua"), os.DirFS(scripts)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// latin1 is the text with a byte for each character, as it was recorded.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

func TestProbes(t *testing.T) {
	probes := readProbes(t)
	workFolder(t)
	h := newFakeHost()
	e := NewEngine(h, Options{})
	h.global = e.NewState()
	defer h.global.Close()
	ran := 0
	for i, p := range probes {
		if p.Output == nil || !strings.HasPrefix(p.Where, "--") || p.Where == "--globallua" || p.Where == "--luastart" ||
			p.Where == "--lua, association" || p.Volatile || serverProbes[p.Chunk] != "" {
			continue
		}
		if strings.Contains(p.Chunk, `dofile("lua/`) && os.Getenv("DGATE_LUA_SCRIPTS") == "" {
			continue
		}
		want := *p.Output
		if d, ok := differences[p.Chunk]; ok {
			want = d
		}
		ran++
		h.log()
		if got := h.replay(t, e, p); got != want {
			t.Errorf("probe %d: %s\n with %q\n got  %s\n want %s", i+1, p.Chunk, p.Input.Data, got, want)
		}
		if line := p.logLine(); line != "" && !strings.Contains(strings.Join(h.log(), "\n"), line) {
			t.Errorf("probe %d: %s\n no log line %q", i+1, p.Chunk, line)
		}
	}
	t.Logf("%d probes", ran)
}

func (h *fakeHost) replay(t *testing.T, e *Engine, p probe) string {
	t.Helper()
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("chunk.txt", latin1(p.Chunk))
	write("obj.txt", p.Input.Data)
	_ = os.Remove("result.txt")
	st := e.NewState()
	defer st.Close()
	h.state = st
	c := Chunk{Text: "dofile('h.lua')"}
	c.Association = Association{Calling: "CONQUESTSRV1", Called: "CONQUESTSRV1", ConnectedIP: "127.0.0.1"}
	if strings.HasPrefix(p.Where, "--dolua") {
		c.Globals = map[string]any{"arg": []string{"./dgate", "--dolua:h.lua"}, "version": "1.5.0e"}
	}
	if _, err := st.Run(context.Background(), c); err != nil {
		return err.Error()
	}
	out, err := os.ReadFile("result.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// serverProbes need a database, peers or codecs; they run against the server.
var serverProbes = map[string]string{}

// differences are the probes that we answer differently on purpose
// (docs/differences.md).
var differences = map[string]string{
	// Numbers are stored as numbers.
	`Data.ReferencePixelX0=-9 return Data.ReferencePixelX0, Data:GetVR(0x18,0x6020,true)`:                                                                                                                    `"-9", "\247\255\255\255"`,
	`Data.TagAngleSecondAxis=-3 return Data.TagAngleSecondAxis, Data:GetVR(0x18,0x9219,true)`:                                                                                                                `"-3", "\253\255"`,
	`Data.DiffusionBValue=1.5 return Data.DiffusionBValue, Data:GetVR(0x18,0x9087,true)`:                                                                                                                     `"1.500000", "\000\000\000\000\000\000\248?"`,
	`Data.TableOfParameterValues=1.5 return Data.TableOfParameterValues, Data:GetVR(0x18,0x605a,true)`:                                                                                                       `"1.500000", "\000\000\192?"`,
	`local d=DicomObject:new(Data:Serialize(true)) return d.PatientName,d.ImageType,#d.ReferencedImageSequence,d.RequestAttributesSequence[0].ScheduledProtocolCodeSequence[0].CodeMeaning,d.RegionDataType`: `"Doe^John^Q", "ORIGINAL\\PRIMARY\\AXIAL", 2, "Code one", "3"`,
	`local d=DicomObject:new() d.DopplerSampleVolumeXPositionRetired=3e9 return d:Serialize()`:                                                                                                               `"{DopplerSampleVolumeXPositionRetired=3000000000}"`,
	// Assigned text is stored as it is.
	`Data.PatientComments=[[a""b]] return Data.PatientComments`: `"a\"\"b"`,
	`Data["PatientID to nil"]="q" return Data.PatientID`:        `"PAT001"`,
	// Sequences stay sequences.
	`Data.ReferencedImageSequence={} return Data.ReferencedImageSequence, type(Data.ReferencedImageSequence)`: `<Dicom sequence with 0 entries>, "userdata"`,
	`Data.ReferencedImageSequence="x" return Data.ReferencedImageSequence`:                                    `<Dicom sequence with 2 entries>`,
	`local a=newdicomarray() return a:Serialize(), a:Serialize(true), a.PatientID`:                            `"{}", "[]", nil`,
	// Whole frames of colour images, and the other frames stay.
	`return #getimage(0), getimage(0):byte(1,-1)`:                              `24, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24`,
	`local i=getimage(0) setimage(0,i) return #Data:GetVR(0x7fe0,0x10,true)`:   `24`,
	`setimage(0,"ABCDEFGH") return getimage(0), #Data:GetVR(0x7fe0,0x10,true)`: `"ABCDEFGH", 24`,
	// Valid escapes.
	`Data:SetVR(0x10,0x4000,"\7\8\11\12") local s=Data:Serialize() return s:match("PatientComments=(.-),SliceThickness")`:          `"\"\\007\\b\\011\\f\""`,
	`Data:SetVR(0x10,0x4000,"\7\8\11\12\27") local s=Data:Serialize(true) return s:match("PatientComments.:(.-),.SliceThickness")`: `"\"\\u0007\\b\\u000b\\f\\u001b\""`,
	// Pixel data of unknown modes and of colour JPEG (docs/differences.md of package pixel).
	`local c=Data:Compress("k4") return c and c.TransferSyntaxUID`:                                    `"1.2.840.10008.1.2.1"`,
	`local c=Data:Compress("j3") return c and c.TransferSyntaxUID, c and c.PhotometricInterpretation`: `"1.2.840.10008.1.2.4.50", "YBR_FULL_422"`,
	// Words of a string table are found where they are.
	`return ConvertBinaryData("2*s4","ab\0\0c\0\0\0")`: `{[1]="ab",[2]="c"}`,
	// The engine honours __len of tables.
	`local t=setmetatable({},{__index=function(t,k) return k.."!" end,__call=function(s,a) return a*2 end,__len=function() return 9 end,__tostring=function() return "TT" end}) return t.foo,t(4),#t,tostring(t)`: `"foo!", 8, 9, "TT"`,
}
