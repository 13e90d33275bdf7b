package dimse

import (
	"net"
	"os"
	"time"
)

// Options are limits and times of associations, of servers and of clients. A
// zero field means the default.
type Options struct {
	// MaxPDU is the P-DATA-TF body size announced to the peer; default 131072.
	// Larger PDUs that come nevertheless are read.
	MaxPDU uint32
	// MaxSendPDU bounds the PDUs sent when the peer allows more or has no
	// limit; default 131072.
	MaxSendPDU uint32

	ImplementationClassUID    string // default of this library
	ImplementationVersionName string

	AssociateTimeout time.Duration // for the request or its answer, TLS included; default 30 s
	ReadTimeout      time.Duration // silence allowed between and within messages; default 300 s
	WriteTimeout     time.Duration // for each write; default 300 s
	ReleaseTimeout   time.Duration // for the answer to a release; default 5 s
	CancelTimeout    time.Duration // for the last response after a C-CANCEL; default 10 s
	CloseTimeout     time.Duration // for the peer to close after an abort or release (ARTIM); default 1 s

	// MaxCommand bounds a command set; default 128 MB.
	MaxCommand int64
	// MaxInMemory bounds the data set kept in memory; larger ones are spooled.
	// Default 64 MB.
	MaxInMemory int64
	// Spool makes the file for a larger data set; it is removed when the
	// handler ends unless taken with [Data.TakeFile]. nil: larger data sets end
	// the association.
	Spool func(a *Association, m Spooled) (SpoolFile, error)
	// MaxData bounds any data set; 0 is no bound.
	MaxData int64
	// MaxIdentifier bounds the data sets of messages other than C-STORE and
	// N-SET, which have no images; default 32 MB. What is beyond is not kept,
	// the answer is [OutOfResources].
	MaxIdentifier int64
	// MaxNSet bounds those of N-SET; default 256 MB.
	MaxNSet int64
	// Tap makes the listener of an association when it begins; nil, or a nil
	// listener: nobody listens.
	Tap func(peer net.Addr) Tap
	// Asked is told of each request of ours that was answered or lost, by the goroutine
	// that made it; nil: nobody is told.
	Asked func(a *Association, o Operation)
	// Ended is called once, when the connection is closed; nil: nobody is told.
	Ended func()
}

// Operation is a request of ours that ended.
type Operation struct {
	Field CommandField // of the request
	// Status is that of the last response; Lost tells that there was none.
	Status Status
	Lost   bool
	Sent   int64 // bytes, from the request to the last response
	Took   time.Duration
}

// Spooled is what is known of a data set that goes to a file while it arrives.
type Spooled struct {
	Context *PresentationContext
	Command *Command
	Start   []byte // of the data set, what is here so far; valid during the call
}

// SpoolFile is where a data set goes: into File from Offset on.
type SpoolFile struct {
	File   *os.File
	Offset int64
}

// Defaults of [Options].
const (
	DefaultMaxPDU                    = 131072
	DefaultImplementationClassUID    = "1.2.826.0.1.3680043.2.135.1066.101"
	DefaultImplementationVersionName = "1.5.0/OTHER"
)

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// withDefaults fills the zero fields.
func (o Options) withDefaults() Options {
	orDefault(&o.MaxPDU, DefaultMaxPDU)
	orDefault(&o.MaxSendPDU, DefaultMaxPDU)
	orDefault(&o.ImplementationClassUID, DefaultImplementationClassUID)
	orDefault(&o.ImplementationVersionName, DefaultImplementationVersionName)
	orDefault(&o.AssociateTimeout, 30*time.Second)
	orDefault(&o.ReadTimeout, 300*time.Second)
	orDefault(&o.WriteTimeout, 300*time.Second)
	orDefault(&o.ReleaseTimeout, 5*time.Second)
	orDefault(&o.CancelTimeout, 10*time.Second)
	orDefault(&o.CloseTimeout, time.Second)
	orDefault(&o.MaxCommand, 128<<20)
	orDefault(&o.MaxInMemory, 64<<20)
	orDefault(&o.MaxIdentifier, 32<<20)
	orDefault(&o.MaxNSet, 256<<20)
	return o
}

// Tap listens to the PDUs of an association, as bytes in the order in which they
// come and go; TLS is taken off. Received and Sent may be called at the same time;
// the bytes belong to the association. It must not block for long.
type Tap interface {
	Received(b []byte)
	Sent(b []byte)
	// Ended tells that the connection is closed.
	Ended()
}
