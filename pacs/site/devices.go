package site

import (
	"context"
	"slices"
	"sync"

	"conquest/dicomini"
	"conquest/storage"
)

// presences keeps the presence of the devices of the present configuration.
type presences struct {
	mu      sync.Mutex
	devices dicomini.Storage
	current *storage.Presence
}

// sampledFiles is how many files of the index are looked for on a device that has
// no marker.
const sampledFiles = 50

// Presence tells which devices of a configuration are there.
func (s *Site) Presence(cfg *dicomini.Config) *storage.Presence {
	p := &s.presences
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil && slices.Equal(p.devices.MAGDevices, cfg.MAGDevices) && slices.Equal(p.devices.MIRRORDevices, cfg.MIRRORDevices) {
		return p.current
	}
	p.devices, p.current = cfg.Storage, storage.NewPresence(storage.NewDevices(cfg.Storage))
	p.current.Holds = func(device string) ([]string, error) {
		return s.Index.DeviceFiles(context.Background(), device, sampledFiles)
	}
	p.current.Changed = s.sayDevice
	return p.current
}

// sayDevice tells that a device went or came.
func (s *Site) sayDevice(device, dir string, there bool) {
	if there {
		s.Console.Event("device is there again", "device", device, "folder", dir)
		return
	}
	s.Console.Event("*** device is not there: it is not mounted, or no longer the folder that it was. Nothing is written to it. If it is the right one, make the file "+
		storage.MarkerOf(dir)+" in it", "device", device, "folder", dir)
}

// Devices are the devices of a configuration; a place for a new object is chosen
// among those that are there.
func (s *Site) Devices(cfg *dicomini.Config) *storage.Devices {
	return storage.NewDevices(cfg.Storage).With(s.Presence(cfg))
}
