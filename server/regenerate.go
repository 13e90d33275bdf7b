package server

import (
	"context"

	"conquest/db"
)

// Regenerate makes the tables anew and enters all files of all devices.
func (s *Server) Regenerate(ctx context.Context, mode db.Mode) error {
	return s.regen.All(ctx, mode, sayError)
}

// RegenDevices enters all files of the JUKEBOX and MAG devices.
func (s *Server) RegenDevices(ctx context.Context) error { return s.regen.Devices(ctx) }

// RegenDevice enters the files of one device, or of one folder of it.
func (s *Server) RegenDevice(ctx context.Context, device, folder string) error {
	return s.regen.Device(ctx, device, folder)
}

// RegenFile enters one file that lies on a MAG device.
func (s *Server) RegenFile(ctx context.Context, path string) error { return s.regen.File(ctx, path) }
