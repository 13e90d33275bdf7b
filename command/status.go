package command

import (
	"bytes"
	"fmt"
	"strconv"

	"conquest/console"
	"conquest/pacs/site"
	"conquest/storage"
)

// status is the report of display_status (docs/original/commands.md 6).
func (s *Commands) status() []byte {
	cfg, n := s.Live.Current(), &s.Counters
	var b bytes.Buffer
	fmt.Fprintf(&b, "DICOM server '%s' (version %s, port %s, bits %d) was started on %s\n", cfg.MyACRNema, site.Version, cfg.TCPPort, strconv.IntSize, s.Started.Format(console.Time))
	fmt.Fprintf(&b, "Old JPEG decoder=0, JPEGLIB jpeg codec=1, LIBJASPER jpeg2000 codec=1\n")
	t := &n.Times
	fmt.Fprintf(&b, "Run time (s) total %d, query %d, load %d, save %d, compress %d, process %d, gpps 0\n",
		t.Total(), t.Query.Seconds(), t.Load.Seconds(), t.Save.Seconds(), t.Compress.Seconds(), t.Process.Seconds())
	fmt.Fprintf(&b, "Associations=%d; Threads=%d (%d open); Images sent=%d, recieved=%d, forwarded=%d\n",
		n.Associations.Load(), s.Threads.Load(), s.OpenThreads.Load(), n.Sent.Load(), n.Received.Load(), n.Forwarded.Load())
	fmt.Fprintf(&b, "Images printed=%d, in color=%d\n", n.Printed.Load(), n.PrintedColor.Load())
	fmt.Fprintf(&b, "Activity: Echo:%d, Find:%d, Move:%d, Unknown:%d, gpps:0\n", n.Echo.Load(), n.Find.Load(), n.Move.Load(), n.Unknown.Load())
	fmt.Fprintf(&b, "Images (de)compressed: NKI %d, JPEG %d, JPEG2000 %d, RLE %d, Planes removed %d, Palettes removed %d, Downsize %d\n",
		n.Pixels.NKI.Load(), n.Pixels.JPEG.Load(), n.Pixels.JPEG2000.Load(), n.Pixels.RLE.Load(), n.Pixels.Planes.Load(), n.Pixels.Palettes.Load(), n.Pixels.Downsized.Load())
	dev := storage.NewDevices(cfg.Storage)
	space := func(device string) {
		free := dev.Free(device)
		s.SayFree(cfg, free, dev.Path(device))
		fmt.Fprintf(&b, "Space on %-6s: %d MByte\n", device, free)
	}
	for i := range dev.MAGs() {
		space("MAG" + strconv.Itoa(i))
	}
	for i := range cfg.CACHEDevices {
		space("CACHE" + strconv.Itoa(i))
	}
	fmt.Fprintf(&b, "Database type: %s\n", s.Index.Type())
	return b.Bytes()
}
