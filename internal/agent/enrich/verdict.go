package enrich

import (
	"context"
	"os"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/eljefe/eljefe/internal/event"
)

// How long a verdict holds. The system gets catalogs with its updates: what had no
// good signature may have one then.
const (
	goodFor = 24 * time.Hour
	poorFor = time.Hour
)

// verdict is what the system thinks of a signature.
type verdict struct {
	trusted bool
	signer  string // whom the certificate names; "": not signed
}

// A ruling is a verdict that is awaited, or was reached. Its members are read when
// done is closed.
type ruling struct {
	done   chan struct{}
	until  time.Time
	reason Reason // "": there is a verdict
	verdict
}

// verdicts asks the system about signatures, and remembers the answer by the
// content's hash: the same content in another place has the same signature.
type verdicts struct {
	verify func(*os.File) (verdict, error) // nil: there are no signatures

	mu    sync.Mutex
	known *lru.Cache[string, *ruling]
	jobs  int
	slots chan struct{}
}

func newVerdicts(verify func(*os.File) (verdict, error)) *verdicts {
	return &verdicts{verify: verify, known: newCache[string, *ruling](remembered), slots: make(chan struct{}, atOnce)}
}

// judge returns the ruling on a file with that content, and closes the file when it
// is not needed any more. Nil stands for none.
func (v *verdicts) judge(f *os.File, sha256 string) *ruling {
	if v.verify == nil {
		f.Close()
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if r, ok := v.known.Get(sha256); ok && !r.stale() {
		f.Close()
		return r
	}
	r := &ruling{done: make(chan struct{})}
	if v.jobs >= waiting {
		f.Close()
		r.reason = Busy // and stale from the beginning: the next start asks again
		close(r.done)
		return r
	}
	v.jobs++
	v.known.Add(sha256, r)
	go v.ask(f, sha256, r)
	return r
}

func (v *verdicts) ask(f *os.File, sha256 string, r *ruling) {
	defer f.Close()
	v.slots <- struct{}{}
	answer, err := v.verify(f)
	<-v.slots
	v.mu.Lock()
	defer v.mu.Unlock()
	v.jobs--
	switch {
	case err != nil:
		r.reason = ReasonOf(err)
		v.known.Remove(sha256)
	case answer.trusted:
		r.until = time.Now().Add(goodFor)
	default:
		r.until = time.Now().Add(poorFor)
	}
	r.verdict = answer
	close(r.done)
}

// stale tells whether it is time to ask again.
func (r *ruling) stale() bool {
	select {
	case <-r.done:
		return !time.Now().Before(r.until)
	default:
		return false // it is being asked
	}
}

// apply adds the verdict to an event, when it is there in time. A file that is not
// signed has a verdict too; of one with a broken signature the system may not say
// whom it names.
func (r *ruling) apply(ctx context.Context, p *event.Process, hasSignature bool) {
	switch {
	case !await(ctx, r.done):
		Miss(p, Busy, factSigner)
	case r.reason != "":
		Miss(p, r.reason, factSigner)
	case p.Signed == nil:
		trusted := r.trusted
		p.Signed, p.Signer = &trusted, cut(r.signer, longestClaim)
		if hasSignature && r.signer == "" {
			Miss(p, Failed, factSigner)
		}
	}
}
