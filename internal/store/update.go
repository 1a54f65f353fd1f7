package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// UpdateSettings say whether agents are updated, and which.
type UpdateSettings struct {
	Enabled   bool
	Labels    []string // of which a station has one; none: all stations
	Share     int      // per cent of those, always the same ones
	Threshold int      // per cent of failures at which it pauses by itself
	Attempt   int      // higher each time that failed stations are to try again
	Since     time.Time
	Paused    *time.Time
	PausedBy  string // "": it paused by itself
	PausedWhy *fault.Text
	Changed   *time.Time // nil: nobody ever did
	ChangedBy string
}

const updateSettingsSQL = `SELECT enabled, labels, share, threshold, attempt, since, paused, paused_by, paused_why, changed, changed_by FROM update_settings`

// Offering tells whether anything is offered.
func (u *UpdateSettings) Offering() bool { return u.Enabled && u.Paused == nil }

// UpdateSettings returns the settings.
func (s *Store) UpdateSettings(ctx context.Context) (*UpdateSettings, error) {
	return readUpdateSettings(ctx, s.pool, "")
}

func readUpdateSettings(ctx context.Context, db DB, lock string) (*UpdateSettings, error) {
	list, err := collect(ctx, db, "read the settings of updates", pgx.RowToAddrOfStructByPos[UpdateSettings], updateSettingsSQL+lock)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("read the settings of updates: they are gone from the database")
	}
	return list[0], nil
}

// ChangeUpdates changes what a person may: whether, which stations, and at how
// many failures it pauses. Switching it on begins a new count of failures.
func (s *Store) ChangeUpdates(ctx context.Context, u UpdateSettings, who string) (*UpdateSettings, error) {
	labels, err := cleanLabels(u.Labels)
	if err != nil {
		return nil, err
	}
	return s.changeUpdates(ctx, `
		UPDATE update_settings
		SET    enabled = @enabled, labels = @labels, share = @share, threshold = @threshold, changed = now(), changed_by = @who,
		       since = CASE WHEN @enabled AND NOT enabled THEN now() ELSE since END, paused = CASE WHEN @enabled THEN paused END`,
		pgx.NamedArgs{"enabled": u.Enabled, "labels": labels, "share": u.Share, "threshold": u.Threshold, "who": who})
}

// PauseUpdates has nothing more offered until somebody resumes it.
func (s *Store) PauseUpdates(ctx context.Context, who string) (*UpdateSettings, error) {
	why := fault.Sayf("%s paused it", who).Coded("update_paused_by", "who").Text
	return s.changeUpdates(ctx, `UPDATE update_settings SET paused = now(), paused_by = @who, paused_why = @why WHERE paused IS NULL`,
		pgx.NamedArgs{"who": who, "why": why})
}

// ResumeUpdates goes on, and counts failures anew. With retry it is offered again
// to stations where it failed.
func (s *Store) ResumeUpdates(ctx context.Context, retry bool) (*UpdateSettings, error) {
	return s.changeUpdates(ctx, `
		UPDATE update_settings
		SET    paused = NULL, paused_by = '', paused_why = NULL, since = now(), attempt = attempt + CASE WHEN @retry THEN 1 ELSE 0 END`, pgx.NamedArgs{"retry": retry})
}

func (s *Store) changeUpdates(ctx context.Context, sql string, args pgx.NamedArgs) (u *UpdateSettings, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("change the settings of updates: %w", err)
		}
		u, err = readUpdateSettings(ctx, tx, "")
		return err
	})
	return u, err
}

// UpdateGroup is how many stations have the same agent.
type UpdateGroup struct {
	Version string
	System  string // as GOOS has it; "": their agent takes no updates
	Arch    string
	Chosen  bool // by the settings
	Count   int
}

// UpdateFigures is how far a roll-out has come since it was switched on or resumed.
type UpdateFigures struct{ UnderWay, Succeeded, Failed int }

// chosenSQL tells whether the settings u choose the station of the agent a. Which
// stations are in a share is decided by their keys, so that it stays the same.
const chosenSQL = `(a.retired IS NULL AND a.revoked IS NULL AND (cardinality(u.labels) = 0 OR a.labels && u.labels)
		       AND COALESCE((SELECT (get_byte(c.public_key, 0) * 256 + get_byte(c.public_key, 1)) % 100 FROM station_certificate c
		                     WHERE c.station_id = a.station_id ORDER BY c.created DESC LIMIT 1), 100) < u.share)`

// UpdateStations returns which agents the stations have, and how far updates are.
func (s *Store) UpdateStations(ctx context.Context, now time.Time) (groups []UpdateGroup, f UpdateFigures, err error) {
	err = s.search(ctx, stationTimeLimit, func(tx pgx.Tx) error {
		groups, err = collect(ctx, tx, "count the versions of agents", pgx.RowToStructByPos[UpdateGroup], `
			SELECT a.agent_version, COALESCE(a.report->'update'->>'system', ''), a.architecture, `+chosenSQL+`, count(*)
			FROM   station_agent a CROSS JOIN update_settings u
			WHERE  a.retired IS NULL AND a.revoked IS NULL
			GROUP  BY 1, 2, 3, 4
			ORDER  BY 5 DESC, 1, 2, 3, 4`)
		if err != nil {
			return err
		}
		f, err = updateFigures(ctx, tx, now)
		return err
	})
	return groups, f, err
}

// updateQuiet is for how long a station may say nothing of its update. One that
// goes over to the new agent is given up then, though it may be heard of later;
// one that is to fetch it makes room for others.
const updateQuiet = 15 * time.Minute

func updateFigures(ctx context.Context, tx DB, now time.Time) (f UpdateFigures, err error) {
	err = tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM station_update WHERE ended IS NULL AND updated > @now::timestamptz - @quiet::interval),
		       count(*) FILTER (WHERE e.state = 'reporting'), count(*) FILTER (WHERE e.state IN ('failed', 'rolled_back', 'lost'))
		FROM   update_settings u
		LEFT   JOIN station_update e ON e.ended >= u.since`, pgx.NamedArgs{"now": now, "quiet": updateQuiet}).Scan(&f.UnderWay, &f.Succeeded, &f.Failed)
	if err != nil {
		return f, fmt.Errorf("count updates: %w", err)
	}
	return f, nil
}

// pauseAfterFailures pauses if too many updates failed. The caller has locked the
// settings.
func pauseAfterFailures(ctx context.Context, tx DB, u *UpdateSettings, now time.Time) error {
	f, err := updateFigures(ctx, tx, now)
	if err != nil || u.Paused != nil || f.Failed == 0 || f.Failed*100 < u.Threshold*(f.Failed+f.Succeeded) {
		return err
	}
	why := fault.Sayf("it failed on %d of the %d stations that were updated", f.Failed, f.Failed+f.Succeeded).Coded("update_paused_failures", "failed", "all").Text
	if _, err := tx.Exec(ctx, `UPDATE update_settings SET paused = $1, paused_by = '', paused_why = $2`, now, why); err != nil {
		return fmt.Errorf("pause updates: %w", err)
	}
	u.Paused = &now
	return nil
}
