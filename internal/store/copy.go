package store

import (
	"context"
	"fmt"
	"slices"
	"time"

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
		for _, l := range [...]string{r.Container, r.Namespaces, r.Missing} {
			w.words.wantLabel(l)
		}
		w.words.wantPrivileges(r.Process)
	}
	for _, r := range w.stops {
		w.words.wantAccount(r.User, r.UserSID)
		w.words.wantPath(r.Image)
		w.words.wantLabel(r.Missing)
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
	"started", "process_key", "parent_key", "parent_started", "logon_id", "seq", "boot_id", "process_seq", "source_record",
	"station_id", "binary_id", "parent_binary_id", "account_id", "image_id", "directory_id", "parent_image_id", "parent_line_id",
	"parent_account_id", "grandparent_image_id", "privilege_set_id", "source_file_id", "pid", "parent_pid", "creator_pid", "session",
	"kind", "sensor", "flags", "integrity", "elevation", "command_line", "package",
	"container_id", "namespaces_id", "missing_id",
}

func (w *writer) copyStarts(ctx context.Context) error {
	b := w.copies.begin(len(startColumns))
	for _, r := range w.starts {
		if !r.known {
			w.writeStart(b, r)
		}
	}
	return b.send(ctx, w.tx, "process_start", startColumns)
}

// writeStart writes the columns of startColumns.
func (w *writer) writeStart(b *copyBuffer, r *startRow) {
	b.row()
	b.time(r.self.started)
	b.uuid(r.self.key)
	if r.parents.IsZero() {
		b.null()
	} else {
		b.uuid(r.parents)
	}
	var parentBinary int64
	parentStarted := r.ParentStarted
	if r.parent != nil {
		parentStarted, parentBinary = r.parent.started, r.parent.id()
	}
	b.timeOrNull(parentStarted)
	b.bigintOrNull(r.LogonID)
	b.bigintOrNull(r.Seq)
	flags := flagsOf(r.Process)
	if r.self.key == event.NumberedKey(r.BootID, r.ProcessSeq) {
		flags |= flagNumbered
		b.null()
		b.null()
	} else {
		b.bigintOrNull(r.BootID)
		b.bigintOrNull(r.ProcessSeq)
	}
	b.bigintOrNull(r.SourceRecord)

	b.integer(r.self.station)
	b.integer(r.binary.id)
	b.integerOrNull(parentBinary)
	b.integer(w.words.accounts[account{r.User, r.UserSID}])
	b.integer(w.words.paths[r.Image])
	b.integerOrNull(w.words.path(r.CurrentDirectory))
	b.integerOrNull(w.words.path(r.ParentImage))
	b.integerOrNull(w.words.lines[r.ParentCommandLine])
	b.integerOrNull(w.words.account(r.ParentUser, ""))
	b.integerOrNull(w.words.path(r.GrandparentImage))
	b.integerOrNull(w.words.privileges[privilegesOf(r.Process)])
	b.integerOrNull(w.files[r.SourceFile])
	b.integer(int64(r.PID))
	b.integerOrNull(int64(r.ParentPID))
	b.integerOrNull(int64(r.CreatorPID))
	if r.Session == nil {
		b.null()
	} else {
		b.integer(int64(*r.Session))
	}

	b.smallint(kindCode[r.Kind])
	b.smallint(sensorCode[r.Sensor])
	b.smallint(flags)
	writeCode(b, integrityCode, r.Integrity)
	writeCode(b, elevationCode, r.Elevation)
	b.text(r.CommandLine)
	if r.Package == "" {
		b.null()
	} else {
		b.text(r.Package)
	}
	for _, l := range [...]string{r.Container, r.Namespaces, r.Missing} {
		b.integerOrNull(w.words.labels[l])
	}
}

// writeCode writes the number of a name, NULL for a name that has none.
func writeCode[K ~string](b *copyBuffer, codes map[K]int16, name K) {
	if code, ok := codes[name]; ok {
		b.smallint(code)
	} else {
		b.null()
	}
}

// id returns the id of the process's binary, whether it was stored before or is
// being stored; 0 of nil.
func (s *started) id() int64 {
	switch {
	case s == nil:
		return 0
	case s.binary != nil:
		return s.binary.id
	}
	return s.binaryID
}

var stopColumns = slices.Concat(
	[]string{"started", "stopped", "process_key", "seq", "source_record"},
	statisticColumns[:],
	[]string{
		"station_id", "pid", "exit_code", "binary_id", "account_id", "image_id", "source_file_id", "sensor", "start_known",
		"missing_id", "inferred", "large",
	})

func (w *writer) copyStops(ctx context.Context) error {
	b := w.copies.begin(len(stopColumns))
	var longest time.Duration
	for _, r := range w.stops {
		if !r.known {
			w.writeStop(b, r)
			longest = max(longest, r.Time.Sub(r.started))
		}
	}
	if err := b.send(ctx, w.tx, "process_stop", stopColumns); err != nil {
		return err
	}
	if b.rows == 0 {
		return nil
	}
	return w.noteLongestRun(ctx, longest)
}

// writeStop writes the columns of stopColumns.
func (w *writer) writeStop(b *copyBuffer, r *stopRow) {
	b.row()
	b.time(r.started)
	b.time(r.Time)
	b.uuid(r.key)
	b.bigintOrNull(r.Seq)
	b.bigintOrNull(r.SourceRecord)
	figures := statisticsOf(r.Statistics)
	figures.write(b, r.Statistics != nil)
	b.integer(r.station)
	b.integer(int64(r.PID))
	if r.ExitCode == nil {
		b.null()
	} else {
		b.integer(int64(*r.ExitCode))
	}
	b.integerOrNull(r.start.id())
	b.integerOrNull(w.words.account(r.User, r.UserSID))
	b.integerOrNull(w.words.path(r.Image))
	b.integerOrNull(w.files[r.SourceFile])
	b.smallint(sensorCode[r.Sensor])
	b.boolean(r.startKnown)
	b.integerOrNull(w.words.labels[r.Missing])
	if r.Inferred {
		b.boolean(true)
	} else {
		b.null()
	}
	figures.writeLarge(b)
}

// noteLongestRun keeps how long any process has run. It writes only when there
// is a new record, and asks only where there may be one; both are rare.
func (w *writer) noteLongestRun(ctx context.Context, longest time.Duration) error {
	longest += time.Second
	known := &w.words.cache.longestRun
	if int64(longest) <= known.Load() {
		return nil
	}
	if _, err := w.tx.Exec(ctx, `UPDATE longest_run SET longest = $1 WHERE longest < $1::interval`, longest); err != nil {
		return fmt.Errorf("note the longest run: %w", err)
	}
	w.words.learnt = append(w.words.learnt, func() {
		for old := known.Load(); old < int64(longest) && !known.CompareAndSwap(old, int64(longest)); old = known.Load() {
		}
	})
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
	if p.AppContainer {
		f |= flagAppContainer
	}
	if p.ImageMismatch {
		f |= flagImageMismatch
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
