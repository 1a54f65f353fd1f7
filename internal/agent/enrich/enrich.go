// Package enrich adds to events what the kernel does not know: facts of the file
// that a process runs, and the name of the account that runs it.
//
// Those of the file are its size and hashes, what it says of itself (version,
// product, who made it), what it imports and what code it begins with, and whether
// its signature is good. They are read once for each content of a file and then
// remembered, by what the file system says of it; a signature is looked at again
// after a while, because the system learns of signatures. An event waits for them no
// longer than its context lasts, and then goes without; the file is read to its end
// all the same, so that the next start of it has them.
//
// Which file it is must be certain, or nothing is said: see openImage of each
// system. What is missing, and why, each event says itself (event.Process.Missing).
package enrich

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/eljefe/eljefe/internal/event"
)

const (
	remembered = 4096    // files
	longest    = 2 << 30 // bytes of a file that is read
	atOnce     = 2       // files that are read at the same time, and as many whose signatures are verified
	rereads    = 3       // of a file that does not stay the same
	waiting    = 256     // files that are open, to be read; what comes then goes without
)

// The facts by the names that Miss gives them. Those of the file other than its
// hashes are missing with these; where they alone cannot be read, they have names
// too: see readPE.
const (
	factHashes = "hashes"
	factSigner = "signer"
	factUser   = "user"
)

// Config configures an Enricher.
type Config struct {
	// SameFiles tells on Linux whether a process, by its sequence number, sees the
	// station's files. If nil, only files of running processes are read.
	SameFiles func(seq uint64) bool

	// Loaded tells the time stamp and the checksum of the image that the kernel loaded
	// for a process, where it said them. If nil, it is never known.
	Loaded func(p *event.Process) (timeDateStamp, checksum uint32, ok bool)
}

// A system is how one finds files on it, and whom one asks about them.
type system struct {
	// open opens the file that a process runs. Its error is a Reason or the system's.
	open     func(p *event.Process, sameFiles bool) (*os.File, identity, error)
	identify func(*os.File) (identity, error)

	// byPath: open finds a file by its path alone, which may be another one by now.
	byPath bool

	account func(sid string) (string, error)        // nil: the sensor knows the user
	verify  func(*os.File) (sig verdict, err error) // nil: files have no signatures
}

// An Enricher adds facts to events.
type Enricher struct {
	cfg      Config
	sys      system
	accounts *accounts
	verdicts *verdicts

	mu    sync.Mutex
	known *lru.Cache[identity, *content]
	jobs  int // contents that are not done
	slots chan struct{}
}

// content is what a file holds. Its members are read when done is closed.
type content struct {
	id      identity
	done    chan struct{}
	facts   *facts  // nil: it could not be read, or changed meanwhile
	reason  Reason  // why
	verdict *ruling // nil: there is none; changes under Enricher.mu
}

// New returns an Enricher that knows nothing yet.
func New(cfg Config) *Enricher { return newEnricher(cfg, thisSystem()) }

func newEnricher(cfg Config, sys system) *Enricher {
	if cfg.SameFiles == nil {
		cfg.SameFiles = func(uint64) bool { return false }
	}
	if cfg.Loaded == nil {
		cfg.Loaded = func(*event.Process) (uint32, uint32, bool) { return 0, 0, false }
	}
	return &Enricher{
		cfg: cfg, sys: sys, accounts: newAccounts(sys.account), verdicts: newVerdicts(sys.verify),
		known: newCache[identity, *content](remembered), slots: make(chan struct{}, atOnce),
	}
}

func newCache[K comparable, V any](size int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // the number is above 0
	}
	return c
}

// work is what one event waits for.
type work struct {
	p       *event.Process
	content *content
	account *account
}

// Enrich adds facts to those of the events that tell of a process that starts or
// runs. It returns when all have theirs or ctx is over, with those that go without
// hashes because there was too much to read or too little time.
func (e *Enricher) Enrich(ctx context.Context, events []*event.Process) (skipped []*event.Process) {
	// All files are looked up before one is waited for: processes end.
	todo := make([]work, 0, len(events))
	for _, p := range events {
		if p.Kind == event.Stop {
			continue
		}
		w := work{p: p}
		if p.Image != "" {
			var err error
			if w.content, err = e.content(p); err != nil {
				if e.missFile(p, ReasonOf(err)) {
					skipped = append(skipped, p)
				}
			}
		}
		if p.User == "" && p.UserSID != "" {
			w.account = e.accounts.look(p.UserSID)
		}
		todo = append(todo, w)
	}
	for _, w := range todo {
		if c := w.content; c != nil {
			if !await(ctx, c.done) {
				if e.missFile(w.p, Busy) {
					skipped = append(skipped, w.p)
				}
			} else if e.apply(w.p, c) {
				e.applyVerdict(ctx, w.p, c)
			}
		}
		if w.account != nil {
			w.account.apply(ctx, w.p)
		}
	}
	return skipped
}

// await waits until done is closed or ctx is over, and tells whether it was closed.
func await(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
	case <-ctx.Done():
	}
	select { // also where both were true
	case <-done:
		return true
	default:
		return false
	}
}

// missFile notes that nothing is known of the file, but for what the sensor said;
// true if the hashes are missing for lack of time.
func (e *Enricher) missFile(p *event.Process, why Reason) (busy bool) {
	if e.sys.verify != nil && p.Signed == nil {
		Miss(p, why, factSigner)
	}
	if p.SHA256 != "" {
		return false
	}
	Miss(p, why, factHashes)
	return why == Busy
}

// apply adds what is known of the file, unless it is not certain that it is the one.
func (e *Enricher) apply(p *event.Process, c *content) bool {
	if c.facts == nil {
		e.missFile(p, c.reason)
		return false
	}
	stamp, sum, told := e.cfg.Loaded(p)
	switch {
	case p.SHA256 != "" && !strings.EqualFold(p.SHA256, c.facts.sha256):
		e.missFile(p, Changed) // the sensor saw another content
		return false
	case told && c.facts.executable:
		p.ImageMismatch = c.facts.stamp != loaded{stamp, sum}
	case e.sys.byPath && c.id.modified > p.Started.UnixNano() && c.id.modified <= time.Now().UnixNano():
		// Times to come are a lie about the file, and so none about this start.
		e.missFile(p, Changed)
		return false
	}
	c.facts.apply(p)
	return true
}

// applyVerdict adds what the system thinks of the signature, when that is known.
func (e *Enricher) applyVerdict(ctx context.Context, p *event.Process, c *content) {
	e.mu.Lock()
	r := c.verdict
	e.mu.Unlock()
	if r != nil {
		r.apply(ctx, p, c.facts.hasSignature)
	}
}

// content returns that of the file that a process runs, which may not be done
// yet. The error says why there is none: it is not certain which file that is, or
// too many wait to be read.
func (e *Enricher) content(p *event.Process) (*content, error) {
	f, id, err := e.sys.open(p, e.cfg.SameFiles(p.ProcessSeq))
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c, ok := e.known.Get(id); ok {
		if r := c.verdict; r != nil && r.stale() {
			c.verdict = e.verdicts.judge(f, c.facts.sha256)
		} else {
			f.Close()
		}
		return c, nil
	}
	if id.size > longest {
		err = TooBig
	} else if e.jobs >= waiting {
		err = Busy
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	c := &content{id: id, done: make(chan struct{})}
	e.known.Add(id, c)
	e.jobs++
	go e.read(f, c)
	return c, nil
}

// readSteady reads a file that must stay the same meanwhile. Where nobody can write to
// the file of a process, it is read again if something else of it changed: scanners
// leave a mark at files that start for the first time, and those matter most.
func (e *Enricher) readSteady(f *os.File, id identity) (*facts, error) {
	for range rereads {
		found, err := readFacts(io.NewSectionReader(f, 0, id.size), id.size)
		if err != nil {
			return nil, err
		}
		after, err := e.sys.identify(f)
		if err != nil {
			return nil, err
		}
		if after == id {
			return found, nil
		}
		marked := id
		marked.change = after.change
		if !e.sys.byPath || after != marked {
			break
		}
		id = after
	}
	return nil, Changed
}

// read reads a file, when it is its turn.
func (e *Enricher) read(f *os.File, c *content) {
	e.slots <- struct{}{}
	found, err := e.readSteady(f, c.id)
	<-e.slots
	e.mu.Lock()
	defer e.mu.Unlock()
	e.jobs--
	if err != nil {
		c.reason = ReasonOf(err)
		e.known.Remove(c.id) // another try may do better
		f.Close()
	} else if c.facts = found; found.executable {
		c.verdict = e.verdicts.judge(f, found.sha256)
	} else {
		f.Close()
	}
	close(c.done)
}
