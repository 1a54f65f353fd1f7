// Package enrich adds to events what the kernel does not know: facts of the file
// that a process runs.
//
// Those are size, hashes and what a program says of itself (package, version, who
// made it). They are read once for each content of a file and then remembered, by
// what the file system says of it. An event waits for them no longer than its
// context lasts, and then goes without; the file is read to its end all the same,
// so that the next start of it has them.
//
// Which file it is must be certain, or nothing is said: the one that the process
// runs while it does, and behind that the one with its path, if the process saw
// the same files as the agent and the file has not changed since its start.
package enrich

import (
	"context"
	"io"
	"os"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/eljefe/eljefe/internal/event"
)

const (
	remembered = 4096    // files
	longest    = 2 << 30 // bytes of a file that is read
	atOnce     = 2       // files that are read at the same time
	waiting    = 256     // files that are open, to be read; what comes then goes without
)

// Config configures an Enricher.
type Config struct {
	// SameFiles tells whether a process, by its sequence number, sees the files that
	// the agent sees. If nil, only files of running processes are read.
	SameFiles func(seq uint64) bool
}

// An Enricher adds facts of files to events.
type Enricher struct {
	cfg  Config
	open func(p *event.Process, sameFiles bool) (*os.File, identity, error) // the platform's

	mu    sync.Mutex
	known *lru.Cache[identity, *content]
	jobs  int // contents that are not done
	slots chan struct{}
}

// content is what a file holds. Its members are read when done is closed.
type content struct {
	done  chan struct{}
	facts *facts // nil: it could not be read, or changed meanwhile
}

// New returns an Enricher that knows nothing yet.
func New(cfg Config) *Enricher {
	known, err := lru.New[identity, *content](remembered)
	if err != nil {
		panic(err) // the number is above 0
	}
	if cfg.SameFiles == nil {
		cfg.SameFiles = func(uint64) bool { return false }
	}
	return &Enricher{cfg: cfg, open: openImage, known: known, slots: make(chan struct{}, atOnce)}
}

// Enrich adds facts to those of the events that tell of a process that starts or
// runs. It returns when all have theirs or ctx is over, with those that go without
// because there was too much to read or too little time.
func (e *Enricher) Enrich(ctx context.Context, events []*event.Process) (skipped []*event.Process) {
	// All files are looked up before one is waited for: processes end.
	contents := make([]*content, len(events))
	for i, p := range events {
		if p.Kind == event.Stop || p.Image == "" || p.SHA256 != "" {
			continue
		}
		var busy bool
		if contents[i], busy = e.content(p); busy {
			skipped = append(skipped, p)
		}
	}
	for i, c := range contents {
		if c == nil {
			continue
		}
		select {
		case <-c.done:
		case <-ctx.Done():
		}
		select { // also where both were true
		case <-c.done:
			c.facts.apply(events[i])
		default:
			skipped = append(skipped, events[i])
		}
	}
	return skipped
}

// content returns that of the file that a process runs, which may not be done
// yet; nil if it is not certain which file that is, or too many wait to be read.
func (e *Enricher) content(p *event.Process) (_ *content, busy bool) {
	f, id, err := e.open(p, e.cfg.SameFiles(p.ProcessSeq))
	if err != nil {
		return nil, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c, ok := e.known.Get(id); ok {
		f.Close()
		return c, false
	}
	if busy = e.jobs >= waiting; busy || id.size > longest {
		f.Close()
		return nil, busy
	}
	c := &content{done: make(chan struct{})}
	e.known.Add(id, c)
	e.jobs++
	go e.read(f, id, c)
	return c, false
}

// read reads a file, when it is its turn.
func (e *Enricher) read(f *os.File, id identity, c *content) {
	defer f.Close()
	e.slots <- struct{}{}
	defer func() { <-e.slots }()
	found, err := readFacts(io.NewSectionReader(f, 0, id.size), id.size)
	if err == nil {
		if after, err := identify(f); err == nil && after == id {
			c.facts = found
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.jobs--
	if c.facts == nil {
		e.known.Remove(id) // another try may do better
	}
	close(c.done)
}
