package server

import (
	"context"
	"path/filepath"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/luabind"
	"conquest/pacs/printing"
	"conquest/storage"
)

// printHost is the server as the print service sees it.
type printHost struct{ s *Server }

func (h printHost) Folder() string {
	return filepath.Join(storage.NewDevices(h.s.live.Current().Storage).MAG(0), "printer_files")
}

func (h printHost) WriteObject(path string, picture *dicom.Dataset) error {
	return h.s.writer(h.s.live.Current()).WriteTo(path, picture)
}

func (h printHost) NewUID() string { return h.s.uids.make(uidGeneral) }

func (h printHost) Printed(colour bool) {
	h.s.counters.printed.Add(1)
	if colour {
		h.s.counters.printedColor.Add(1)
	}
}

// servePrint handles requests of the print classes; served is false for any
// other.
func (ses *session) servePrint(ctx context.Context, m *dimse.Message, command *dicom.Dataset) (served bool, err error) {
	return ses.s.net.printing.Serve(ctx, printing.Request{
		Message: m, Command: command, Films: &ses.films, To: ses.a, Tell: ses.tellPrint(),
	})
}

// tellPrint runs the script printserver of [lua], nil without one.
func (ses *session) tellPrint() printing.Tell {
	if ses.s.live.Current().LuaHook("printserver") == "" {
		return nil
	}
	return func(ctx context.Context, event string, command, data *dicom.Dataset) {
		ses.s.hook(ctx, ses, "printserver", luabind.Chunk{
			Object: data, Command: command, Globals: map[string]any{"version": Version, "command_line": event},
		})
	}
}

// Print sends images to a printer, film by film (dicomprint of Lua).
func (h *luaHost) Print(ctx context.Context, p luabind.Print) error {
	err := h.s.print(ctx, p)
	if err != nil {
		h.s.con.Event("*** images are not printed", "ae", p.AE, "error", err)
	}
	return err
}

func (s *Server) print(ctx context.Context, p luabind.Print) error {
	peer, err := s.peerAddress(p.AE)
	if err != nil {
		return err
	}
	if len(p.Objects) == 0 {
		return printing.ErrNoImages
	}
	peer.compression = "un"
	cfg := s.live.Current()
	a, err := s.dial(ctx, cfg, peer, printing.Classes)
	if err != nil {
		return err
	}
	defer s.hangUp(a, cfg)
	return printing.Send(ctx, a, printing.Job{Objects: p.Objects, Options: p.Options})
}
