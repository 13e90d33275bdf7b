package luabind

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"conquest/dicom"
	"conquest/pixel"
)

// fakeHost is a server in memory.
type fakeHost struct {
	NoHost
	mu       sync.Mutex
	lines    []string
	debug    []string
	settings map[string]string // "section/key" in lower case
	numbers  map[string]int64
	texts    map[string]string
	uidmods  []uidRow
	state    *State // for script and lua: commands
	global   *State
	stored   map[string]*dicom.Dataset
	prefix   string
}

type uidRow struct{ old, uid, stage, typ string }

func newFakeHost() *fakeHost {
	h := &fakeHost{numbers: map[string]int64{"EnableComputedFields": 1}, prefix: "99999.99999", stored: map[string]*dicom.Dataset{}}
	h.texts = map[string]string{"RootConfig": "sscscp", "DicomDict": "./dgate.dic", "DGATEVERSION": "1.5.0e", "BaseDir": "./",
		"IncomingCompression": "un", "DroppedFileCompression": "un", "ArchiveCompression": "as", "ConfigFile": "./dicom.ini"}
	h.settings = map[string]string{
		"sscscp/myacrnema": "CONQUESTSRV1", "sscscp/tcpport": "<PORT>", "sscscp/ziptime": "05:", "sscscp/filenamesyntax": "4",
		"sscscp/uidprefix": "99999.99999", "sscscp/enablecomputedfields": "1",
		"lua/association": "package.path=package.path..';'..Global.basedir..'lua/?.lua'",
	}
	return h
}

func (h *fakeHost) Operator(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, line)
}

func (h *fakeHost) Debug(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.debug = append(h.debug, line)
}

func (h *fakeHost) log() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lines
	h.lines = nil
	return l
}

func (h *fakeHost) Setting(section, key string) (string, bool) {
	if section == "" {
		section = "sscscp"
	}
	v, ok := h.settings[strings.ToLower(section+"/"+key)]
	return v, ok
}

func (h *fakeHost) Variable(name string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.numbers[name]
}

func (h *fakeHost) SetVariable(name string, n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.numbers[name] = n
}

func (h *fakeHost) Text(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.texts[name]
}

func (h *fakeHost) SetText(name, value string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts[name] = value
}

func (h *fakeHost) Peer(i int) (Peer, bool) {
	peers := []Peer{{"CONQUESTSRV1", "127.0.0.1", "<PORT>", "un"}, {"V*", "*", "1234", "un"}, {"W*", "*", "666", "un"}, {"S*", "*", "5678", "un"}}
	if i < 0 || i >= len(peers) {
		return Peer{}, false
	}
	return peers[i], true
}

func (h *fakeHost) Column(table, i int) (Column, bool) {
	columns := map[[2]int]Column{
		{0, 0}: {0x00100020, "PatientID", 64, "SQL_C_CHAR", "DT_STR"}, {0, 1}: {0x00100010, "PatientNam", 64, "SQL_C_CHAR", "DT_STR"},
		{1, 0}: {0x0020000d, "StudyInsta", 64, "SQL_C_CHAR", "DT_UI (UI)"}, {2, 0}: {0x0020000e, "SeriesInst", 64, "SQL_C_CHAR", "DT_UI (UI)"},
		{3, 0}: {0x00080018, "SOPInstanc", 64, "SQL_C_CHAR", "DT_UI (UI)"}, {4, 0}: {0x00080050, "AccessionN", 16, "SQL_C_CHAR", "DT_STR"},
	}
	c, ok := columns[[2]int{table, i}]
	return c, ok
}

func (h *fakeHost) Query(_ context.Context, table, fields, where, order string) ([][]string, error) {
	h.Operator("***SQLITEExec error: no such table: " + table)
	return nil, errors.New("no such table: " + table)
}

func (h *fakeHost) GenerateUID() string {
	uid, err := dicom.NewUID(h.prefix)
	if err != nil {
		panic(err)
	}
	return uid
}

func (h *fakeHost) ChangeUID(_ context.Context, old, uid, stage, typ string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if strings.HasPrefix(stage, "#") {
		return stageUID(h.prefix+".7", old, stage), nil
	}
	for _, r := range h.uidmods {
		if r.old == old && r.stage == stage && (typ == "" || r.typ == typ) {
			return r.uid, nil
		}
	}
	if uid == "" {
		uid = h.GenerateUID()
	}
	h.uidmods = append(h.uidmods, uidRow{old, uid, stage, typ})
	return uid, nil
}

func (h *fakeHost) ChangeUIDBack(_ context.Context, uid, stage, typ string) (string, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.uidmods {
		if r.uid == uid && r.stage == stage && (typ == "" || r.typ == typ) {
			return r.old, true, nil
		}
	}
	return "", false, nil
}

// stageUID is the UID of a stage that uses no table (docs/original/scripting.md 3.4).
func stageUID(prefix, old, stage string) string {
	sum := siteDigest([]byte(prefix + old + stage))
	if len(prefix) > 25 {
		prefix = prefix[:25]
	}
	uid := prefix + "."
	for i := 0; i < 16 && len(uid) <= 58; i += 2 {
		uid += fmt.Sprintf("%05d", int(sum[i])<<8|int(sum[i+1]))
	}
	if i := strings.Index(uid[25:], ".0"); i >= 0 {
		uid = uid[:25+i] + ".1" + uid[25+i+2:]
	}
	return uid
}

func (h *fakeHost) ReadObject(_ context.Context, name string) (*dicom.Dataset, error) {
	if sop, ok := strings.CutPrefix(name, ":"); ok && h.stored[sop] != nil {
		return h.stored[sop], nil
	}
	f, err := dicom.ReadFile(name, dicom.ParseOptions{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Dataset, nil
}

func (h *fakeHost) WriteObject(_ context.Context, name string, d *dicom.Dataset) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(dicom.WritePart10(f, d, dicom.Meta{}), f.Close())
}

func (h *fakeHost) Compress(_ context.Context, d *dicom.Dataset, mode string) error {
	return pixel.Transcode(d, mode, pixel.Options{})
}

// RunLine knows what the probes use of the legacy language.
func (h *fakeHost) RunLine(ctx context.Context, line string, object *dicom.Dataset) int {
	switch {
	case line == "destroy":
		return 2
	case line == "reject":
		return 6
	case strings.HasPrefix(line, "nop"):
	case strings.HasPrefix(line, "mkdir "):
		_ = os.MkdirAll(strings.Trim(line[6:], `" `), 0o777)
	case strings.HasPrefix(line, "lua:"):
		res, err := h.state.Run(ctx, Chunk{Text: line[4:], Object: object, Lines: h})
		if err != nil {
			h.Operator(err.Error())
		}
		return res.Code
	case strings.HasPrefix(line, `set PatientID to "`):
		id := object.String(dicom.PatientID)
		v := strings.ReplaceAll(strings.TrimSuffix(line[len(`set PatientID to "`):], `"`), "%VPatientID", id)
		object.SetString(dicom.PatientID, v)
	case strings.HasPrefix(line, "newuids stage "):
		h.newUIDs(object, strings.TrimSpace(line[len("newuids stage "):]))
	default:
		h.Operator("*** Importconverter-2.0 error: " + line)
	}
	return 1
}

func (h *fakeHost) newUIDs(d *dicom.Dataset, stage string) {
	for _, e := range d.Walk() {
		uid := e.String()
		if e.VR != dicom.UI || uid == "" || strings.HasPrefix(uid, "1.2.840.10008.") {
			continue
		}
		*e = dicom.NewText(e.Tag, dicom.UI, stageUID(h.prefix+".7", uid, stage))
	}
}

func (h *fakeHost) Store(_ context.Context, ae string, _ []*dicom.Dataset) ([]*dicom.Dataset, error) {
	h.Operator("*** dicomstore: failed to connect to host " + ae)
	return nil, errors.New("no connection")
}

func (h *fakeHost) Delete(context.Context, *dicom.Dataset) error { return nil }

func (h *fakeHost) ServerCommand(ctx context.Context, command string, _ []byte) ([]byte, bool, error) {
	name, text, _ := strings.Cut(command, ":")
	switch name {
	case "get_param":
		v, ok := h.Setting("", text)
		return []byte(v), ok, nil
	case "lua", "globallua":
		st := h.global
		if name == "lua" {
			st = h.global.e.NewState()
			defer st.Close()
		}
		cmd := &dicom.Dataset{}
		cmd.SetUint16(0x00000100, 48)
		c := Chunk{Text: text, Command: cmd, Lines: h, Association: Association{Calling: "CONQUESTSRV1", Called: "CONQUESTSRV1", ConnectedIP: "127.0.0.1"}}
		res, err := st.Run(context.Background(), c)
		if err != nil {
			h.Operator(err.Error())
		}
		if file, _ := st.Run(context.Background(), Chunk{Text: "return returnfile"}); file.HasText {
			b, err := os.ReadFile(file.Text)
			return b, true, err
		}
		return []byte(res.Text), res.HasText, nil
	}
	return nil, false, nil
}
