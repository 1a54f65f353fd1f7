package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// StationState is how a station is.
type StationState string

// The states of a station. The first that fits counts.
const (
	StateImported StationState = "imported" // known from files only
	StateRevoked  StationState = "revoked"  // its certificates are refused
	StateRetired  StationState = "retired"  // not expected any more
	StateWaiting  StationState = "waiting"  // enrolled, and never in contact since
	StateSilent   StationState = "silent"   // should report, and does not
	StateOnline   StationState = "online"
)

// SilentAfter is how long a station may be without contact before it counts as
// silent. Agents say hello once a minute.
const SilentAfter = 3 * time.Minute

// StationAgent is what is known of a station that reports by itself, beside its
// events. Most of it is the station's claim, as of its last hello.
type StationAgent struct {
	EnrolmentKey  string // name; "" where it is not there any more
	PartedFrom    int64  // station of which it was a clone; 0: it was none
	PartedName    string // of that
	Labels        []string
	Renamed       bool // the station's name was given by a person
	Enrolled      time.Time
	Retired       *time.Time
	Revoked       *time.Time
	HostName      string
	Fingerprint   string // of the machine
	System        string
	Architecture  string
	AgentVersion  string
	Address       string // that it called from
	BootID        uint64
	Booted        *time.Time
	AgentBegan    *time.Time
	LastContact   *time.Time // by the server's clock; nil: not since it enrolled
	ClockOffsetMS *int64     // server's clock minus the station's
	SensorMode    event.Sensor
	SensorState   string
	Waiting       int64      // records in its spool that the server has not
	OldestWaiting *time.Time // time of the first of them
}

// stationTables has a station and all that is known of it, and stationContact
// when it was last heard of; a station without an agent's row, as tests and
// benchmarks make them, is heard of by its events.
const (
	stationTables = `station s
		LEFT   JOIN station_agent a ON a.station_id = s.id
		LEFT   JOIN enrolment_key k ON k.id = a.enrolment_key_id`
	stationContact = `CASE WHEN a.station_id IS NULL THEN s.last_seen ELSE a.last_contact END`
)

// stationStateSQL is a station's state at the time @now.
var stationStateSQL = fmt.Sprintf(`CASE WHEN s.origin = 'imported' THEN 'imported' WHEN a.revoked IS NOT NULL THEN 'revoked' WHEN a.retired IS NOT NULL THEN 'retired'
		       WHEN a.station_id IS NOT NULL AND a.last_contact IS NULL THEN 'waiting'
		       WHEN `+stationContact+` < @now::timestamptz - interval '%d seconds' THEN 'silent' ELSE 'online' END`, int(SilentAfter.Seconds()))

// agentColumns are for scanAgent; there is no agent where the first is null.
const agentColumns = `a.station_id, COALESCE(k.name, ''), COALESCE(a.parted_from, 0), COALESCE(p.name, ''), COALESCE(a.labels, '{}'), COALESCE(a.renamed, false),
		       COALESCE(a.enrolled, 'epoch'), a.retired, a.revoked, COALESCE(a.host_name, ''), COALESCE(a.fingerprint, ''), COALESCE(a.system, ''), COALESCE(a.architecture, ''),
		       COALESCE(a.agent_version, ''), COALESCE(a.address, ''), COALESCE(a.boot_id, 0), a.booted, a.agent_began, a.last_contact, a.clock_offset_ms,
		       COALESCE(a.sensor_mode, ''), COALESCE(a.sensor_state, ''), COALESCE(a.waiting, 0), a.oldest_waiting`

// into are the places for agentColumns; station stays nil where there is no agent.
func (a *StationAgent) into(station **int64, boot *int64) []any {
	return []any{
		station, &a.EnrolmentKey, &a.PartedFrom, &a.PartedName, &a.Labels, &a.Renamed, &a.Enrolled, &a.Retired, &a.Revoked, &a.HostName, &a.Fingerprint, &a.System,
		&a.Architecture, &a.AgentVersion, &a.Address, boot, &a.Booted, &a.AgentBegan, &a.LastContact, &a.ClockOffsetMS, &a.SensorMode, &a.SensorState,
		&a.Waiting, &a.OldestWaiting,
	}
}

// StationDetail is all that the page of one station says of it, beside what ran
// there.
type StationDetail struct {
	ListedStation
	Report             json.RawMessage // wire.Hello, the last one; nil: there was none
	Clock              []ClockReading  // newest first
	WeekGaps           int64           // that ended in the last seven days
	CertificateExpires *time.Time      // when the last of its certificates does; nil: none is good
	SameMachine        []NamedStation  // others with its fingerprint: what it was before it was installed anew
}

// ClockReading is what two clocks showed at the same moment.
type ClockReading struct{ Server, Station time.Time }

// NamedStation is a station in few words.
type NamedStation struct {
	ID          int64
	Name        string
	LastContact *time.Time
}

const clockReadings = 20 // shown of a station

// StationDetail returns one station. since is from when recent events are counted.
func (s *Store) StationDetail(ctx context.Context, id int64, now, since time.Time) (*StationDetail, error) {
	var d StationDetail
	err := s.search(ctx, stationTimeLimit, func(tx pgx.Tx) error {
		list, err := fetchStations(ctx, tx, []int64{id}, now, since)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fault.NotFoundf("there is no station %d", id).Coded("no_station", "id")
		}
		d.ListedStation = list[0]
		if d.Agent == nil {
			return nil
		}
		err = tx.QueryRow(ctx, `
			SELECT NULLIF(a.report::text, '{}'), (SELECT count(*) FROM gap WHERE station_id = $1::bigint AND to_time >= $2::timestamptz - interval '7 days'),
			       (SELECT max(expires) FROM station_certificate WHERE station_id = $1::bigint AND revoked IS NULL)
			FROM   station_agent a
			WHERE  a.station_id = $1::bigint`, id, now).Scan(&d.Report, &d.WeekGaps, &d.CertificateExpires)
		if err != nil {
			return fmt.Errorf("read report of station %d: %w", id, err)
		}
		d.Clock, err = collect(ctx, tx, "read clock", pgx.RowToStructByPos[ClockReading], `
			SELECT server_time, station_time FROM station_clock WHERE station_id = $1::bigint ORDER BY server_time DESC LIMIT $2`, id, clockReadings)
		if err != nil {
			return err
		}
		d.SameMachine, err = sameMachine(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// SameMachine returns the other stations whose machines have the same
// fingerprint, the one last heard of first: a machine that was installed anew is
// a new station.
func (s *Store) SameMachine(ctx context.Context, id int64) ([]NamedStation, error) {
	return sameMachine(ctx, s.reads, id)
}

func sameMachine(ctx context.Context, db DB, id int64) ([]NamedStation, error) {
	return collect(ctx, db, "look for the same machine", pgx.RowToStructByPos[NamedStation], `
		SELECT o.station_id::bigint, s.name, o.last_contact
		FROM   station_agent a
		JOIN   station_agent o ON o.fingerprint = a.fingerprint AND o.station_id <> a.station_id
		JOIN   station s ON s.id = o.station_id
		WHERE  a.station_id = $1::bigint AND a.fingerprint <> ''
		ORDER  BY o.last_contact DESC NULLS LAST, o.station_id DESC
		LIMIT  20`, id)
}
