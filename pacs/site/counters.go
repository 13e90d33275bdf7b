package site

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"conquest/dicom"
)

// Counters are the numbers of display_status and of Lua's Global.
type Counters struct {
	Associations, Sent, Received, Saved, Forwarded, exported, copied atomic.Int64
	Printed, PrintedColor                                            atomic.Int64
	Echo, Find, Move, Get, Unknown, Commands                         atomic.Int64
	Pixels                                                           pixelCounters
	Times                                                            runTimes

	mu    sync.Mutex // guards other
	other map[string]*atomic.Int64
}

// pixelCounters count what was done to pixel data.
type pixelCounters struct {
	NKI, JPEG, JPEG2000, RLE, Planes, Palettes, Downsized atomic.Int64
}

// runTimes add up the time that kinds of work took.
type runTimes struct{ Query, Load, Save, Compress, Process runTime }

func (t *runTimes) Total() int64 {
	return (t.Query.Load() + t.Load.Load() + t.Save.Load() + t.Compress.Load() + t.Process.Load()) / int64(time.Second)
}

type runTime struct{ atomic.Int64 }

func (t *runTime) Seconds() int64 { return t.Load() / int64(time.Second) }

// Since adds the time since start.
func (t *runTime) Since(start time.Time) { t.Add(int64(time.Since(start))) }

// pixelForm is what tells how pixel data are kept.
type pixelForm struct {
	syntax               dicom.TransferSyntax
	nki, planar, palette bool
}

func FormOf(ds *dicom.Dataset) pixelForm {
	planes, _ := ds.Int(dicom.PlanarConfiguration)
	return pixelForm{
		syntax: ds.TransferSyntax(), nki: ds.NKI() != nil, planar: planes == 1,
		palette: ds.String(dicom.PhotometricInterpretation) == "PALETTE COLOR",
	}
}

// Recompressed counts a change of the pixel data from one form to another.
func (c *pixelCounters) Recompressed(before, after pixelForm) {
	if before == after {
		return
	}
	if before.nki != after.nki {
		c.NKI.Add(1)
	}
	if before.planar && !after.planar {
		c.Planes.Add(1)
	}
	if before.palette && !after.palette {
		c.Palettes.Add(1)
	}
	if before.syntax == after.syntax {
		return
	}
	for _, ts := range []dicom.TransferSyntax{before.syntax, after.syntax} {
		switch {
		case ts.UID == dicom.RLELossless:
			c.RLE.Add(1)
		case slices.Contains(jpeg2000, ts.UID):
			c.JPEG2000.Add(1)
		case ts.Encapsulated:
			c.JPEG.Add(1)
		}
	}
}

// jpeg2000 are the syntaxes that the counter of JPEG 2000 counts.
var jpeg2000 = []string{dicom.JPEG2000, dicom.JPEG2000Lossless, dicom.HTJ2K, dicom.HTJ2KLossless, dicom.HTJ2KLosslessRPCL}

// Variable is the counter that Lua's Global knows under name; letter case does
// not matter. Names without a meaning here keep what scripts write.
func (s *Site) Variable(name string) *atomic.Int64 {
	c := &s.Counters
	switch strings.ToLower(name) {
	case "imagessent":
		return &c.Sent
	case "imagesreceived":
		return &c.Received
	case "imagessaved":
		return &c.Saved
	case "imagesforwarded":
		return &c.Forwarded
	case "imagesexported":
		return &c.exported
	case "imagescopied":
		return &c.copied
	case "incomingassociations":
		return &c.Associations
	case "echorequest":
		return &c.Echo
	case "unknownrequest":
		return &c.Unknown
	case "guirequest":
		return &c.Commands
	case "threadcount":
		return &s.Threads
	case "openthreadcount":
		return &s.OpenThreads
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
