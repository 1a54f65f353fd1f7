package agentapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// Files keeps the files that stations send, piece by piece. Its errors are of
// the kinds Conflict, where the piece does not fit to what it has, and Invalid,
// where the whole is not what was asked for.
type Files interface {
	Has(ctx context.Context, sha256 [32]byte) (bool, error)
	AddPart(ctx context.Context, task, offset int64, r io.Reader) (received int64, err error)
	Received(ctx context.Context, task int64) (int64, error)
	Finish(ctx context.Context, task int64, sha256 [32]byte, size int64) (stored int64, err error)
}

// fileStore is what files need of the database.
type fileStore interface {
	TaskReceived(ctx context.Context, station, id, received, all int64) error
	AddStoredFile(ctx context.Context, f store.StoredFile) error
	StoredFile(ctx context.Context, sha256 []byte) (*store.StoredFile, error)
}

// wanted is a file that a station was asked for.
type wanted struct {
	task   int64
	sha256 [sha256.Size]byte
	most   int64 // bytes; 0: as many as files may have
}

// wanted returns the file that the task in the path is about.
func (a *API) wanted(ctx context.Context, c *call) (*wanted, error) {
	id, err := c.task()
	if err != nil {
		return nil, err
	}
	tasks, err := a.cfg.Store.OpenTasks(ctx, c.number())
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		if t.ID != id || t.Verb != wire.FetchFile {
			continue
		}
		raw, err := hex.DecodeString(t.SHA256)
		if err != nil || len(raw) != sha256.Size {
			return nil, fault.New(fault.Internal, "task %d asks for the file %q", id, t.SHA256)
		}
		return &wanted{task: id, sha256: [sha256.Size]byte(raw), most: t.MaxBytes}, nil
	}
	return nil, fail(http.StatusNotFound, wire.CodeUnknownTask, "station %d is not asked for a file by task %d, or not any more", c.number(), id)
}

// received handles GET wire.PathFile: how much of the file is there.
func (a *API) received(ctx context.Context, c *call) (any, error) {
	w, err := a.wanted(ctx, c)
	if err != nil {
		return nil, err
	}
	// Another station may have sent it, or this one, and the answer was lost.
	if there, err := a.stored(ctx, w); err != nil || there != nil {
		return there, err
	}
	n, err := a.cfg.Files.Received(ctx, w.task)
	if err != nil {
		return nil, err
	}
	return &wire.Received{Bytes: n}, nil
}

// stored returns an answer where the file is there already.
func (a *API) stored(ctx context.Context, w *wanted) (*wire.Received, error) {
	f, err := a.cfg.Store.StoredFile(ctx, w.sha256[:])
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// The row alone is not enough: somebody may have emptied the folder.
	if there, err := a.cfg.Files.Has(ctx, w.sha256); err != nil || !there {
		return nil, err
	}
	return &wire.Received{Bytes: f.Bytes, Done: true}, nil
}

// receive handles PUT wire.PathFile: a piece of a file, and with final=true that
// there is no more to come.
func (a *API) receive(ctx context.Context, c *call) (any, error) {
	const most = 1 << 62
	offset, err := c.parameter("offset", 0, most)
	if err != nil {
		return nil, err
	}
	all, err := c.parameter("size", 0, most)
	if err != nil {
		return nil, err
	}
	w, err := a.wanted(ctx, c)
	if err != nil {
		return nil, err
	}
	if !a.sending.try(-w.task) { // apart from the numbers of stations
		return nil, busy("another piece of task %d is being stored", w.task)
	}
	defer a.sending.release(-w.task)
	there, err := a.stored(ctx, w)
	if err != nil {
		return nil, err
	}
	if there != nil {
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(c.w, c.Body, wire.MaxChunk)); err != nil {
			return nil, bodyError(err)
		}
		return there, c.arrived()
	}
	received, err := a.addPart(ctx, c, w, offset)
	if err != nil {
		return nil, err
	}
	if c.URL.Query().Get("final") != "true" {
		return &wire.Received{Bytes: received}, unknownTask(a.cfg.Store.TaskReceived(ctx, c.number(), w.task, received, all))
	}
	return a.finish(ctx, c, w, received)
}

// addPart keeps a piece and returns how much there is then.
func (a *API) addPart(ctx context.Context, c *call, w *wanted, offset int64) (int64, error) {
	before, err := a.cfg.Files.Received(ctx, w.task)
	if err != nil {
		return 0, err
	}
	if offset != before {
		return 0, fail(http.StatusConflict, wire.CodeOffset, "the piece begins at %d, and %d bytes have arrived: go on there", offset, before)
	}
	limit := int64(wire.MaxChunk)
	if w.most > 0 {
		limit = min(limit, w.most-before)
	}
	if limit < 0 || c.ContentLength > limit {
		return 0, tooLarge("a piece may have %d bytes, and the file %d", wire.MaxChunk, w.most)
	}
	received, err := a.cfg.Files.AddPart(ctx, w.task, offset, http.MaxBytesReader(c.w, c.Body, limit))
	if e, ok := isFault(err, fault.Conflict); ok {
		return 0, fail(http.StatusConflict, wire.CodeOffset, "%s", e.Message)
	}
	if err != nil {
		return 0, err
	}
	return received, c.arrived()
}

// finish takes the file as whole.
func (a *API) finish(ctx context.Context, c *call, w *wanted, size int64) (*wire.Received, error) {
	kept, err := a.cfg.Files.Finish(ctx, w.task, w.sha256, size)
	if e, ok := isFault(err, fault.Invalid); ok {
		return nil, fail(http.StatusUnprocessableEntity, wire.CodeMismatch, "%s", e.Message)
	}
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Store.AddStoredFile(ctx, store.StoredFile{SHA256: w.sha256, Bytes: size, Stored: kept, Task: w.task, Station: c.number()}); err != nil {
		return nil, err
	}
	if err := a.cfg.Store.TaskReceived(ctx, c.number(), w.task, size, size); err != nil {
		return nil, unknownTask(err)
	}
	return &wire.Received{Bytes: size, Done: true}, nil
}
