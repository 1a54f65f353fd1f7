package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// intern gives ids to every text and binary of what will be stored.
func (w *writer) intern(ctx context.Context) error {
	for _, r := range w.starts {
		w.words.wantAccount(r.User, r.UserSID)
		w.words.wantAccount(r.ParentUser, "")
		for _, p := range [...]string{r.Image, r.CurrentDirectory, r.ParentImage, r.GrandparentImage} {
			w.words.wantPath(p)
		}
		w.words.wantLine(r.ParentCommandLine)
	}
	for _, r := range w.stops {
		w.words.wantAccount(r.User, r.UserSID)
		w.words.wantPath(r.Image)
	}
	// A process without a known user or image still has a row for "".
	w.words.accounts[account{}], w.words.paths[""] = 0, 0
	if err := w.words.resolve(ctx); err != nil {
		return err
	}
	return w.internFiles(ctx)
}

// internFiles gives ids to the names of imported files. They are few.
func (w *writer) internFiles(ctx context.Context) error {
	names := map[string]int64{}
	for _, r := range w.starts {
		names[r.SourceFile] = 0
	}
	for _, r := range w.stops {
		names[r.SourceFile] = 0
	}
	delete(names, "")
	for name := range names {
		var id int64
		// The update is what makes RETURNING give the row that is there already.
		err := w.tx.QueryRow(ctx, `
			WITH old AS (SELECT id FROM import_file WHERE name = $1),
			     new AS (INSERT INTO import_file (name) SELECT $1 WHERE NOT EXISTS (SELECT FROM old)
			             ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id)
			SELECT id FROM old UNION ALL SELECT id FROM new`, name).Scan(&id)
		if err != nil {
			return fmt.Errorf("name import file %q: %w", name, err)
		}
		names[name] = id
	}
	w.files = names
	return nil
}

var startColumns = []string{
	"started", "station_id", "process_key", "parent_key", "parent_started", "binary_id", "parent_binary_id",
	"pid", "parent_pid", "creator_pid", "logon_id", "seq", "boot_id", "process_seq", "source_record",
	"privileges", "privileges_default", "privileges_present",
	"account_id", "image_id", "directory_id", "parent_image_id", "parent_line_id", "parent_account_id", "grandparent_image_id", "source_file_id",
	"session", "kind", "sensor", "integrity", "elevation", "flags", "command_line", "package",
}

func (w *writer) copyStarts(ctx context.Context) error {
	var rows []*startRow
	for _, r := range w.starts {
		if !r.known {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := w.tx.CopyFrom(ctx, pgx.Identifier{"process_start"}, startColumns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		r := rows[i]
		var parentKey, parentStarted, parentBinary any
		if !r.parents.IsZero() {
			parentKey = [16]byte(r.parents)
		}
		switch {
		case r.parent != nil:
			parentStarted = r.parent.started
			parentBinary = r.parent.id()
		case !r.ParentStarted.IsZero():
			parentStarted = r.ParentStarted
		}
		return []any{
			r.self.started, r.self.station, [16]byte(r.self.key), parentKey, parentStarted, r.binary.id, parentBinary,
			int64(r.PID), orNull(int64(r.ParentPID)), orNull(int64(r.CreatorPID)), orNull(int64(r.LogonID)), orNull(int64(r.Seq)),
			orNull(int64(r.BootID)), orNull(int64(r.ProcessSeq)), orNull(int64(r.SourceRecord)),
			privilegeMask(r.Privileges), privilegeMask(r.PrivilegesDefault), privilegeMask(r.PrivilegesPresent),
			w.words.accounts[account{r.User, r.UserSID}], w.words.paths[r.Image], orNull(w.words.paths[r.CurrentDirectory]),
			w.pathOrNull(r.ParentImage), orNull(w.words.lines[r.ParentCommandLine]), w.accountOrNull(r.ParentUser),
			w.pathOrNull(r.GrandparentImage), orNull(w.files[r.SourceFile]),
			session(r.Session), kindCode[r.Kind], sensorCode[r.Sensor], codeOrNull(integrityCode, r.Integrity), codeOrNull(elevationCode, r.Elevation),
			flagsOf(r.Process), r.CommandLine, textOrNull(r.Package),
		}, nil
	}))
	if err != nil {
		return fmt.Errorf("copy %d starts: %w", len(rows), err)
	}
	return nil
}

// id returns the binary's id, whether it was stored before or is being stored.
func (s *started) id() int64 {
	if s.binary != nil {
		return s.binary.id
	}
	return s.binaryID
}

var stopColumns = []string{
	"started", "stopped", "station_id", "process_key", "pid", "seq", "source_record", "exit_code",
	"handles", "threads", "kernel_time_us", "user_time_us", "cpu_cycles", "read_ops", "write_ops", "other_ops", "read_bytes", "write_bytes", "other_bytes",
	"hard_faults", "page_faults", "commit_charge", "commit_peak", "peak_working_set", "peak_virtual_size", "peak_pagefile", "peak_paged_pool", "peak_nonpaged_pool",
	"account_id", "image_id", "source_file_id", "sensor", "start_known",
}

func (w *writer) copyStops(ctx context.Context) error {
	var rows []*stopRow
	for _, r := range w.stops {
		if !r.known {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := w.tx.CopyFrom(ctx, pgx.Identifier{"process_stop"}, stopColumns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		r := rows[i]
		var exit any
		if r.ExitCode != nil {
			exit = int64(*r.ExitCode)
		}
		values := []any{
			r.started, r.Time.Truncate(time.Microsecond), r.station, [16]byte(r.key), int64(r.PID), orNull(int64(r.Seq)), orNull(int64(r.SourceRecord)), exit,
		}
		values = append(values, statistics(r.Statistics)...)
		return append(values, w.accountOrNull2(r.User, r.UserSID), w.pathOrNull(r.Image), orNull(w.files[r.SourceFile]), sensorCode[r.Sensor], r.startKnown), nil
	}))
	if err != nil {
		return fmt.Errorf("copy %d stops: %w", len(rows), err)
	}
	return w.noteLongestRun(ctx, rows)
}

// noteLongestRun keeps how long any process has run. It writes only when there
// is a new record, which is rare.
func (w *writer) noteLongestRun(ctx context.Context, stops []*stopRow) error {
	var longest time.Duration
	for _, r := range stops {
		longest = max(longest, r.Time.Sub(r.started))
	}
	if _, err := w.tx.Exec(ctx, `UPDATE longest_run SET longest = $1 WHERE longest < $1::interval`, longest+time.Second); err != nil {
		return fmt.Errorf("note the longest run: %w", err)
	}
	return nil
}

// statistics returns the 20 figures in the order of stopColumns.
func statistics(s *event.Statistics) []any {
	if s == nil {
		return make([]any, 20)
	}
	values := make([]any, 0, 20)
	for _, v := range [...]uint64{
		s.Handles, s.Threads, s.KernelTimeUS, s.UserTimeUS, s.CPUCycles, s.ReadOps, s.WriteOps, s.OtherOps, s.ReadBytes, s.WriteBytes, s.OtherBytes,
		s.HardFaults, s.PageFaults, s.CommitCharge, s.CommitPeak, s.PeakWorkingSet, s.PeakVirtualSize, s.PeakPagefile, s.PeakPagedPool, s.PeakNonpaged,
	} {
		values = append(values, int64(min(v, 1<<63-1)))
	}
	return values
}

func (w *writer) pathOrNull(text string) any {
	if text == "" {
		return nil
	}
	return w.words.paths[text]
}

func (w *writer) accountOrNull(name string) any { return w.accountOrNull2(name, "") }

func (w *writer) accountOrNull2(name, sid string) any {
	if name == "" && sid == "" {
		return nil
	}
	return w.words.accounts[account{name, sid}]
}

func orNull(v int64) any {
	if v == 0 {
		return nil
	}
	return v
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func session(s *uint32) any {
	if s == nil {
		return nil
	}
	return int64(*s)
}

func privilegeMask(s *event.PrivilegeSet) any {
	if s == nil {
		return nil
	}
	return int64(*s)
}

func codeOrNull[K ~string](codes map[K]int16, value K) any {
	if code, ok := codes[value]; ok {
		return code
	}
	return nil
}

func flagsOf(p *event.Process) int16 {
	var f int16
	if p.WOW64 {
		f |= flagWOW64
	}
	if p.Protected {
		f |= flagProtected
	}
	if p.Packaged {
		f |= flagPackaged
	}
	if p.Elevated != nil {
		if *p.Elevated {
			f |= flagElevated
		} else {
			f |= flagNotElevated
		}
	}
	return f
}
