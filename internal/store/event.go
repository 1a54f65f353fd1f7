package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// ProcessRef names a process in the fleet: its station, when it started (UTC,
// to the microsecond) and its key.
type ProcessRef struct {
	Station int64
	Started time.Time
	Key     event.Key
}

// String returns the form used in addresses: station-microseconds-key.
func (r ProcessRef) String() string {
	return strconv.FormatInt(r.Station, 10) + "-" + strconv.FormatInt(r.Started.UnixMicro(), 36) + "-" + hex.EncodeToString(r.Key[:])
}

// ParseProcessRef reads what String writes.
func ParseProcessRef(s string) (ProcessRef, error) {
	parts := strings.Split(s, "-")
	if len(parts) == 3 {
		station, err1 := strconv.ParseInt(parts[0], 10, 64)
		micros, err2 := strconv.ParseInt(parts[1], 36, 64)
		key, ok := event.ParseKey(parts[2])
		if err1 == nil && err2 == nil && ok && station > 0 && station <= math.MaxInt32 && micros > -1<<51 && micros < 1<<53 {
			return ProcessRef{station, time.UnixMicro(micros).UTC(), key}, nil
		}
	}
	return ProcessRef{}, fault.NotFoundf("%.80q is not the id of a process", s).Coded("process_id", "text")
}

// Event is a stored event, with what the store knows about its process.
type Event struct {
	event.Process // as reported, with the parent as resolved

	Ref            ProcessRef
	Parent         *ProcessRef // nil: not stored, or nobody knows
	StationID      int64
	BinaryID       int64
	ParentBinaryID int64
	Stopped        time.Time // zero: no stop is known
	StartKnown     bool      // false: only the stop is stored
	Prevalence     int64     // stations that have run the binary
	Runs           int64     // of the binary, in the fleet
	LaunchStations int64     // on which the parent's binary has started this one; 0: the parent is not stored
	LaunchRuns     int64     // how often it did
}

// eventRef names an event: a process and which of its events.
type eventRef struct {
	ProcessRef
	kind event.Kind
}

// fetchEvents returns the events that refs name, in that order. Those that are
// not stored (any more) are left out.
func fetchEvents(ctx context.Context, tx DB, refs []eventRef) ([]Event, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	n := len(refs)
	stations, times, keys := make([]int64, n), make([]time.Time, n), make([][16]byte, n)
	first, last := refs[0].Started, refs[0].Started
	for i, r := range refs {
		stations[i], times[i], keys[i] = r.Station, r.Started, r.Key
		if r.Started.Before(first) {
			first = r.Started
		}
		if r.Started.After(last) {
			last = r.Started
		}
	}
	rows, err := tx.Query(ctx, fetchEventsSQL, pgx.NamedArgs{"stations": stations, "times": times, "keys": keys, "first": first, "last": last})
	if err != nil {
		return nil, fmt.Errorf("fetch events: %w", err)
	}
	events := make([]Event, 0, n)
	binaries := map[int64][2]int64{}
	var row eventRow
	_, err = pgx.ForEachRow(rows, row.targets(), func() error {
		e := row.event(refs[row.n-1])
		if e == nil {
			return nil
		}
		binaries[e.BinaryID] = [2]int64{}
		events = append(events, *e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("fetch events: %w", err)
	}
	if err := fetchPrevalence(ctx, tx, binaries); err != nil {
		return nil, err
	}
	for i := range events {
		p := binaries[events[i].BinaryID]
		events[i].Prevalence, events[i].Runs = p[0], p[1]
	}
	return events, fetchLaunches(ctx, tx, events)
}

// fetchPrevalence fills in stations and runs of each binary: the totals, and
// what has not been folded into them yet.
func fetchPrevalence(ctx context.Context, tx DB, of map[int64][2]int64) error {
	delete(of, 0)
	ids := make([]int64, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `
		SELECT binary_id, sum(stations)::bigint, sum(runs)::bigint
		FROM  (SELECT binary_id, stations, runs FROM binary_total     WHERE binary_id = ANY ($1)
		       UNION ALL
		       SELECT binary_id, stations, runs FROM prevalence_delta WHERE binary_id = ANY ($1)) AS p
		GROUP  BY binary_id`, ids)
	if err != nil {
		return fmt.Errorf("fetch prevalence: %w", err)
	}
	var id, stations, runs int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &stations, &runs}, func() error { of[id] = [2]int64{stations, runs}; return nil }); err != nil {
		return fmt.Errorf("fetch prevalence: %w", err)
	}
	return nil
}

// The look-ups are LATERAL with LIMIT: one probe of one partition each, which
// keeps the join on the station (the distribution key) and out of hash joins.
const fetchEventsSQL = `
	SELECT w.n, s.station_id IS NOT NULL, t.station_id IS NOT NULL, station.id, station.name, station.origin,
	       s.kind, s.parent_key, s.parent_started, COALESCE(s.binary_id, t.binary_id), s.parent_binary_id, COALESCE(s.pid, t.pid), s.parent_pid, s.creator_pid,
	       s.logon_id, s.seq, s.boot_id, s.process_seq, s.source_record, p.privileges, p.privileges_default, p.privileges_present, p.capabilities, p.capabilities_permitted,
	       s.session, COALESCE(s.sensor, t.sensor), s.integrity, s.elevation, s.flags, COALESCE(s.command_line, ''), COALESCE(s.package, ''),
	       COALESCE(image.text, ''), COALESCE(directory.text, ''), COALESCE(parent_image.text, ''), COALESCE(grandparent.text, ''),
	       COALESCE(line.text, ''), COALESCE(account.name, ''), COALESCE(account.sid, ''), COALESCE(parent_account.name, ''),
	       COALESCE(stop_image.text, ''), COALESCE(stop_account.name, ''), COALESCE(stop_account.sid, ''),
	       COALESCE(start_file.name, ''), COALESCE(stop_file.name, ''),
	       COALESCE(encode(b.sha256, 'hex'), ''), COALESCE(encode(b.sha1, 'hex'), ''), COALESCE(encode(b.md5, 'hex'), ''), COALESCE(encode(b.imphash, 'hex'), ''),
	       COALESCE(b.file_size, 0), COALESCE(b.original_file_name, ''), COALESCE(b.description, ''), COALESCE(b.product, ''), COALESCE(b.company, ''),
	       COALESCE(b.file_version, ''), COALESCE(b.signer, ''), b.signed,
	       COALESCE(b.architecture, ''), b.entry_entropy, COALESCE(encode(b.entry_sha256, 'hex'), ''), b.compiled,
	       COALESCE(container.text, ''), COALESCE(namespaces.text, ''), COALESCE(start_missing.text, ''), COALESCE(stop_missing.text, ''), COALESCE(t.inferred, false),
	       t.stopped, t.start_known, t.seq, t.source_record, t.sensor, t.exit_code,
	       t.handles, t.threads, t.kernel_time_us, t.user_time_us, t.cpu_cycles, t.read_ops, t.write_ops, t.other_ops, t.read_bytes, t.write_bytes, t.other_bytes,
	       t.hard_faults, t.page_faults, t.commit_charge, t.commit_peak, t.peak_working_set, t.peak_virtual_size, t.peak_pagefile, t.peak_paged_pool, t.peak_nonpaged_pool, t.large
	FROM   unnest(@stations::bigint[], @times::timestamptz[], @keys::uuid[]) WITH ORDINALITY AS w (station_id, started, process_key, n)
	JOIN   station ON station.id = w.station_id
	LEFT   JOIN LATERAL (
		SELECT * FROM process_start s
		WHERE  s.station_id = w.station_id AND s.started = w.started AND s.process_key = w.process_key AND s.started >= @first AND s.started <= @last
		LIMIT  1) AS s ON true
	LEFT   JOIN LATERAL (
		SELECT * FROM process_stop t
		WHERE  t.station_id = w.station_id AND t.started = w.started AND t.process_key = w.process_key AND t.started >= @first AND t.started <= @last
		LIMIT  1) AS t ON true
	LEFT   JOIN path image             ON image.id = s.image_id
	LEFT   JOIN path stop_image        ON stop_image.id = t.image_id
	LEFT   JOIN path directory         ON directory.id = s.directory_id
	LEFT   JOIN path parent_image      ON parent_image.id = s.parent_image_id
	LEFT   JOIN path grandparent       ON grandparent.id = s.grandparent_image_id
	LEFT   JOIN line                   ON line.id = s.parent_line_id
	LEFT   JOIN account                ON account.id = s.account_id
	LEFT   JOIN account stop_account   ON stop_account.id = t.account_id
	LEFT   JOIN account parent_account ON parent_account.id = s.parent_account_id
	LEFT   JOIN import_file start_file ON start_file.id = s.source_file_id
	LEFT   JOIN import_file stop_file  ON stop_file.id = t.source_file_id
	LEFT   JOIN privilege_set p        ON p.id = s.privilege_set_id
	LEFT   JOIN label container        ON container.id = s.container_id
	LEFT   JOIN label namespaces       ON namespaces.id = s.namespaces_id
	LEFT   JOIN label start_missing    ON start_missing.id = s.missing_id
	LEFT   JOIN label stop_missing     ON stop_missing.id = t.missing_id
	LEFT   JOIN binary_file b          ON b.id = COALESCE(s.binary_id, t.binary_id)
	ORDER  BY w.n`

// eventRow receives a row of fetchEventsSQL.
type eventRow struct {
	n                           int64
	hasStart, hasStop           bool
	stationID                   int64
	station, origin             string
	kind                        *int16
	parentKey                   *[16]byte
	parentStarted               *time.Time
	binaryID, parentBinaryID    *int64
	pid                         *int64
	parentPID, creatorPID       *int64
	logonID, seq, bootID        *int64
	processSeq, record          *int64
	priv, privDefault, privHeld *int64
	capable, capablePermitted   *int64
	session                     *int64
	sensor                      *int16
	integrity, elevation, flags *int16
	commandLine, pkg            string
	image, directory            string
	parentImage, grandparent    string
	line, user, sid, parentUser string
	stopImage, stopUser         string
	stopSID                     string
	startFile, stopFile         string
	sha256, sha1, md5, imphash  string
	size                        int64
	original, description       string
	product, company            string
	version, signer             string
	signed                      *bool
	architecture, entry         string
	entropy                     *int64
	compiled                    *time.Time
	container, namespaces       string
	startMissing, stopMissing   string
	inferred                    bool
	stopped                     *time.Time
	startKnown                  *bool
	stopSeq, stopRecord         *int64
	stopSensor                  *int16
	exit                        *int64
	figures                     [len(statistics{})]*int64
	large                       []int64 // the same where they are too large for that
}

func (r *eventRow) targets() []any {
	t := []any{
		&r.n, &r.hasStart, &r.hasStop, &r.stationID, &r.station, &r.origin,
		&r.kind, &r.parentKey, &r.parentStarted, &r.binaryID, &r.parentBinaryID, &r.pid, &r.parentPID, &r.creatorPID,
		&r.logonID, &r.seq, &r.bootID, &r.processSeq, &r.record, &r.priv, &r.privDefault, &r.privHeld, &r.capable, &r.capablePermitted,
		&r.session, &r.sensor, &r.integrity, &r.elevation, &r.flags, &r.commandLine, &r.pkg,
		&r.image, &r.directory, &r.parentImage, &r.grandparent, &r.line, &r.user, &r.sid, &r.parentUser,
		&r.stopImage, &r.stopUser, &r.stopSID, &r.startFile, &r.stopFile, &r.sha256, &r.sha1, &r.md5, &r.imphash,
		&r.size, &r.original, &r.description, &r.product, &r.company, &r.version, &r.signer, &r.signed,
		&r.architecture, &r.entropy, &r.entry, &r.compiled, &r.container, &r.namespaces, &r.startMissing, &r.stopMissing, &r.inferred,
		&r.stopped, &r.startKnown, &r.stopSeq, &r.stopRecord, &r.stopSensor, &r.exit,
	}
	for i := range r.figures {
		t = append(t, &r.figures[i])
	}
	return append(t, &r.large)
}

// event makes the Event that ref names, or nil where it is not stored.
func (r *eventRow) event(ref eventRef) *Event {
	if ref.kind == event.Stop && !r.hasStop || ref.kind != event.Stop && !r.hasStart {
		return nil
	}
	e := &Event{
		Ref: ref.ProcessRef, StationID: r.stationID, BinaryID: deref(r.binaryID), ParentBinaryID: deref(r.parentBinaryID), StartKnown: r.hasStart,
		Process: event.Process{
			Station: r.station, Origin: event.Origin(r.origin), Sensor: sensorOf(deref(r.sensor)),
			Seq: uint64(deref(r.seq)), SourceFile: r.startFile, SourceRecord: uint64(deref(r.record)),
			PID: uint32(deref(r.pid)), BootID: uint64(deref(r.bootID)), ProcessSeq: uint64(deref(r.processSeq)),
			Image: r.image, CommandLine: r.commandLine, CurrentDirectory: r.directory,
			SHA256: r.sha256, SHA1: r.sha1, MD5: r.md5, IMPHASH: r.imphash, FileSize: uint64(r.size),
			OriginalFileName: r.original, Description: r.description, Product: r.product, Company: r.company, FileVersion: r.version,
			Signer: r.signer, Signed: clone(r.signed), Architecture: r.architecture, EntropyEntry: bitsPerByte(r.entropy), EntrySHA256: r.entry, Missing: r.startMissing,
			User: r.user, UserSID: r.sid, LogonID: uint64(deref(r.logonID)), Package: r.pkg,
			Integrity: nameOf(integrityCode, r.integrity), Elevation: nameOf(elevationCode, r.elevation),
			Privileges: setOf[event.PrivilegeSet](r.priv), PrivilegesDefault: setOf[event.PrivilegeSet](r.privDefault), PrivilegesPresent: setOf[event.PrivilegeSet](r.privHeld),
			Capabilities: setOf[event.CapabilitySet](r.capable), CapabilitiesPermitted: setOf[event.CapabilitySet](r.capablePermitted),
			Container: r.container, Namespaces: r.namespaces,
			ParentPID: uint32(deref(r.parentPID)), ParentImage: r.parentImage, ParentCommandLine: r.line, ParentUser: r.parentUser,
			GrandparentImage: r.grandparent, CreatorPID: uint32(deref(r.creatorPID)),
		},
	}
	r.nameKeys(e, ref.Key)
	if r.session != nil {
		s := uint32(*r.session)
		e.Session = &s
	}
	if r.flags != nil {
		f := *r.flags
		e.WOW64, e.Protected, e.Packaged = f&flagWOW64 != 0, f&flagProtected != 0, f&flagPackaged != 0
		e.AppContainer, e.ImageMismatch = f&flagAppContainer != 0, f&flagImageMismatch != 0
		if f&(flagElevated|flagNotElevated) != 0 {
			elevated := f&flagElevated != 0
			e.Elevated = &elevated
		}
	}
	if r.compiled != nil {
		e.Compiled = r.compiled.UTC()
	}
	if r.parentStarted != nil {
		e.ParentStarted = r.parentStarted.UTC()
		if r.parentKey != nil {
			e.Parent = &ProcessRef{ref.Station, e.ParentStarted, *r.parentKey}
		}
	}
	if deref(r.flags)&flagNumbered != 0 {
		e.BootID, e.ProcessSeq = ref.Key.Numbers()
	}
	if r.hasStart {
		e.Kind, e.Started, e.Time = nameOf(kindCode, r.kind), ref.Started, ref.Started
	}
	if r.hasStop {
		r.addStop(e, ref.kind)
	}
	return e
}

func (r *eventRow) addStop(e *Event, kind event.Kind) {
	e.Stopped, e.Inferred = r.stopped.UTC(), r.inferred
	if r.startKnown != nil && *r.startKnown {
		e.Started = e.Ref.Started
	}
	if r.exit != nil {
		code := uint32(*r.exit)
		e.ExitCode = &code
	}
	if r.figures[0] != nil {
		var f statistics
		for i, v := range r.figures {
			f[i] = uint64(deref(v))
		}
		for i, v := range r.large {
			f[i] = uint64(v)
		}
		e.Statistics = f.event()
	}
	if kind == event.Stop {
		e.Image, e.User, e.UserSID = r.stopImage, r.stopUser, r.stopSID
		e.Kind, e.Time, e.Seq = event.Stop, e.Stopped, uint64(deref(r.stopSeq))
		e.SourceFile, e.SourceRecord, e.Sensor = r.stopFile, uint64(deref(r.stopRecord)), sensorOf(deref(r.stopSensor))
		e.Missing = r.stopMissing
	}
}

// nameKeys sets the identities in the form their source gave them.
func (r *eventRow) nameKeys(e *Event, key event.Key) {
	parent := ""
	if r.parentKey != nil {
		parent = event.Key(*r.parentKey).String()
	}
	if e.Sensor == event.SensorSysmon {
		e.ProcessGUID, e.ParentProcessGUID = key.String(), parent
	} else {
		e.ProcessKey, e.ParentProcessKey = key.String(), parent
	}
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// bitsPerByte is an entropy of so many hundredths.
func bitsPerByte(hundredths *int64) *float64 {
	if hundredths == nil {
		return nil
	}
	e := float64(*hundredths) / 100
	return &e
}

func nameOf[K ~string](codes map[K]int16, code *int16) K {
	if code != nil {
		for name, c := range codes {
			if c == *code {
				return name
			}
		}
	}
	return ""
}

func sensorOf(code int16) event.Sensor { return nameOf(sensorCode, &code) }
