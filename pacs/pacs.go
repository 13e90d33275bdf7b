// Package pacs is the use cases of the server: store, find, retrieve, forward, delete,
// modify, merge, archive, worklist and what else it does for whoever asks: an
// association, a command, a script, the web. Each is a room of its own below this
// package; [PACS] has them all, joined.
//
// They take a [rules.Caller], in whose name something is done, and typed requests.
// No DIMSE message, no text of a command and no page reaches them.
package pacs

import (
	"conquest/dicomini"
	"conquest/pacs/archive"
	"conquest/pacs/browse"
	"conquest/pacs/commitment"
	"conquest/pacs/export"
	"conquest/pacs/find"
	"conquest/pacs/forward"
	"conquest/pacs/intake"
	"conquest/pacs/jobs"
	"conquest/pacs/load"
	"conquest/pacs/modify"
	"conquest/pacs/peers"
	"conquest/pacs/prefetch"
	"conquest/pacs/printing"
	"conquest/pacs/regen"
	"conquest/pacs/remove"
	"conquest/pacs/retrieve"
	"conquest/pacs/served"
	"conquest/pacs/site"
	"conquest/pacs/store"
	"conquest/pacs/submit"
	"conquest/pacs/transcode"
	"conquest/pacs/virtual"
	"conquest/pacs/worklist"
	"conquest/rules"
	"conquest/storage"
	"context"
)

// PACS is the use cases of one site. Tools use it as a running server does.
type PACS struct {
	*site.Site
	Transcode *transcode.Transcoder
	Peers     *peers.Peers
	Forward   *forward.Forwarder
	Remove    *remove.Remover
	Export    *export.Queues
	Worklist  *worklist.Worklist
	Virtual   *virtual.Servers
	Find      *find.Finder
	Load      *load.Loader
	Store     *store.Store
	Modify    *modify.Modifier
	Submit    *submit.Submitter
	Intake    *intake.Intake
	Retrieve  *retrieve.Retriever
	Served    *served.Archive
	Browse    *browse.Browser
	// Jobs go on behind the answer to who asked for them; nil in tools.
	Jobs *jobs.Jobs

	Archive    *archive.Archive
	Regen      *regen.Regenerator
	Printing   *printing.Service
	Commitment *commitment.Service

	// LuaFile runs a Lua file with a command line, for delayed commands.
	LuaFile func(ctx context.Context, caller rules.Caller, path, args string)
}

// New joins the use cases of a site. Nothing runs yet.
func New(s *site.Site) *PACS {
	p := &PACS{Site: s}
	p.Transcode = transcode.New(s)
	p.Peers = peers.New(s, p.Transcode)
	p.Forward = forward.New(s, p.Peers)
	p.Remove = remove.New(s)
	p.Export = export.New(s)
	p.Worklist = worklist.New(s)
	p.Virtual = virtual.New(s, p.Peers, p.Remove)
	p.Find = find.New(s, p.Peers, p.Virtual)
	p.Load = load.New(s, p.Virtual)
	p.Store = store.New(s, p.Transcode, p.Export, p.Remove, p.Worklist)
	p.Modify = modify.New(s, p.Store, p.Remove, p.Find)
	p.Submit = submit.New(s, p.Find)
	p.Served = served.New(s, p.Store, p.Remove)
	p.Browse = browse.New(s)
	p.Virtual.Take = p.Served.Take
	p.Intake = intake.New(s, p.Store, p.Modify, p.Worklist)
	p.Retrieve = retrieve.New(s, p.Find, p.Virtual, p.Peers, p.Transcode)

	p.Archive = archive.New(archiveHost{p}, s.Index, s.Rules, s.Console)
	p.Regen = regen.New(regen.Site{
		Config: s.Live.Current, Index: s.Index, Rules: s.Rules, Console: s.Console, Terminal: s.Terminal, Refused: s.SayRefused,
		Presence: func() *storage.Presence { return s.Presence(s.Live.Current()) },
	})
	p.Printing = printing.New(printHost{p}, s.Console)
	p.Commitment = commitment.New(commitmentHost{p}, s.Console)
	p.Find.Prefetcher = prefetch.New(s.Live.Current, s.Index, s.Console)
	p.Export.Busy, p.Store.MakeSpace = p.Regen.Running, p.Archive.StartCleaning
	p.Remove.Undo.OnRestored, p.Commitment.Told = p.restored, p.committed
	return p
}

// StartQueues opens the queues on disk: work that an earlier process left goes on.
func (s *PACS) StartQueues(cfg *dicomini.Config) error {
	if err := s.Export.StartQueues(cfg); err != nil {
		return err
	}
	if err := s.resumeDelayed(); err != nil {
		return err
	}
	return s.openJobs(cfg)
}

// StopQueues leaves what is open to the next start, and says how much that is.
func (s *PACS) StopQueues() {
	if s.Jobs != nil {
		if err := s.Jobs.Close(); err != nil {
			s.SayQueueError(err)
		}
	}
	s.sayOpenWork()
	if s.Delayed != nil {
		s.Delayed.Close()
	}
	s.Export.StopQueues()
}

// Close ends what New opened.
func (s *PACS) Close() error {
	s.Forward.CloseAll()
	return s.Store.Close()
}
