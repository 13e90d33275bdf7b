package luabind

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/dicom"
)

func newTestState(t testing.TB, opt Options) (*State, *fakeHost) {
	t.Helper()
	h := newFakeHost()
	if opt.Stdout == nil {
		opt.Stdout = io.Discard
	}
	h.global = NewEngine(h, opt).NewState()
	h.state = h.global
	t.Cleanup(h.global.Close)
	return h.global, h
}

// TestTimeoutOfHost holds that functions of ours end with the chunk.
func TestTimeoutOfHost(t *testing.T) {
	st, _ := newTestState(t, Options{Timeout: 50 * time.Millisecond})
	_, err := st.Run(context.Background(), Chunk{Text: "sleep(1e6)"})
	if err == nil || !strings.Contains(err.Error(), "script ended after 50ms") {
		t.Errorf("error %v", err)
	}
}

func TestRunErrors(t *testing.T) {
	st, _ := newTestState(t, Options{})
	for _, c := range []struct{ text, want string }{
		{"x = = 1", `*** lua syntax error [string "x = = 1"]:1: unexpected symbol near '=' in 'x = = 1'`},
		{"error('q')", `*** lua run error [string "error('q')"]:1: q in 'error('q')'`},
		{"error({})", `*** lua run error (null) in 'error({})'`},
		{"goto x", `*** lua syntax error [string "goto x"]:1: '=' expected near 'x' in 'goto x'`},
		{"Data.PatientID = 'E' error('boo')", `*** lua run error [string "Data.PatientID = 'E' error('boo')"]:1: boo in 'Data.PatientID = 'E' error('boo')'`},
	} {
		ds := &dicom.Dataset{}
		_, err := st.Run(context.Background(), Chunk{Text: c.text, Object: ds})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got  %v\n want %s", c.text, err, c.want)
		}
		if strings.HasPrefix(c.text, "Data") && ds.String(dicom.PatientID) != "E" {
			t.Error("what was done before the error is lost")
		}
	}
}

func TestVerdicts(t *testing.T) {
	st, h := newTestState(t, Options{})
	for text, want := range map[string]int{
		"": 1, "destroy()": 2, "reject()": 6, "retry()": 7, "destroy() reject()": 6, `script("destroy") script("nop x")`: 1,
		"destroy() error('x')": 2, "return 2": 1, `script("lua:destroy()")`: 2,
	} {
		res, _ := st.Run(context.Background(), Chunk{Text: text, Start: 1, Lines: h})
		if res.Code != want {
			t.Errorf("%s: code %d, want %d", text, res.Code, want)
		}
	}
}

func TestResults(t *testing.T) {
	st, _ := newTestState(t, Options{})
	for text, want := range map[string]Result{
		"return 'a\\0b'": {Text: "a", HasText: true}, "return 1/3": {Text: "0.33333333333333", HasText: true}, "return nil": {},
		"return true": {}, "return {}": {}, "return ''": {HasText: true}, "return 'x', 'y'": {Text: "x", HasText: true},
		"gx = (gx or 0) + 1 return gx": {Text: "1", HasText: true}, "return gx == 1 and 'kept'": {Text: "kept", HasText: true},
	} {
		if strings.HasPrefix(text, "return gx") {
			continue
		}
		res, err := st.Run(context.Background(), Chunk{Text: text})
		if err != nil || res != want {
			t.Errorf("%s: %+v, %v", text, res, err)
		}
	}
	if res, _ := st.Run(context.Background(), Chunk{Text: "return gx"}); res.Text != "1" {
		t.Error("globals do not outlive their chunk")
	}
}

func TestObjectsEndWithTheirChunk(t *testing.T) {
	st, _ := newTestState(t, Options{})
	ds := &dicom.Dataset{}
	ds.SetString(dicom.PatientID, "P")
	ds.SetItems(0x00081140, &dicom.Dataset{})
	run := func(text string) string {
		t.Helper()
		res, err := st.Run(context.Background(), Chunk{Text: text, Object: ds})
		if err != nil {
			t.Fatal(err)
		}
		return res.Text
	}
	run("kept = Data own = Data:Copy() item = Data.ReferencedImageSequence[0] seq = Data.ReferencedImageSequence")
	if got := run("item.PatientID = 'x' kept.PatientID = 'y' return tostring(kept.PatientID) .. #seq .. own.PatientID .. Data.PatientID"); got != "nil0PP" {
		t.Errorf("got %s", got)
	}
}

func TestNestedChunks(t *testing.T) {
	st, h := newTestState(t, Options{})
	outer := &dicom.Dataset{}
	outer.SetString(dicom.PatientID, "outer")
	res, err := st.Run(context.Background(), Chunk{Object: outer, Lines: h, Text: `local d = DicomObject:new() d.PatientID = 'inner'
		d:Script("lua:Data.PatientName = Data.PatientID .. 'x' seen = Data.PatientID")
		return Data.PatientID .. '|' .. seen .. '|' .. d.PatientName`})
	if err != nil || res.Text != "outer|inner|innerx" {
		t.Errorf("%q, %v", res.Text, err)
	}
	if res, err := st.Run(context.Background(), Chunk{Lines: h, Text: `local co = coroutine.wrap(function() script("lua:y = 5") return y end) return co()`}); err != nil || res.Text != "5" {
		t.Errorf("%q, %v", res.Text, err)
	}
}

// TestWrongArguments runs what ends the original: a Lua error, or nothing.
func TestWrongArguments(t *testing.T) {
	probes := readProbes(t)
	workFolder(t)
	st, h := newTestState(t, Options{})
	n := 0
	for _, p := range probes {
		if p.Class != "crash" {
			continue
		}
		n++
		got := h.replay(t, st.e, p)
		for _, bad := range []string{"runtime error", "nil pointer", "interface conversion"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s: %s", p.Chunk, got)
			}
		}
		t.Logf("%s -> %.80s", p.Chunk, got)
	}
	if n == 0 {
		t.Error("no probes")
	}
}

// TestFuzzedArguments calls every function and method with wrong arguments.
func TestFuzzedArguments(t *testing.T) {
	t.Chdir(t.TempDir())
	st, _ := newTestState(t, Options{Timeout: 2 * time.Minute})
	names := strings.ReplaceAll(st.e.objectMethods, "|", "','")
	res, err := st.Run(context.Background(), Chunk{Text: `
		local bad = {}
		local values = { false, {}, function() end, Data, Data.x, 1, -1, 1e30, 0/0, 'x', '', 'a\0b', DicomObject, newdicomarray(), newproxy(true), coroutine.create(print) }
		local skip = { system=1, sleep=1, print=1, debuglog=1, dofile=1, require=1, collectgarbage=1, mkdir=1, tempfile=1, loadfile=1, gcinfo=1, module=1, setfenv=1, script=1 }
		local function try(name, f)
			for i = 0, #values do for j = 0, #values do
				local a, b = values[i], values[j]
				local ok, err = pcall(f, a, b, b, a)
				if not ok then
					err = tostring(err)
					if err:find('runtime error') or err:find('interface conversion') or err:find('nil pointer') then bad[#bad+1] = name .. ': ' .. err end
				end
			end end
		end
		local list = {}
		for name, f in pairs(_G) do if type(f) == 'function' and not skip[name] then list[name] = f end end
		for _, lib in ipairs({ 'string', 'table', 'math' }) do for name, f in pairs(_G[lib]) do if type(f) == 'function' and name ~= 'rep' then list[lib .. '.' .. name] = f end end end
		for name, f in pairs(list) do try(name, f) end
		for _, m in ipairs({'` + names + `'}) do if m ~= 'Write' and m ~= 'Dump' then
			try(m, function(a, b, c) return Data[m](Data, a, b, c) end)
			try(m, Data[m])
		end end
		return table.concat(bad, '\n')`})
	if err != nil || res.Text != "" {
		t.Errorf("%v\n%s", err, res.Text)
	}
}

func TestManyStates(t *testing.T) {
	h := newFakeHost()
	e := NewEngine(h, Options{Stdout: io.Discard})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			st := e.NewState()
			defer st.Close()
			for i := range 50 {
				ds := &dicom.Dataset{}
				ds.SetString(dicom.PatientName, "Doe^John")
				id := fmt.Sprintf("P%d-%d", g, i)
				res, err := st.Run(context.Background(), Chunk{Object: ds, Start: 1, Text: converterText,
					Globals: map[string]any{"command_line": id}})
				if err != nil || res.Code != 1 || ds.String(dicom.PatientID) != id {
					t.Errorf("%v %v %q", res, err, ds.String(dicom.PatientID))
					return
				}
			}
		})
	}
	wg.Wait()
}

const converterText = `
local name = Data.PatientName
local last, first = name:match('^([^^]*)%^?(.*)$')
Data.PatientID = command_line
Data.PatientName = string.upper(last) .. '^' .. first
Data.InstitutionName = 'Site ' .. (tonumber(Data.SeriesNumber or '1') + 1)
if Data.Modality == 'CT' then
  Data.StudyDescription = 'CT study'
elseif not Data.Modality then
  Data.Modality = 'OT'
end
Data.ReferencedStudySequence = {}
Data.ReferencedStudySequence[0].ReferencedSOPInstanceUID = '1.2.3'
local n = 0
for i = 0, #Data.ReferencedStudySequence - 1 do
  n = n + #Data.ReferencedStudySequence[i].ReferencedSOPInstanceUID
end
Data['0009,0010'] = 'ACME'
Data['0009,1001'] = string.format('%05d', n)
Data.AccessionNumber = nil
`
