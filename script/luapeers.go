package script

import (
	"context"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/oplog"
	"conquest/pacs/printing"
)

func (h *luaAPI) FindObjects(ctx context.Context, d *dicom.Dataset, limit int) ([]*dicom.Dataset, error) {
	refs, err := h.s.Index.Locate(ctx, d)
	if err != nil {
		return nil, err
	}
	list := []*dicom.Dataset{}
	for _, ref := range refs {
		ds, err := h.s.Load.Object(ctx, ref.PatientID, ref.SOPInstanceUID)
		if err != nil {
			oplog.FileNotRead(h.s.Console, ref.File)
			continue
		}
		if limit > 0 {
			ds.DeleteFunc(func(e *dicom.Element) bool { return e.Length() > int64(limit) })
		}
		list = append(list, ds)
	}
	return list, nil
}

func (h *luaAPI) Remove(ctx context.Context, d *dicom.Dataset, _ string) error {
	return h.s.Remove.Matching(ctx, h.s.Live.Current(), d)
}

func (h *luaAPI) ServerCommand(ctx context.Context, command string, upload []byte) ([]byte, bool, error) {
	return h.command(ctx, command, upload)
}

func (h *luaAPI) Move(ctx context.Context, mv luabind.Move) error {
	thread, done := dicomini.Atoi(mv.Thread), mv.Progress
	h.s.Step(thread, "Type='dicommove', Active=1\n")
	if thread != 0 {
		mv.Progress = func(sent, total int) {
			h.s.Step(thread, "Total=%d, Current=%d\n", total, sent)
			if done != nil {
				done(sent, total)
			}
		}
	}
	err := h.s.Peers.MoveFor(ctx, mv)
	if err == nil {
		h.s.Step(thread, "Type='dicommove', Active=0\n")
	} else {
		h.s.Step(thread, "Active=0\n")
	}
	if err != nil {
		oplog.Problem(h.s.Console, err)
		text := err.Error()
		h.s.Status.Store(&text)
	}
	return err
}

func (h *luaAPI) Find(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	return h.s.Peers.FindAt(ctx, ae, level, d)
}

func (h *luaAPI) VirtualFind(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	return h.s.Peers.FindAtVirtual(ctx, ae, level, d)
}

func (h *luaAPI) Get(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	return h.s.Peers.GetFrom(ctx, ae, level, d)
}

func (h *luaAPI) Store(ctx context.Context, ae string, objects []*dicom.Dataset) ([]*dicom.Dataset, error) {
	return h.s.Peers.StoreAt(ctx, ae, objects)
}

func (h *luaAPI) Echo(ctx context.Context, ae string, extra *dicom.Dataset) (*dicom.Dataset, error) {
	return h.s.Peers.Echo(ctx, ae, extra)
}

// Print sends images to a printer, film by film (dicomprint of Lua).
func (h *luaAPI) Print(ctx context.Context, p luabind.Print) error {
	err := h.s.Peers.PrintAt(ctx, p.AE, printing.Job{Objects: p.Objects, Options: p.Options})
	if err != nil {
		h.s.Console.Event("*** images are not printed", "ae", p.AE, "error", err)
	}
	return err
}
