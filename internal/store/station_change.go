package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

const (
	maxLabels = 50
	maxLabel  = 64  // characters
	maxName   = 255 // characters of a station's name
)

// cleanLabels returns labels sorted, each once.
func cleanLabels(labels []string) ([]string, error) {
	clean := make([]string, 0, len(labels))
	for _, l := range labels {
		l = strings.TrimSpace(event.CleanText(l))
		if l == "" || len([]rune(l)) > maxLabel {
			return nil, fault.Invalidf("the label %.80q does not do: a label has 1 to %d characters", l, maxLabel).Coded("label_length", "label", "most")
		}
		clean = append(clean, l)
	}
	slices.Sort(clean)
	if clean = slices.Compact(clean); len(clean) > maxLabels {
		return nil, fault.Invalidf("%d labels are too many; at most %d are kept", len(clean), maxLabels).Coded("labels_too_many", "labels", "most")
	}
	return clean, nil
}

// RenameStation gives a station a name that stays, whatever its computer calls
// itself; without a name it is called as its computer again.
func (s *Store) RenameStation(ctx context.Context, id int64, name string) error {
	name = strings.TrimSpace(event.CleanText(name))
	if len([]rune(name)) > maxName {
		return fault.Invalidf("the name has %d characters; at most %d are kept", len([]rune(name)), maxName).Coded("station_name_long", "characters", "most")
	}
	return s.changeAgent(ctx, id, "rename", func(tx DB) error {
		_, err := tx.Exec(ctx, `
			WITH agent AS (UPDATE station_agent SET renamed = $2::text <> '' WHERE station_id = $1::bigint RETURNING host_name)
			UPDATE station SET name = COALESCE(NULLIF($2, ''), agent.host_name) FROM agent WHERE id = $1`, id, name)
		return err
	})
}

// LabelStation gives a station these labels, in place of those it had.
func (s *Store) LabelStation(ctx context.Context, id int64, labels []string) error {
	labels, err := cleanLabels(labels)
	if err != nil {
		return err
	}
	return s.changeAgent(ctx, id, "label", func(tx DB) error {
		_, err := tx.Exec(ctx, `UPDATE station_agent SET labels = $2 WHERE station_id = $1::bigint`, id, labels)
		return err
	})
}

// RetireStation says that nothing is expected of a station any more. What it
// has reported stays; it is refused until it is restored.
func (s *Store) RetireStation(ctx context.Context, id int64) error {
	return s.changeAgent(ctx, id, "retire", func(tx DB) error {
		if _, err := tx.Exec(ctx, `UPDATE station_agent SET retired = COALESCE(retired, now()) WHERE station_id = $1::bigint`, id); err != nil {
			return err
		}
		return endTasks(ctx, tx, id, "the station was retired")
	})
}

// RestoreStation takes back that a station was retired.
func (s *Store) RestoreStation(ctx context.Context, id int64) error {
	return s.changeAgent(ctx, id, "restore", func(tx DB) error {
		var revoked bool
		err := tx.QueryRow(ctx, `UPDATE station_agent SET retired = NULL WHERE station_id = $1::bigint RETURNING revoked IS NOT NULL`, id).Scan(&revoked)
		if err == nil && revoked {
			return fault.New(fault.Conflict, "station %d was revoked, and that cannot be taken back; remove the agent's data on it and enrol it anew", id).Coded("station_revoked", "id")
		}
		return err
	})
}

// RevokeStation makes all of a station's certificates worthless, for good: its
// key is in wrong hands.
func (s *Store) RevokeStation(ctx context.Context, id int64) error {
	return s.changeAgent(ctx, id, "revoke", func(tx DB) error {
		_, err := tx.Exec(ctx, `
			WITH certificates AS (UPDATE station_certificate SET revoked = COALESCE(revoked, now()) WHERE station_id = $1::bigint)
			UPDATE station_agent SET revoked = COALESCE(revoked, now()) WHERE station_id = $1::bigint`, id)
		if err != nil {
			return err
		}
		return endTasks(ctx, tx, id, "the station was revoked")
	})
}

// endTasks ends the open tasks of a station that will not ask for them any more.
func endTasks(ctx context.Context, tx DB, station int64, why string) error {
	_, err := tx.Exec(ctx, `
		UPDATE task SET state = 'cancelled', updated = now(), finished = now(), message = $2
		WHERE  station_id = $1::bigint AND `+openTask, station, why)
	return err
}

// changeAgent calls change in a transaction that has locked the station's agent.
func (s *Store) changeAgent(ctx context.Context, id int64, doing string, change func(tx DB) error) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		_, err := lockAgent(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return fmt.Errorf("%s station %d: %w", doing, id, err)
		}
		return nil
	})
}
