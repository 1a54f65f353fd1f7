package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// expireDevices removes what was told of devices before a time, which stations
// had them only before, and the devices that nobody has had since. One that is
// plugged in stays known, for however long.
func expireDevices(ctx context.Context, conn *pgx.Conn, before time.Time) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, sql := range [...]string{
			`DELETE FROM device_event WHERE time < $1`,
			`DELETE FROM station_device WHERE last_seen < $1 AND NOT present`,
			`DELETE FROM device_volume v
			 USING  station_device r
			 WHERE  v.last_seen < $1 AND r.station_id = v.station_id AND r.device_id = v.device_id AND NOT r.present`,
		} {
			if _, err := tx.Exec(ctx, sql, before); err != nil {
				return fmt.Errorf("remove expired records of devices: %w", err)
			}
		}
		return removeLostDevices(ctx, tx)
	})
}

// removeLostDevices removes the devices that no station has had. Who is storing
// something of such a device holds its row: it is looked at again once that is
// done.
func removeLostDevices(ctx context.Context, tx DB) error {
	const lost = `NOT EXISTS (SELECT FROM station_device r WHERE r.device_id = o.id) AND NOT EXISTS (SELECT FROM device_event e WHERE e.device_id = o.id)`
	ids, err := collect(ctx, tx, "look for devices that no station has had", pgx.RowTo[int64], `SELECT id FROM device o WHERE `+lost+` ORDER BY identity FOR UPDATE`)
	if err != nil || len(ids) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM device o WHERE id = ANY ($1) AND `+lost, ids); err != nil {
		return fmt.Errorf("remove devices that no station has had: %w", err)
	}
	return nil
}
