package browse

import (
	"context"
	"fmt"
	"time"

	"conquest/db"
	"conquest/pacs/site"
	"conquest/storage"
)

// State is how a server is now.
type State struct {
	Version, AE, Port, Database string
	Started                     time.Time
	Associations                int // open now
	db.Counts                       // -1 when counting would take long
	Devices                     []Device
}

// Device is a folder that holds objects.
type Device struct {
	Name, Place string
	Free, Total int64 // bytes
	Problem     string
}

// State looks at the server.
func (b *Browser) State(ctx context.Context) State {
	cfg := b.Live.Current()
	s := State{
		Version: site.Version, AE: cfg.MyACRNema, Port: cfg.TCPPort, Database: b.Index.Type(),
		Started: b.Started, Associations: int(b.OpenThreads.Load()),
		Counts: db.Counts{Patients: -1, Studies: -1, Series: -1, Images: -1}, Devices: b.Space(),
	}
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	if n, err := b.Index.Counts(ctx); err == nil {
		s.Counts = n
	}
	return s
}

// Space is the MAG devices with their space.
func (b *Browser) Space() []Device {
	dev := storage.NewDevices(b.Live.Current().Storage)
	var list []Device
	for n := range dev.MAGs() {
		d := Device{Name: fmt.Sprintf("MAG%d", n), Place: dev.MAG(n)}
		var err error
		if d.Free, d.Total, err = storage.Space(dev.MAG(n)); err != nil {
			d.Problem = err.Error()
		}
		list = append(list, d)
	}
	return list
}
