package server

import (
	"bytes"
	"fmt"
	"strconv"

	"conquest/console"
	"conquest/dicomini"
	"conquest/storage"
)

// status is the report of display_status (docs/original/commands.md 6).
func (s *Server) status() []byte {
	cfg, n := s.live.Current(), &s.counters
	var b bytes.Buffer
	fmt.Fprintf(&b, "DICOM server '%s' (version %s, port %s, bits %d) was started on %s\n", cfg.MyACRNema, Version, cfg.TCPPort, strconv.IntSize, s.started.Format(console.Time))
	fmt.Fprintf(&b, "Old JPEG decoder=0, JPEGLIB jpeg codec=1, LIBJASPER jpeg2000 codec=1\n")
	t := &n.times
	fmt.Fprintf(&b, "Run time (s) total %d, query %d, load %d, save %d, compress %d, process %d, gpps 0\n",
		t.total(), t.query.seconds(), t.load.seconds(), t.save.seconds(), t.compress.seconds(), t.process.seconds())
	fmt.Fprintf(&b, "Associations=%d; Threads=%d (%d open); Images sent=%d, recieved=%d, forwarded=%d\n",
		n.associations.Load(), s.threads.Load(), s.open.Load(), n.sent.Load(), n.received.Load(), n.forwarded.Load())
	fmt.Fprintf(&b, "Images printed=%d, in color=%d\n", n.printed.Load(), n.printedColor.Load())
	fmt.Fprintf(&b, "Activity: Echo:%d, Find:%d, Move:%d, Unknown:%d, gpps:0\n", n.echo.Load(), n.find.Load(), n.move.Load(), n.unknown.Load())
	fmt.Fprintf(&b, "Images (de)compressed: NKI %d, JPEG %d, JPEG2000 %d, RLE %d, Planes removed %d, Palettes removed %d, Downsize %d\n",
		n.pixels.nki.Load(), n.pixels.jpeg.Load(), n.pixels.jpeg2000.Load(), n.pixels.rle.Load(), n.pixels.planes.Load(), n.pixels.palettes.Load(), n.pixels.downsized.Load())
	dev := storage.NewDevices(cfg.Storage)
	space := func(device string) {
		free := dev.Free(device)
		s.sayFree(cfg, free, dev.Path(device))
		fmt.Fprintf(&b, "Space on %-6s: %d MByte\n", device, free)
	}
	for i := range dev.MAGs() {
		space("MAG" + strconv.Itoa(i))
	}
	for i := range cfg.CACHEDevices {
		space("CACHE" + strconv.Itoa(i))
	}
	fmt.Fprintf(&b, "Database type: %s\n", s.db.Type())
	return b.Bytes()
}

// sayFree tells the debug channel the MByte that were found free in a folder of a
// device. Where no threshold counts nothing is measured, and nothing said.
func (s *Server) sayFree(cfg *dicomini.Config, free int, dir string) {
	if !cfg.IgnoreMAGDeviceThreshHold {
		s.con.Debug("FreeStore Left %d on %s", free, dir)
	}
}
