package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// CoverageQuestion asks how complete the record of a span is.
type CoverageQuestion struct {
	From, To time.Time
	Stations []int64   // nil: all that report by themselves
	Bands    int       // equal parts of the span to tell apart; 0: none
	Examples int       // stations to name, at most; 0: none
	Now      time.Time // as of when stations are silent; zero: the present
}

// Coverage is how complete the record of a span is. A gap blinds a station if
// events are missing: all causes do but those in seeing.
type Coverage struct {
	Gaps        int64     // of any cause
	Stations    int64     // blinded for a part of the span
	Lost        int64     // events that are missing, as far as that is known
	LostUnknown bool      // and more, that nobody can count
	From, To    time.Time // from the first to the last blind moment; zero: there is none
	Silent      int64     // should report, do not, and nothing is known of the end of the span
	Behind      int64     // in contact, with records of the span still in their spools
	Causes      []CauseCoverage
	Bands       []CoverageBand
	Examples    []CoverageExample
}

// Complete tells whether nothing is missing.
func (c *Coverage) Complete() bool { return c.Stations == 0 && c.Silent == 0 && c.Behind == 0 }

// CauseCoverage is what one cause has done.
type CauseCoverage struct {
	Cause    event.Cause
	Gaps     int64
	Stations int64
	Events   int64 // as far as that is known
}

// CoverageBand is a part of the span, and how many stations are blinded, silent
// or behind in it.
type CoverageBand struct {
	From, To time.Time
	Stations int64
}

// CoverageExample is a station whose record is incomplete.
type CoverageExample struct {
	ID   int64
	Name string
	Why  string // "gap", "silent" or "behind"
}

// seeing are the causes that leave no event out.
var seeing = []event.Cause{event.EnrichmentSkipped, event.ClockJump}

const (
	coverageTimeLimit = 5 * time.Second
	behindAfter       = 2 * time.Minute // records that wait longer are late
)

// Coverage answers the question.
func (s *Store) Coverage(ctx context.Context, q CoverageQuestion) (*Coverage, error) {
	if q.Now.IsZero() {
		q.Now = time.Now()
	}
	c := &coverage{question: q, args: pgx.NamedArgs{
		"from": q.From, "to": q.To, "now": q.Now, "seeing": seeing, "bands": q.Bands, "examples": q.Examples,
		"from_epoch": float64(q.From.UnixMicro()) / 1e6, "to_epoch": float64(q.To.UnixMicro()) / 1e6,
		"silent": q.Now.Add(-SilentAfter), "late": q.Now.Add(-behindAfter),
	}}
	if q.Stations != nil {
		c.which, c.args["stations"] = " AND station_id = ANY (@stations::integer[])", q.Stations
	}
	err := s.search(ctx, coverageTimeLimit, func(tx pgx.Tx) error {
		c.tx = tx
		for _, step := range []func(context.Context) error{c.sumGaps, c.countQuiet, c.countBands, c.nameExamples} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &c.Coverage, nil
}

// coverage is a Coverage in the making.
type coverage struct {
	Coverage
	question CoverageQuestion
	tx       DB
	which    string // of which stations; SQL that begins with AND
	args     pgx.NamedArgs
}

// gapsSQL holds for gaps of the stations that overlap the span.
func (c *coverage) gapsSQL() string { return "to_time >= @from AND from_time < @to" + c.which }

// blindSQL holds for gaps that blind.
const blindSQL = "cause <> ALL (@seeing::text[])"

// agentsSQL is the stations that should report, and are silent or behind. What
// is not here of them is missing from since on.
func (c *coverage) agentsSQL() string {
	return `
		SELECT station_id, last_contact < @silent AS silent, CASE WHEN last_contact < @silent THEN last_contact ELSE oldest_waiting END AS since
		FROM   station_agent
		WHERE  retired IS NULL AND revoked IS NULL` + c.which + `
		AND   (last_contact < @silent AND last_contact < @to
		       OR last_contact >= @silent AND waiting > 0 AND oldest_waiting < LEAST(@late::timestamptz, @to::timestamptz))`
}

// sumGaps adds up the gaps. They are grouped by station first: that is quick by
// hashing, and what is left to sort is short.
func (c *coverage) sumGaps(ctx context.Context) error {
	rows, err := c.tx.Query(ctx, `
		WITH g AS (
			SELECT cause, station_id, count(*) AS n, COALESCE(sum(events), 0)::bigint AS events, bool_or(events IS NULL) AS unknown,
			       min(from_time) AS first, max(to_time) AS last
			FROM   gap
			WHERE  `+c.gapsSQL()+`
			GROUP  BY cause, station_id)
		SELECT cause, sum(n)::bigint, count(*), sum(events)::bigint, bool_or(unknown), min(first), max(last), `+blindSQL+`,
		       (SELECT count(DISTINCT station_id) FROM g WHERE `+blindSQL+`)
		FROM   g
		GROUP  BY cause
		ORDER  BY 2 DESC, cause`, c.args)
	if err != nil {
		return fmt.Errorf("sum gaps: %w", err)
	}
	var cause CauseCoverage
	var unknown, blind bool
	var first, last time.Time
	_, err = pgx.ForEachRow(rows, []any{&cause.Cause, &cause.Gaps, &cause.Stations, &cause.Events, &unknown, &first, &last, &blind, &c.Stations}, func() error {
		c.Causes = append(c.Causes, cause)
		c.Gaps += cause.Gaps
		if !blind {
			return nil
		}
		c.Lost += cause.Events
		c.LostUnknown = c.LostUnknown || unknown
		first, last = later(first.UTC(), c.question.From), earlier(last.UTC(), c.question.To)
		if c.From.IsZero() {
			c.From, c.To = first, last
		}
		c.From, c.To = earlier(c.From, first), later(c.To, last)
		return nil
	})
	if err != nil {
		return fmt.Errorf("sum gaps: %w", err)
	}
	return nil
}

// countQuiet counts the stations that are silent or behind.
func (c *coverage) countQuiet(ctx context.Context) error {
	err := c.tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE silent), count(*) FILTER (WHERE NOT silent) FROM (`+c.agentsSQL()+`) AS a`, c.args).Scan(&c.Silent, &c.Behind)
	if err != nil {
		return fmt.Errorf("count silent stations: %w", err)
	}
	return nil
}

// countBands counts the stations in each part of the span. Of the parts in which
// a station is blind each gap takes those that no gap before has taken; where
// they begin and end, the number of stations changes.
func (c *coverage) countBands(ctx context.Context) error {
	n := c.question.Bands
	length := c.question.To.Sub(c.question.From)
	if n <= 0 || length <= 0 {
		return nil
	}
	rows, err := c.tx.Query(ctx, `
		WITH missing AS (
			SELECT station_id, from_time AS first, to_time AS last FROM gap WHERE `+c.gapsSQL()+` AND `+blindSQL+`
			UNION  ALL
			SELECT station_id, since, @now FROM (`+c.agentsSQL()+`) AS a
			WHERE  @now::timestamptz >= @from::timestamptz),
		parts AS MATERIALIZED (
			SELECT station_id, `+partOf("GREATEST(first, @from)")+` AS first,
			       `+partOf("LEAST(CASE WHEN last > first THEN last - interval '1 microsecond' ELSE last END, @to)")+` AS last
			FROM   missing)
		SELECT GREATEST(first, before + 1), last + 1, count(*)
		FROM  (SELECT first, last, COALESCE(max(last) OVER (PARTITION BY station_id ORDER BY first ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), -1) AS before
		       FROM   parts) AS p
		WHERE  last > before
		GROUP  BY 1, 2`, c.args)
	if err != nil {
		return fmt.Errorf("count blind stations by time: %w", err)
	}
	changes := make([]int64, n+1)
	var first, end int
	var stations int64
	_, err = pgx.ForEachRow(rows, []any{&first, &end, &stations}, func() error {
		changes[first] += stations
		changes[end] -= stations
		return nil
	})
	if err != nil {
		return fmt.Errorf("count blind stations by time: %w", err)
	}
	c.Bands = make([]CoverageBand, n)
	part := length / time.Duration(n)
	blind := int64(0)
	for i := range c.Bands {
		blind += changes[i]
		c.Bands[i] = CoverageBand{From: c.question.From.Add(time.Duration(i) * part), To: c.question.From.Add(time.Duration(i+1) * part), Stations: blind}
	}
	c.Bands[n-1].To = c.question.To
	return nil
}

// partOf is the SQL of the number of the part in which a time within the span
// lies, from 0. Its end belongs to the last one.
func partOf(at string) string {
	return "LEAST(width_bucket(date_part('epoch', " + at + "), @from_epoch, @to_epoch, @bands), @bands) - 1"
}

// nameExamples names some of the stations, those with the latest gaps first.
func (c *coverage) nameExamples(ctx context.Context) (err error) {
	if c.question.Examples <= 0 || c.Complete() {
		return nil
	}
	c.Examples, err = collect(ctx, c.tx, "name blind stations", pgx.RowToStructByPos[CoverageExample], `
		WITH blind AS (
			SELECT station_id, max(to_time) AS last FROM gap WHERE `+c.gapsSQL()+` AND `+blindSQL+`
			GROUP  BY station_id ORDER BY last DESC, station_id LIMIT @examples),
		found AS (
			SELECT station_id, 'gap' AS why, 1 AS place, last FROM blind
			UNION  ALL
			SELECT station_id, CASE WHEN silent THEN 'silent' ELSE 'behind' END, CASE WHEN silent THEN 2 ELSE 3 END, since FROM (`+c.agentsSQL()+`) AS a
			WHERE  NOT EXISTS (SELECT FROM blind b WHERE b.station_id = a.station_id))
		SELECT s.id::bigint, s.name, f.why
		FROM   found f JOIN station s ON s.id = f.station_id
		ORDER  BY f.place, f.last DESC, s.id
		LIMIT  @examples`, c.args)
	return err
}
