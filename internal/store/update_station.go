package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// UpdateLost is the state of an update of which nothing was heard any more once
// the station went over to the new agent. It is the server's, agents never say it.
const UpdateLost wire.UpdateState = "lost"

// StationUpdate is one offer of an agent to a station, and what became of it.
type StationUpdate struct {
	ID          int64
	Station     int64
	StationName string
	From, To    string // versions
	Attempt     int
	State       wire.UpdateState
	Why         string // the station's claim
	Who         string // whose settings it was
	Offered     time.Time
	Fetching    *time.Time
	Verified    *time.Time
	Installed   *time.Time
	Ended       *time.Time
	Updated     time.Time
}

// NewUpdate is an agent that could be offered to a station.
type NewUpdate struct {
	Station  int64
	SHA256   [32]byte // of the program
	From, To string   // versions
}

// Offered is the answer of OfferUpdate.
type Offered struct {
	Attempt int  // of the offer; 0: there is none
	Full    bool // as many stations are under way as may be, or nothing is offered at all
}

// UpdatesAtOnce is to how many stations of those that are chosen an agent is
// offered before it is known what becomes of it on them.
func UpdatesAtOnce(chosen int) int { return max(5, chosen/10) }

// OfferUpdate offers an agent to a station if the settings choose it, it was not
// tried before, and not too many are under way. What is offered stays offered
// until it is ended, or nothing is offered any more.
func (s *Store) OfferUpdate(ctx context.Context, n NewUpdate, now time.Time) (o Offered, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		// Everybody who changes how many are under way takes turns here.
		u, err := readUpdateSettings(ctx, tx, " FOR UPDATE")
		if err != nil {
			return err
		}
		if !u.Offering() {
			o.Full = true
			return nil
		}
		o, err = offerUpdate(ctx, tx, u, n, now)
		return err
	})
	return o, err
}

func offerUpdate(ctx context.Context, tx DB, u *UpdateSettings, n NewUpdate, now time.Time) (o Offered, err error) {
	var chosen, open bool
	var tried *int
	err = tx.QueryRow(ctx, `
		SELECT `+chosenSQL+`, t.attempt, t.attempt IS NOT NULL AND t.ended IS NULL
		FROM   station_agent a CROSS JOIN update_settings u
		LEFT   JOIN LATERAL (SELECT attempt, ended FROM station_update WHERE station_id = a.station_id AND sha256 = $2 ORDER BY attempt DESC LIMIT 1) t ON true
		WHERE  a.station_id = $1::bigint`, n.Station, n.SHA256[:]).Scan(&chosen, &tried, &open)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return o, fault.NotFoundf("there is no station %d that reports by itself", n.Station)
	case err != nil:
		return o, fmt.Errorf("look whether station %d is to be updated: %w", n.Station, err)
	case !chosen, tried != nil && !open && *tried >= u.Attempt:
		return o, nil
	case open:
		return Offered{Attempt: *tried}, nil
	}
	var all int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM station_agent a CROSS JOIN update_settings u WHERE `+chosenSQL).Scan(&all); err != nil {
		return o, fmt.Errorf("count the stations to be updated: %w", err)
	}
	f, err := updateFigures(ctx, tx, now)
	if err != nil {
		return o, err
	}
	if f.UnderWay >= UpdatesAtOnce(all) {
		return Offered{Full: true}, nil
	}
	_, err = tx.Exec(ctx, `
		WITH former AS (UPDATE station_update SET ended = @now WHERE station_id = @station AND ended IS NULL)
		INSERT INTO station_update (station_id, sha256, attempt, from_version, to_version, who, offered, updated)
		VALUES (@station, @sha256, @attempt, @from, @to, @who, @now, @now)`, pgx.NamedArgs{
		"station": n.Station, "sha256": n.SHA256[:], "attempt": u.Attempt, "from": n.From, "to": n.To, "who": u.ChangedBy, "now": now,
	})
	if err != nil {
		return o, fmt.Errorf("offer station %d an agent: %w", n.Station, err)
	}
	return Offered{Attempt: u.Attempt}, nil
}

// MayFetchUpdate tells whether a station is offered the program with a digest.
func (s *Store) MayFetchUpdate(ctx context.Context, station int64, sha256 [32]byte) (bool, error) {
	list, err := collect(ctx, s.pool, "look what a station is offered", pgx.RowTo[bool], `
		SELECT EXISTS (SELECT FROM station_update t CROSS JOIN update_settings u
		               WHERE t.station_id = $1::bigint AND t.sha256 = $2 AND t.ended IS NULL AND u.enabled AND u.paused IS NULL)`, station, sha256[:])
	if err != nil {
		return false, err
	}
	return list[0], nil
}

const maxUpdateWhy = 4096

// NoteUpdate notes how far a station says it has come with an offer. What has
// ended stays as it is, unless nobody had heard of it any more.
func (s *Store) NoteUpdate(ctx context.Context, station int64, r *wire.UpdateReport, now time.Time) error {
	digest, err := hex.DecodeString(r.SHA256)
	if err != nil || len(digest) != 32 {
		return fault.Invalidf("update.sha256 is %.80q; it must be 64 hexadecimal digits", r.SHA256)
	}
	why := event.CleanText(r.Why)
	if len(why) > maxUpdateWhy {
		why = event.CleanText(why[:maxUpdateWhy])
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		u, err := readUpdateSettings(ctx, tx, " FOR UPDATE")
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE station_update
			SET    state = @state, why = @why, updated = @now,
			       fetching  = CASE WHEN @state = 'fetching'  THEN COALESCE(fetching, @now)  ELSE fetching  END,
			       verified  = CASE WHEN @state = 'verified'  THEN COALESCE(verified, @now)  ELSE verified  END,
			       installed = CASE WHEN @state = 'installed' THEN COALESCE(installed, @now) ELSE installed END,
			       ended     = CASE WHEN @state IN ('reporting', 'refused', 'failed', 'rolled_back') THEN @now::timestamptz END
			WHERE  station_id = @station AND sha256 = @sha256 AND attempt = @attempt AND (ended IS NULL OR state = 'lost')`,
			pgx.NamedArgs{"state": string(r.State), "why": why, "now": now, "station": station, "sha256": digest, "attempt": r.Attempt})
		if err != nil {
			return fmt.Errorf("note the update of station %d: %w", station, err)
		}
		if tag.RowsAffected() == 0 { // it repeats itself, or invents
			return nil
		}
		return pauseAfterFailures(ctx, tx, u, now)
	})
}

// ExpireUpdates gives up those of which nothing was heard since the station went
// over to the new agent.
func (s *Store) ExpireUpdates(ctx context.Context, now time.Time) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		u, err := readUpdateSettings(ctx, tx, " FOR UPDATE")
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE station_update SET state = 'lost', ended = $1
			WHERE  ended IS NULL AND state IN ('verified', 'installed') AND updated <= $1::timestamptz - $2::interval`, now, updateQuiet)
		if err != nil {
			return fmt.Errorf("give up updates: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
		return pauseAfterFailures(ctx, tx, u, now)
	})
}

// UpdateList selects a page of updates. Zero fields do not restrict.
type UpdateList struct {
	Station int64
	State   wire.UpdateState
	Version string // to which
	Cursor  string
	Limit   int
}

var updateOrder = map[string]sortColumn{"id": {"t.id", "bigint"}}

// StationUpdates returns a page of updates, newest first, and the cursor of the
// next page.
func (s *Store) StationUpdates(ctx context.Context, l UpdateList) (list []StationUpdate, next string, err error) {
	order, err := newSorting(updateOrder, "id", "t.id", true, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"limit": l.Limit + 1}
	where := []string{"true", order.behind(args)}
	if l.Station != 0 {
		where, args["station"] = append(where, "t.station_id = @station::bigint"), l.Station
	}
	if l.State != "" {
		where, args["state"] = append(where, "t.state = @state"), string(l.State)
	}
	if l.Version != "" {
		where, args["version"] = append(where, "t.to_version = @version"), l.Version
	}
	err = s.search(ctx, stationTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list updates", pgx.RowToStructByPos[StationUpdate], `
			SELECT t.id, t.station_id::bigint, s.name, t.from_version, t.to_version, t.attempt, t.state, t.why, t.who,
			       t.offered, t.fetching, t.verified, t.installed, t.ended, t.updated
			FROM   station_update t JOIN station s ON s.id = t.station_id
			WHERE  `+conditions(where...)+`
			ORDER  BY `+order.orderBy()+`
			LIMIT  @limit`, args)
		return err
	})
	if len(list) > l.Limit {
		list = list[:l.Limit]
		last := list[l.Limit-1].ID
		next = order.next(strconv.FormatInt(last, 10), last)
	}
	return list, next, err
}
