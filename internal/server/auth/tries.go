package auth

import (
	"strings"
	"sync"
	"time"
)

// tries slows down guessing: after five failures for one user from one address
// each further try waits twice as long, up to five minutes. It is kept in
// memory; a restart, or another server, gives five more tries.
type tries struct {
	mu       sync.Mutex
	byCaller map[string]*failures
}

type failures struct {
	count int
	next  time.Time // when the next try is allowed
}

const (
	freeTries   = 5
	longestWait = 5 * time.Minute
	rememberAll = 10_000
)

func newTries() *tries { return &tries{byCaller: map[string]*failures{}} }

func tryKey(from, name string) string { return from + "\n" + strings.ToLower(name) }

func (t *tries) wait(from, name string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.byCaller[tryKey(from, name)]
	if f == nil {
		return 0
	}
	return max(0, time.Until(f.next))
}

func (t *tries) failed(from, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.byCaller) >= rememberAll {
		for key, f := range t.byCaller {
			if time.Since(f.next) > longestWait {
				delete(t.byCaller, key)
			}
		}
	}
	key := tryKey(from, name)
	f := t.byCaller[key]
	if f == nil {
		if len(t.byCaller) >= rememberAll {
			return
		}
		f = &failures{}
		t.byCaller[key] = f
	}
	f.count++
	if over := f.count - freeTries; over >= 0 {
		f.next = time.Now().Add(min(longestWait, time.Second<<min(over, 9)))
	}
}

func (t *tries) succeeded(from, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byCaller, tryKey(from, name))
}
