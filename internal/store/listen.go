package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// listen calls heard with the payload of each notification on a channel, until
// ctx ends or the connection breaks.
func (s *Store) listen(ctx context.Context, channel string, heard func(payload string)) (err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return unavailable(fmt.Errorf("listen on %s: %w", channel, err))
	}
	// The connection listens for good: it must not go back to the pool.
	own := conn.Hijack()
	defer func() { err = errors.Join(err, own.Close(context.WithoutCancel(ctx))) }()
	if _, err := own.Exec(ctx, `LISTEN `+pgx.Identifier{channel}.Sanitize()); err != nil {
		return unavailable(fmt.Errorf("listen on %s: %w", channel, err))
	}
	for {
		n, err := own.WaitForNotification(ctx)
		if err != nil {
			return unavailable(fmt.Errorf("wait for notifications on %s: %w", channel, err))
		}
		heard(n.Payload)
	}
}

// Stored is how much was stored: nothing where it was gaps alone.
type Stored struct {
	Events   int
	Devices  int // records of devices
	Stations int // that enrolled
}

// payload writes what a transaction has stored: "12", or with records of devices
// and stations "12 1 0". A server that knows fewer numbers reads the first ones.
func (n Stored) payload() string {
	if n.Devices == 0 && n.Stations == 0 {
		return strconv.Itoa(n.Events)
	}
	return fmt.Sprintf("%d %d %d", n.Events, n.Devices, n.Stations)
}

// ListenStored calls stored with what each transaction of any server has stored,
// until ctx ends or the connection breaks.
func (s *Store) ListenStored(ctx context.Context, stored func(Stored)) error {
	return s.listen(ctx, storedChannel, func(payload string) {
		var n Stored
		if read, _ := fmt.Sscan(payload, &n.Events, &n.Devices, &n.Stations); read > 0 {
			stored(n)
		}
	})
}
