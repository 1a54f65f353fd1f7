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

// ListenStored calls stored with how many events each transaction of any server
// has stored, until ctx ends or the connection breaks. The number is 0 where
// only gaps were stored.
func (s *Store) ListenStored(ctx context.Context, stored func(n int)) error {
	return s.listen(ctx, storedChannel, func(payload string) {
		if n, err := strconv.Atoi(payload); err == nil {
			stored(n)
		}
	})
}
