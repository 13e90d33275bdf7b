package pacs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/luabind"
	"conquest/pacs/browse"
	"conquest/pacs/jobs"
	"conquest/pacs/modify"
	"conquest/pacs/pack"
	"conquest/pacs/peers"
	"conquest/pacs/retrieve"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// Send sends what is at a place to an AE and tells how far it is.
func (s *PACS) Send(ctx context.Context, place browse.Place, ae string, tell func(done, all, failed int)) (retrieve.Result, error) {
	if !place.Valid() {
		return retrieve.Result{}, browse.ErrNotFound
	}
	r, err := s.Retrieve.Retrieve(ctx, s.Self(s.Live.Current()), retrieve.Request{
		Model: "StudyRoot", Destination: ae, Said: ae, Identifier: place.Keys(), Command: dicom.NewDataset(0),
		Wishes: func() retrieve.Wishes { return retrieve.Wishes{} },
	})
	if err != nil {
		return retrieve.Result{}, err
	}
	defer r.Close(context.WithoutCancel(ctx))
	res, err := r.Send(ctx, func(p retrieve.Progress) error {
		tell(p.Sent+p.Warned, p.Total, p.Failed)
		return nil
	})
	switch {
	case err != nil:
	case res.Cancelled:
		err = context.Canceled
	case res.Failed > 0:
		err = fmt.Errorf("%d of %d objects were not sent; the log says why", res.Failed, res.Total)
	}
	return res, err
}

func (s *PACS) taskSend(ctx context.Context, p *jobs.Progress, t Task) error {
	extent, err := s.ExtentOf(ctx, t.Places)
	if err != nil {
		return err
	}
	done, failed := 0, 0
	var errs []error
	for _, place := range t.Places {
		res, err := s.Send(ctx, place, t.To, func(n, _, bad int) { p.At(done+n, extent.Objects, failed+bad) })
		done, failed = done+res.Sent+res.Warned, failed+res.Failed
		p.At(done, extent.Objects, failed)
		if errors.Is(err, context.Canceled) {
			return err
		}
		errs = append(errs, err)
	}
	p.Say("%d objects sent to %s", done, t.To)
	return errors.Join(errs...)
}

// taskForward enters delayed commands, which are kept until they are done.
func (s *PACS) taskForward(ctx context.Context, p *jobs.Progress, t Task) error {
	if s.Delayed == nil {
		return errors.New("no server is running here")
	}
	for i, place := range t.Places {
		refs, err := s.Browse.Refs(ctx, place)
		if err != nil {
			return err
		}
		d := scripting.Delayed{Verb: "forward", Level: "study", Operation: "forward stu", PatientID: refs[0].PatientID, AE: t.To,
			StudyUID: place.Study, SeriesUID: place.Series, SOP: place.SOP}
		switch {
		case place.SOP != "":
			d.Level, d.Operation = "image", "forward ima"
		case place.Series != "":
			d.Level, d.Operation = "series", "forward ser"
		}
		if _, err := s.Delayed.Push(d); err != nil {
			return err
		}
		p.At(i+1, len(t.Places), 0)
	}
	p.Say("%d entered in the delayed queue for %s", len(t.Places), t.To)
	return nil
}

func (s *PACS) taskZip(ctx context.Context, p *jobs.Progress, t Task) error {
	refs, err := s.objectsAt(ctx, t.Places)
	if err != nil {
		return err
	}
	cfg := s.Live.Current()
	dev := storage.NewDevices(cfg.Storage)
	var entries []pack.Entry
	for _, r := range refs {
		path, _, ok := dev.Locate(r.Device, r.File)
		if !ok {
			return fmt.Errorf("object %s has no file", r.SOPInstanceUID)
		}
		entries = append(entries, pack.Entry{Path: path, Name: storage.Harmless(r.StudyInstanceUID) + "/" + storage.Harmless(r.SeriesInstanceUID) + "/" + storage.Harmless(r.SOPInstanceUID) + ".dcm"})
	}
	folder := filepath.Join(s.TempDir(cfg), "jobs"+cfg.Owner())
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	p.At(0, len(entries), 0)
	file := filepath.Join(folder, strconv.FormatUint(p.ID(), 10)+".zip")
	if err := pack.Write(ctx, file, entries, io.Discard); err != nil {
		return err
	}
	p.At(len(entries), len(entries), 0)
	p.Made(file)
	p.Say("%d objects packed", len(entries))
	return nil
}

// taskRetrieve has an AE send what it has here.
func (s *PACS) taskRetrieve(ctx context.Context, p *jobs.Progress, t Task) error {
	cfg := s.Live.Current()
	peer, ok := s.AEs.Lookup(t.To)
	if !ok {
		return fmt.Errorf("AE %s is not in acrnema.map", t.To)
	}
	moved := 0
	for i, place := range t.Places {
		response, err := s.Peers.Move(ctx, cfg, peers.MoveOrder{
			Host: peer.Host, Port: peer.Port, Called: t.To, Destination: cfg.MyACRNema, Keys: place.Keys(), MessageID: 1, Root: dimse.StudyRootMove,
		})
		moved += int(peers.Completed(response))
		if err != nil {
			return err
		}
		p.At(i+1, len(t.Places), 0)
	}
	p.Say("%d objects came from %s", moved, t.To)
	return nil
}

// change runs a modification on all places and tells how far it is.
func (s *PACS) change(ctx context.Context, p *jobs.Progress, t Task, m *modify.Modification) error {
	m.Keep = t.Keep
	extent, err := s.ExtentOf(ctx, t.Places)
	if err != nil {
		return err
	}
	done := 0
	for _, place := range t.Places {
		refs, err := s.Browse.Refs(ctx, place)
		if err != nil {
			return err
		}
		p.At(done, extent.Objects, 0)
		if err := m.Selected(ctx, map[dicom.Tag]string{
			dicom.StudyInstanceUID: place.Study, dicom.SeriesInstanceUID: place.Series, dicom.SOPInstanceUID: place.SOP,
		}); err != nil {
			return err
		}
		done += len(refs)
	}
	p.At(done, extent.Objects, 0)
	p.Say("%d objects changed", done)
	return nil
}

// TagOf is the tag of a keyword or of "gggg,eeee".
func TagOf(name string) (dicom.Tag, bool) {
	if tag, ok := dicom.ParseTag(name); ok {
		return tag, true
	}
	return dicom.CurrentDictionary().Tag(name)
}

// ValuesOf reads values by tag.
func ValuesOf(texts map[string]string) ([]modify.Value, error) {
	var list []modify.Value
	for name, text := range texts {
		tag, ok := TagOf(name)
		if !ok {
			return nil, fmt.Errorf("no attribute %q", name)
		}
		list = append(list, modify.Value{Tag: tag, Text: text})
	}
	return list, modify.CheckValues(list)
}

func (s *PACS) taskModify(ctx context.Context, p *jobs.Progress, t Task) error {
	values, err := ValuesOf(t.Values)
	if err != nil {
		return err
	}
	return s.change(ctx, p, t, s.Modify.ByValues(s.own(nil), values, t.NewUIDs))
}

func (s *PACS) taskAnonymize(ctx context.Context, p *jobs.Progress, t Task) error {
	return s.change(ctx, p, t, s.Modify.Anonymizing(s.own(map[string]any{"command_line": t.Patient, "version": site.Version}), t.Patient))
}

// own is this server as caller, with variables of Lua.
func (s *PACS) own(globals map[string]any) rules.Caller {
	name := s.Live.Current().MyACRNema
	return &rules.Party{CallingAE: name, CalledAE: name, Variables: &scripting.Vars{}, State: &luabind.Session{Globals: globals}, Trusted: true}
}

func (s *PACS) taskDelete(ctx context.Context, p *jobs.Progress, t Task) error {
	done := 0
	for _, place := range t.Places {
		refs, err := s.Browse.Refs(ctx, place)
		if gone(err) != nil {
			return err
		}
		if err := s.Remove.Delete(ctx, s.Live.Current(), nil, place.String(), refs); err != nil {
			return err
		}
		done += len(refs)
		p.At(done, done, 0)
	}
	p.Say("%d objects deleted", done)
	return nil
}

func (s *PACS) taskMerge(ctx context.Context, p *jobs.Progress, t Task) error {
	kind := "StudyUID"
	var uids []string
	for _, place := range t.Places {
		switch {
		case place.SOP != "":
			return errors.New("objects can not be merged")
		case place.Series != "":
			kind = "SeriesUID"
			uids = append(uids, place.Series)
		default:
			uids = append(uids, place.Study)
		}
	}
	extent, err := s.ExtentOf(ctx, t.Places)
	if err != nil {
		return err
	}
	p.At(0, extent.Objects, 0)
	if err := s.Modify.Merge(ctx, s.own(nil), kind, uids); err != nil {
		return err
	}
	p.At(extent.Objects, extent.Objects, 0)
	p.Say("%d objects merged", extent.Objects)
	return nil
}
