package api

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Broker tells subscribers that events were stored, by this server or by
// another on the same database.
type Broker struct {
	listen func(ctx context.Context, stored func(n int)) error
	log    *slog.Logger

	mu   sync.Mutex
	subs map[chan int]bool
}

// NewBroker returns a Broker that hears of stored events through listen, which
// blocks until its context ends or its connection breaks.
func NewBroker(listen func(ctx context.Context, stored func(n int)) error, log *slog.Logger) *Broker {
	return &Broker{listen: listen, log: log, subs: map[chan int]bool{}}
}

// Run listens until ctx ends, and again whenever the connection breaks.
func (b *Broker) Run(ctx context.Context) error {
	broken := false
	for ctx.Err() == nil {
		begun := time.Now()
		err := b.listen(ctx, b.publish)
		if ctx.Err() != nil {
			break
		}
		if !broken {
			b.log.WarnContext(ctx, "live updates interrupted, trying again", "err", err)
		}
		broken = time.Since(begun) < 5*time.Second
		// What was stored meanwhile is unknown: let everybody look.
		b.publish(0)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

// Subscribe returns a channel that receives how many events were stored, and a
// function that ends the subscription. Numbers add up while nobody receives.
func (b *Broker) Subscribe() (<-chan int, func()) {
	ch := make(chan int, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs[ch] = true
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs, ch)
	}
}

func (b *Broker) publish(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.subs {
		sum := n
		select {
		case earlier := <-ch:
			sum += earlier
		default:
		}
		ch <- sum // has room: only publish sends, under the lock
	}
}
