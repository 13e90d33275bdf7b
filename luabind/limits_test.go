package luabind

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
)

// TestObjectsDoNotEndTheProcess runs what could take the stack of the process.
func TestObjectsDoNotEndTheProcess(t *testing.T) {
	for name, text := range map[string]string{
		"json":         "return newdicomobject(('{\"00081140\":['):rep(1e5)).x.y",
		"own sequence": "local d = newdicomobject() d.ReferencedStudySequence = {} d.ReferencedStudySequence[0] = d d.ReferencedStudySequence[0].ReferencedStudySequence = {} return d:Serialize().x.y",
	} {
		st, _ := newTestState(t, Options{Timeout: 2 * time.Second})
		_, err := st.Run(context.Background(), Chunk{Text: text})
		var e *Error
		if !errors.As(err, &e) || strings.Contains(e.Message, "runtime error") {
			t.Errorf("%s: error %.300v", name, err)
		}
		if res, err := st.Run(context.Background(), Chunk{Text: "return 'alive'"}); err != nil || res.Text != "alive" {
			t.Errorf("%s: afterwards %q, %v", name, res.Text, err)
		}
	}
}

// TestMemoryOfObjects runs scripts that hold objects: those of their own count, that
// of the chunk and what copies share with it does not count twice.
func TestMemoryOfObjects(t *testing.T) {
	st, h := newTestState(t, Options{Memory: 16 << 20, Timeout: 2 * time.Minute})
	ds := &dicom.Dataset{}
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: make([]byte, 12<<20)})
	const copies = "local t = {} for i = 1, 100 do t[i] = Data:Copy() end"
	if _, err := st.Run(context.Background(), Chunk{Text: copies, Object: ds}); err != nil {
		t.Error(err)
	}
	const many = "kept = {} for i = 1, 1e9 do local d = newdicomobject() d.PatientName = ('x'):rep(1e4) kept[i] = d end"
	_, err := st.Run(context.Background(), Chunk{Text: many})
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, "not enough memory") || !strings.Contains(e.Traceback, "traceback") {
		t.Errorf("error %v", err)
	}
	if log := strings.Join(h.log(), "\n"); !strings.Contains(log, "MB (LuaMemory, ObjectMemory) and are dropped") {
		t.Errorf("log %q", log)
	}
	if res, err := st.Run(context.Background(), Chunk{Text: "Data.PatientID = 'x' return Data.PatientID .. tostring(kept)"}); err != nil || res.Text != "xnil" {
		t.Errorf("afterwards %q, %v", res.Text, err)
	}
}
