// Package metrics counts what a server does, for Prometheus. Counting costs a few
// hundred nanoseconds an operation; what can be looked up is looked up when somebody
// asks ([Source]).
//
// Labels are bounded: peers are AE titles of acrnema.map, others are "other"; statuses
// are classes of statuses. No value tells of a patient.
package metrics

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Meter counts. All methods may be called on nil, which counts nothing.
type Meter struct {
	registry *prometheus.Registry

	associations *prometheus.CounterVec
	outgoing     prometheus.Gauge
	operations   *prometheus.CounterVec
	seconds      *prometheus.HistogramVec
	received     *prometheus.CounterVec
	sent         *prometheus.CounterVec
	up           *prometheus.GaugeVec
	index        prometheus.Histogram
	converters   *prometheus.CounterVec
	requests     *prometheus.CounterVec
	requestTime  *prometheus.HistogramVec
}

// Other stands for all peers that are not in acrnema.map.
const Other = "other"

// buckets of times, in seconds: from a millisecond to minutes.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

// New makes the counters of a server of a version.
func New(version string) *Meter {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	}
	m := &Meter{
		registry:     prometheus.NewRegistry(),
		associations: counter("dgate_associations_total", "Associations that ended or were not made, by who asked for them, peer and result.", "direction", "peer", "result"),
		outgoing: prometheus.NewGauge(prometheus.GaugeOpts{Name: "dgate_associations", Help: "Associations that are open.",
			ConstLabels: prometheus.Labels{"direction": "out", "state": "open"}}),
		operations: counter("dgate_operations_total", "DIMSE operations, by service (with _scu: asked for by this server), peer and class of the status.", "service", "peer", "status"),
		seconds:    prometheus.NewHistogramVec(histogram("dgate_operation_seconds", "How long DIMSE operations took."), []string{"service"}),
		received:   counter("dgate_received_bytes_total", "Bytes of data sets that were received.", "peer"),
		sent:       counter("dgate_sent_bytes_total", "Bytes that were sent with requests of this server.", "peer"),
		up:         prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "dgate_destination_up", Help: "Whether the last association to an AE of the map could be made."}, []string{"ae"}),
		index:      prometheus.NewHistogram(histogram("dgate_index_seconds", "How long the index took to enter an object.")),
		converters: counter("dgate_converter_errors_total", "Errors of converters.", "converter"),
		requests:   counter("dgate_http_requests_total", "Requests of web clients, by service and status.", "handler", "code"),
		requestTime: prometheus.NewHistogramVec(histogram("dgate_http_request_seconds", "How long requests of web clients took."),
			[]string{"handler"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "dgate_build_info", Help: "1, with the version of the server.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH}})
	build.Set(1)
	m.registry.MustRegister(build, m.associations, m.outgoing, m.operations, m.seconds, m.received, m.sent, m.up, m.index, m.converters,
		m.requests, m.requestTime, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers what Prometheus asks.
func (m *Meter) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Directions of associations.
const (
	In  = "in"
	Out = "out"
)

// Association counts one that ended, or was not made.
func (m *Meter) Association(direction, peer, result string) {
	if m != nil {
		m.associations.WithLabelValues(direction, peer, result).Inc()
	}
}

// Outgoing counts the open ones of this server up or down.
func (m *Meter) Outgoing(n float64) {
	if m != nil {
		m.outgoing.Add(n)
	}
}

// Operation is a DIMSE operation that ended.
type Operation struct {
	Service, Peer string
	Status        string // class: success, warning, failure, ...
	Took          time.Duration
	Received      int64 // bytes of its data set
	Sent          int64 // bytes
}

// Operation counts one.
func (m *Meter) Operation(o Operation) {
	if m == nil {
		return
	}
	m.operations.WithLabelValues(o.Service, o.Peer, o.Status).Inc()
	m.seconds.WithLabelValues(o.Service).Observe(o.Took.Seconds())
	if o.Received > 0 {
		m.received.WithLabelValues(o.Peer).Add(float64(o.Received))
	}
	if o.Sent > 0 {
		m.sent.WithLabelValues(o.Peer).Add(float64(o.Sent))
	}
}

// Reached notes whether an AE of the map could be reached.
func (m *Meter) Reached(ae string, up bool) {
	if m == nil || ae == Other {
		return
	}
	value := 0.0
	if up {
		value = 1
	}
	m.up.WithLabelValues(ae).Set(value)
}

// Indexed notes how long the index took to enter an object.
func (m *Meter) Indexed(took time.Duration) {
	if m != nil {
		m.index.Observe(took.Seconds())
	}
}

// ConverterError counts an error of a converter.
func (m *Meter) ConverterError(converter string) {
	if m != nil {
		m.converters.WithLabelValues(converter).Inc()
	}
}

// Request counts a request of a web client. handler is one of few names.
func (m *Meter) Request(handler string, code int, took time.Duration) {
	if m != nil {
		m.requests.WithLabelValues(handler, strconv.Itoa(code)).Inc()
		m.requestTime.WithLabelValues(handler).Observe(took.Seconds())
	}
}
