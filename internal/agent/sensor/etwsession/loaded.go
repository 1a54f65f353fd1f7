package etwsession

import (
	"sync"

	"github.com/eljefe/eljefe/internal/event"
)

// mostLoaded is for how many processes it is remembered what was loaded: those
// whose files may still be read.
const mostLoaded = 4096

// loadedImages remembers what the kernel said of the images of the last processes.
type loadedImages struct {
	mu    sync.Mutex
	byKey map[event.Key][2]uint32
	order []event.Key // the oldest first
}

func newLoadedImages() *loadedImages { return &loadedImages{byKey: map[event.Key][2]uint32{}} }

func (l *loadedImages) put(k event.Key, timeDateStamp, checksum uint32) {
	if timeDateStamp == 0 && checksum == 0 || k.IsZero() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.byKey[k]; !there {
		l.order = append(l.order, k)
	}
	l.byKey[k] = [2]uint32{timeDateStamp, checksum}
	if len(l.order) > mostLoaded {
		delete(l.byKey, l.order[0])
		l.order = l.order[1:]
	}
}

func (l *loadedImages) get(k event.Key) (timeDateStamp, checksum uint32, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.byKey[k]
	return v[0], v[1], ok
}
