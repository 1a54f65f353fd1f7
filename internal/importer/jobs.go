package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// JobStore keeps the state of imports.
type JobStore interface {
	AddImport(ctx context.Context, name, user string, bytes int64) (*store.Import, error)
	SaveImport(ctx context.Context, i *store.Import) error
}

// Jobs imports files that were uploaded, a few at a time, in the background.
// Where one stands is in the database; a server that dies leaves its imports
// to be seen as interrupted, and importing the file again completes them.
type Jobs struct {
	dir   string                 // where uploads wait; emptied at the start
	limit int64                  // greatest size of an upload in bytes
	guard func(need int64) error // refuses uploads for which there is no space; may be nil
	store JobStore
	in    Ingester
	log   *slog.Logger

	ctx     context.Context // ends all imports
	stop    context.CancelFunc
	slots   chan struct{}
	running sync.WaitGroup
}

// concurrentImports is how many files are imported at once: reading one keeps
// a core busy, storing it the database.
const concurrentImports = 2

// NewJobs makes dir and empties it of what an earlier server left.
func NewJobs(dir string, limit int64, guard func(need int64) error, s JobStore, in Ingester, log *slog.Logger) (*Jobs, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("empty the folder for uploads: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for uploads: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Jobs{dir: dir, limit: limit, guard: guard, store: s, in: in, log: log, ctx: ctx, stop: stop, slots: make(chan struct{}, concurrentImports)}, nil
}

// Limit returns the greatest size of an upload in bytes.
func (j *Jobs) Limit() int64 { return j.limit }

// Close stops all imports after their current transaction and waits for them.
func (j *Jobs) Close() {
	j.stop()
	j.running.Wait()
}

// TooLarge is the error for an upload above the limit.
func (j *Jobs) TooLarge(size int64) error {
	what := "the file"
	if size > 0 {
		what = fmt.Sprintf("the file has %s; it", mebibytes(size))
	}
	e := fault.New(fault.TooLarge, "%s is larger than the %s that an upload may have; import it on the server with \"eljefe import\", or raise --max-upload", what, mebibytes(j.limit)).Coded("upload_too_large")
	e.Params["most_bytes"] = j.limit
	return e
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// Receive takes an upload of size bytes, -1 if unknown, and begins its import.
func (j *Jobs) Receive(ctx context.Context, log Log, user string, size int64, body io.Reader) (*store.Import, error) {
	name := strings.TrimSpace(filepath.Base(strings.ReplaceAll(log.Name, `\`, "/")))
	if name == "" || name == "." || name == "/" {
		return nil, fault.Invalidf("the file has no name; give one with ?name=").Coded("import_no_name")
	}
	if size > j.limit {
		return nil, j.TooLarge(size)
	}
	if j.guard != nil {
		if err := j.guard(size); err != nil {
			return nil, err
		}
	}
	job, err := j.store.AddImport(ctx, name, user, max(size, 0))
	if err != nil {
		return nil, err
	}
	path, n, err := j.receive(body)
	if err != nil {
		job.State = "failed"
		giveReasons(job, reasonFor(err))
		// The upload may have failed because the caller is gone; its state is kept all the same.
		err = errors.Join(err, j.store.SaveImport(context.WithoutCancel(ctx), job))
		return nil, err
	}
	job.State, job.Bytes = "running", n
	if err := j.store.SaveImport(ctx, job); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	started := *job
	j.running.Go(func() { j.run(job, path, log.Station) })
	return &started, nil
}

// receive writes body to a file of its own.
func (j *Jobs) receive(body io.Reader) (path string, n int64, err error) {
	file, err := os.CreateTemp(j.dir, "upload-")
	if err != nil {
		return "", 0, diskError(err)
	}
	n, err = io.Copy(file, io.LimitReader(body, j.limit+1))
	err = errors.Join(err, file.Close())
	if err == nil && n > j.limit {
		err = j.TooLarge(0)
	}
	if err != nil {
		return "", 0, errors.Join(diskError(err), os.Remove(file.Name()))
	}
	return file.Name(), n, nil
}

// diskError gives a full disk its words; other errors pass.
func diskError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(fault.Unavailable, err, "the server's disk is full; free space in its data directory, then import the file again").Coded("disk_full_upload")
	}
	return err
}

// reasonFor says to people why an import failed.
func reasonFor(err error) fault.Text {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind != fault.Internal {
		return fault.TextOf(e)
	}
	if errors.Is(err, context.Canceled) {
		return fault.Sayf("the import was stopped; import the file again: what was added is not added twice").Coded("import_stopped").Text
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Sayf("the upload broke off; try again").Coded("import_broke_off").Text
	}
	return fault.Sayf("the import failed; the server's log says why").Coded("import_failed").Text
}

func (j *Jobs) run(job *store.Import, path, station string) {
	defer func() {
		if err := os.Remove(path); err != nil {
			j.log.Warn("upload not removed", "path", path, "err", err)
		}
	}()
	_, err := track(j.ctx, j.store, job, func(ctx context.Context, progress func(Summary)) (sum Summary, err error) {
		select {
		case j.slots <- struct{}{}:
			defer func() { <-j.slots }()
		case <-ctx.Done():
			return sum, ctx.Err()
		}
		file, err := os.Open(path)
		if err != nil {
			return sum, fmt.Errorf("open upload: %w", err)
		}
		sum, err = File(ctx, j.in, Log{job.Name, station}, file, job.Bytes, progress)
		return sum, errors.Join(err, file.Close())
	})
	if fault.KindOf(err) == fault.Internal && err != nil && !errors.Is(err, context.Canceled) {
		j.log.Error("import failed", "file", job.Name, "err", err)
	}
}

// Here imports a file that lies on this machine, and keeps its state among the
// imports as that of an upload is kept. station is as in Log.
func Here(ctx context.Context, s JobStore, in Ingester, user, path, station string) (sum Summary, err error) {
	file, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return sum, err
	}
	job, err := s.AddImport(ctx, filepath.Base(path), user, info.Size())
	if err != nil {
		return sum, err
	}
	job.State = "running"
	return track(ctx, s, job, func(ctx context.Context, progress func(Summary)) (Summary, error) {
		return File(ctx, in, Log{job.Name, station}, file, info.Size(), progress)
	})
}

// track runs an import, stores its progress every second and its end.
func track(ctx context.Context, s JobStore, job *store.Import, run func(context.Context, func(Summary)) (Summary, error)) (Summary, error) {
	var saver sync.WaitGroup
	progress, done, unsaved := make(chan Summary, 1), make(chan struct{}), *job
	saver.Go(func() { saveProgress(ctx, s, unsaved, progress, done) })
	sum, err := run(ctx, func(now Summary) {
		select {
		case progress <- now:
		default: // the one before has not been saved yet
		}
	})
	close(done)
	saver.Wait() // or it might overwrite the final state
	fill(job, sum)
	job.State = "done"
	if err != nil {
		job.State = "failed"
		giveReasons(job, slices.Concat([]fault.Text{reasonFor(err)}, sum.Texts())...)
	}
	if errors.Is(err, context.Canceled) {
		job.State = "interrupted"
	}
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return sum, errors.Join(err, s.SaveImport(save, job))
}

// saveProgress stores the latest progress about once a second until done, and
// says at least every few seconds that the import is alive.
func saveProgress(ctx context.Context, s JobStore, job store.Import, progress <-chan Summary, done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		select {
		case now := <-progress:
			fill(&job, now)
		default:
		}
		// What cannot be saved now is saved a second later, or at the end, which
		// reports its failure.
		_ = s.SaveImport(ctx, &job)
	}
}

func fill(job *store.Import, s Summary) {
	job.BytesDone, job.Records, job.Starts, job.Stops, job.Other = s.BytesDone, s.Records, s.Starts, s.Stops, s.Other
	job.Added, job.Duplicates, job.Damaged, job.Stations = s.Added, s.Duplicates, s.Damaged, s.Stations
	giveReasons(job, s.Texts()...)
}

// giveReasons keeps what there is to say of an import, each with its code for
// the page, and all as one text for whoever has no page.
func giveReasons(job *store.Import, reasons ...fault.Text) {
	job.Reasons, job.Reason = reasons, joined(reasons)
}
