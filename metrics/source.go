package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Source is the server as it is when somebody asks.
type Source interface {
	// Incoming is the number of associations that peers have open.
	Incoming() int
	// Queues is outgoing work by kind and destination.
	Queues() []Queue
	Devices() []Device
	// Rows are numbers of rows by table; nil when counting would take long.
	Rows(ctx context.Context) map[string]int64
	// Jobs are numbers of jobs by state.
	Jobs() map[string]int
	// UndoBytes is the size of what can be taken back.
	UndoBytes() int64
}

// Queue is outgoing work of a kind for a destination.
type Queue struct {
	Kind, Destination string
	Objects           int
	Oldest            time.Time // zero when nothing waits
	Failures          uint64
}

// Device holds objects.
type Device struct {
	Name string
	Free int64 // bytes
}

// Watch has a source looked at when somebody asks.
func (m *Meter) Watch(s Source) { m.registry.MustRegister(collector{s}) }

// rowsTime bounds the counting of rows.
const rowsTime = 2 * time.Second

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	incoming      = prometheus.NewDesc("dgate_associations", "Associations that are open.", nil, prometheus.Labels{"direction": "in", "state": "open"})
	queueObjects  = describe("dgate_queue_objects", "Outgoing work that waits or is held, by kind and destination.", "kind", "destination")
	queueOldest   = describe("dgate_queue_oldest_seconds", "Age of the oldest of it; 0 when there is none.", "kind", "destination")
	queueFailures = describe("dgate_queue_failures_total", "Failed attempts since the start.", "kind", "destination")
	deviceFree    = describe("dgate_device_free_bytes", "Free space of a device.", "device")
	indexRows     = describe("dgate_index_rows", "Rows of the index.", "table")
	jobs          = describe("dgate_jobs", "Jobs of the REST interface by state.", "state")
	undoBytes     = describe("dgate_undo_bytes", "Size of what was deleted or changed and can be taken back.")
)

// collector looks at a source.
type collector struct{ s Source }

// Describe tells what there is.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{incoming, queueObjects, queueOldest, queueFailures, deviceFree, indexRows, jobs, undoBytes} {
		to <- d
	}
}

// Collect looks.
func (c collector) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(incoming, float64(c.s.Incoming()))
	for _, q := range together(c.s.Queues()) {
		age := 0.0
		if !q.Oldest.IsZero() && q.Objects > 0 {
			age = max(0, time.Since(q.Oldest).Seconds())
		}
		gauge(queueObjects, float64(q.Objects), q.Kind, q.Destination)
		gauge(queueOldest, age, q.Kind, q.Destination)
		to <- prometheus.MustNewConstMetric(queueFailures, prometheus.CounterValue, float64(q.Failures), q.Kind, q.Destination)
	}
	for _, d := range c.s.Devices() {
		gauge(deviceFree, float64(d.Free), d.Name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), rowsTime)
	defer cancel()
	for table, n := range c.s.Rows(ctx) {
		gauge(indexRows, float64(n), table)
	}
	for state, n := range c.s.Jobs() {
		gauge(jobs, float64(n), state)
	}
	gauge(undoBytes, float64(c.s.UndoBytes()))
}

// together adds up the lines of the same kind and destination.
func together(list []Queue) []Queue {
	type key struct{ kind, destination string }
	at := map[key]int{}
	var all []Queue
	for _, q := range list {
		k := key{q.Kind, q.Destination}
		i, ok := at[k]
		if !ok {
			at[k] = len(all)
			all = append(all, q)
			continue
		}
		a := &all[i]
		a.Objects += q.Objects
		a.Failures += q.Failures
		if a.Oldest.IsZero() || !q.Oldest.IsZero() && q.Oldest.Before(a.Oldest) {
			a.Oldest = q.Oldest
		}
	}
	return all
}
