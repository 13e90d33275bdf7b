package server

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"conquest/dicom"
)

// counters are the numbers of display_status and of Lua's Global.
type counters struct {
	associations, sent, received, saved, forwarded, exported, copied atomic.Int64
	printed, printedColor                                            atomic.Int64
	echo, find, move, get, unknown, guiRequest                       atomic.Int64
	pixels                                                           pixelCounters
	times                                                            runTimes

	mu    sync.Mutex // guards other
	other map[string]*atomic.Int64
}

// pixelCounters count what was done to pixel data.
type pixelCounters struct {
	nki, jpeg, jpeg2000, rle, planes, palettes, downsized atomic.Int64
}

// runTimes add up the time that kinds of work took.
type runTimes struct{ query, load, save, compress, process runTime }

func (t *runTimes) total() int64 {
	return (t.query.Load() + t.load.Load() + t.save.Load() + t.compress.Load() + t.process.Load()) / int64(time.Second)
}

type runTime struct{ atomic.Int64 }

func (t *runTime) seconds() int64 { return t.Load() / int64(time.Second) }

// since adds the time since start.
func (t *runTime) since(start time.Time) { t.Add(int64(time.Since(start))) }

// pixelForm is what tells how pixel data are kept.
type pixelForm struct {
	syntax               dicom.TransferSyntax
	nki, planar, palette bool
}

func formOf(ds *dicom.Dataset) pixelForm {
	planes, _ := ds.Int(dicom.PlanarConfiguration)
	return pixelForm{
		syntax: ds.TransferSyntax(), nki: ds.NKI() != nil, planar: planes == 1,
		palette: ds.String(dicom.PhotometricInterpretation) == "PALETTE COLOR",
	}
}

// recompressed counts a change of the pixel data from one form to another.
func (c *pixelCounters) recompressed(before, after pixelForm) {
	if before == after {
		return
	}
	if before.nki != after.nki {
		c.nki.Add(1)
	}
	if before.planar && !after.planar {
		c.planes.Add(1)
	}
	if before.palette && !after.palette {
		c.palettes.Add(1)
	}
	if before.syntax == after.syntax {
		return
	}
	for _, ts := range []dicom.TransferSyntax{before.syntax, after.syntax} {
		switch {
		case ts.UID == dicom.RLELossless:
			c.rle.Add(1)
		case ts.UID == dicom.JPEG2000 || ts.UID == dicom.JPEG2000Lossless:
			c.jpeg2000.Add(1)
		case ts.Encapsulated:
			c.jpeg.Add(1)
		}
	}
}

// variable is the counter that Lua's Global knows under name; letter case does
// not matter. Names without a meaning here keep what scripts write.
func (s *Server) variable(name string) *atomic.Int64 {
	c := &s.counters
	switch strings.ToLower(name) {
	case "imagessent":
		return &c.sent
	case "imagesreceived":
		return &c.received
	case "imagessaved":
		return &c.saved
	case "imagesforwarded":
		return &c.forwarded
	case "imagesexported":
		return &c.exported
	case "imagescopied":
		return &c.copied
	case "incomingassociations":
		return &c.associations
	case "echorequest":
		return &c.echo
	case "unknownrequest":
		return &c.unknown
	case "guirequest":
		return &c.guiRequest
	case "threadcount":
		return &s.threads
	case "openthreadcount":
		return &s.open
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.other == nil {
		c.other = map[string]*atomic.Int64{}
	}
	v := c.other[strings.ToLower(name)]
	if v == nil {
		v = &atomic.Int64{}
		c.other[strings.ToLower(name)] = v
	}
	return v
}
