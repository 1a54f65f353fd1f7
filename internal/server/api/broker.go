package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/store"
)

// Broker tells subscribers that something was stored, by this server or by
// another on the same database.
type Broker struct {
	listen func(ctx context.Context, stored func(store.Stored)) error
	log    *slog.Logger

	mu   sync.Mutex
	subs map[chan Stored]bool
}

// Stored is what was stored.
type Stored struct {
	store.Stored
	Missed bool // for a while nobody listened: there may be more
}

// NewBroker returns a Broker that hears of what is stored through listen, which
// blocks until its context ends or its connection breaks.
func NewBroker(listen func(ctx context.Context, stored func(store.Stored)) error, log *slog.Logger) *Broker {
	return &Broker{listen: listen, log: log, subs: map[chan Stored]bool{}}
}

// Run listens until ctx ends, and again whenever the connection breaks.
func (b *Broker) Run(ctx context.Context) error {
	broken := false
	for ctx.Err() == nil {
		begun := time.Now()
		err := b.listen(ctx, func(n store.Stored) { b.publish(Stored{Stored: n}) })
		if ctx.Err() != nil {
			break
		}
		if !broken {
			b.log.WarnContext(ctx, "live updates interrupted, trying again", "err", err)
		}
		broken = time.Since(begun) < 5*time.Second
		// What was stored meanwhile is unknown: let everybody look.
		b.publish(Stored{Missed: true})
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

// Subscribe returns a channel that receives what was stored, and a function that
// ends the subscription. Numbers add up while nobody receives.
func (b *Broker) Subscribe() (<-chan Stored, func()) {
	ch := make(chan Stored, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs[ch] = true
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs, ch)
	}
}

func (b *Broker) publish(n Stored) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.subs {
		sum := n
		select {
		case earlier := <-ch:
			sum.Events += earlier.Events
			sum.Devices += earlier.Devices
			sum.Stations += earlier.Stations
			sum.Missed = sum.Missed || earlier.Missed
		default:
		}
		ch <- sum // has room: only publish sends, under the lock
	}
}
