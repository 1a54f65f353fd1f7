package tasks

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// mostStalls is how often in a row the server may ask for another place in the
// file than the one it was given, before the task fails.
const mostStalls = 5

// fetchFile sends the content of a file, if one of the paths holds a regular
// file with exactly the SHA-256 that is asked for. Nothing of any other file is
// sent: all of it is hashed before, and each piece once more.
func (r *Runner) fetchFile(ctx context.Context, t wire.Task) outcome {
	digest, err := hex.DecodeString(t.SHA256)
	switch {
	case err != nil || len(digest) != 32:
		return failed("the task asks for %.80q, which is no SHA-256", t.SHA256)
	case len(t.Paths) == 0:
		return failed("the task does not say where the file lay")
	case r.cfg.FileBytes <= 0:
		return refused("this client sends no files")
	}
	limit := r.cfg.FileBytes
	if t.MaxBytes > 0 {
		limit = min(limit, t.MaxBytes)
	}
	select {
	case r.fetching <- struct{}{}:
		defer func() { <-r.fetching }()
	case <-ctx.Done():
		return failed("cancelled")
	}
	var why []string
	for _, path := range t.Paths {
		c, err := r.open(ctx, path, [32]byte(digest), limit)
		if err != nil {
			if ctx.Err() != nil {
				return failed("cancelled")
			}
			why = append(why, fmt.Sprintf("%s: %v", path, err))
			continue
		}
		out, again := r.send(ctx, t, c)
		c.close()
		if !again {
			return out
		}
		why = append(why, fmt.Sprintf("%s: %s", path, out.message))
	}
	return failed("%s", strings.Join(why, "; "))
}

// send sends the content from where the server is. again says that another path
// may still do.
func (r *Runner) send(ctx context.Context, t wire.Task, c *content) (out outcome, again bool) {
	r.report(ctx, t.ID, outcome{state: wire.TaskRunning, message: fmt.Sprintf("sending %s, %d bytes", c.path, c.size)})
	s := &transfer{server: r.cfg.Server, task: t.ID, content: c, pace: newPace(r.cfg.BytesPerSecond), buffer: make([]byte, wire.MaxChunk)}
	thrownAway := false
	for failures := 0; ctx.Err() == nil && s.stalls < mostStalls; {
		before := s.offset
		whole, err := s.step(ctx)
		if whole {
			return done("sent %s, %d bytes", c.path, c.size), false
		}
		if err == nil {
			if s.offset > before { // an answer alone is no progress
				failures = 0
			}
			continue
		}
		if u, ok := errors.AsType[*unreadableError](err); ok {
			return failed("%v", u.err), true
		}
		s.known = false
		switch code := r.cfg.Code(err); {
		case code == wire.CodeOffset:
			s.stalls++
		case code == wire.CodeMismatch && !thrownAway:
			// What the server had from before was not of this file; it has thrown
			// that away. Each piece that is sent from here on is.
			thrownAway = true
		case code == wire.CodeMismatch, code == wire.CodeMalformed, code == wire.CodeTooLarge:
			return failed("send %s: %v", c.path, err), false
		case code == wire.CodeUnknownTask:
			return failed("cancelled"), false
		default:
			r.log.DebugContext(ctx, "sending a piece of a file failed", "task", t.ID, "offset", s.offset, "err", err)
			pause(ctx, growing(failures))
			failures++
		}
	}
	if ctx.Err() != nil {
		return failed("cancelled"), false
	}
	return failed("the server did not go on: it stays at byte %d of %d", s.offset, c.size), false
}

// A transfer is the sending of one file.
type transfer struct {
	server  Server
	task    int64
	content *content
	pace    *pace
	buffer  []byte

	known  bool  // offset is where the server is
	offset int64 // of the next piece
	stalls int   // in a row, at which the server did not go on
}

// unreadableError says that the station cannot read the file any more.
type unreadableError struct{ err error }

func (e *unreadableError) Error() string { return e.err.Error() }

// step asks where the server is, or sends the next piece, and tells whether the
// server has the whole file.
func (s *transfer) step(ctx context.Context) (whole bool, err error) {
	var received *wire.Received
	if !s.known {
		received, err = s.server.Received(ctx, s.task)
	} else {
		received, err = s.sendPiece(ctx)
	}
	switch {
	case err != nil:
		return false, err
	case received.Done:
		return true, nil
	case s.known && received.Bytes <= s.offset, received.Bytes < 0, received.Bytes > s.content.size:
		s.stalls++
	case s.known: // a piece was taken, and not only a question answered
		s.stalls = 0
	}
	s.known, s.offset = true, min(max(received.Bytes, 0), s.content.size)
	return false, nil
}

func (s *transfer) sendPiece(ctx context.Context) (*wire.Received, error) {
	piece, err := s.content.piece(s.buffer, s.offset)
	if err != nil {
		return nil, &unreadableError{err}
	}
	if err := s.pace.wait(ctx, len(piece)); err != nil {
		return nil, err
	}
	return s.server.Send(ctx, s.task, s.offset, s.content.size, piece)
}

// pace keeps an average below a number of bytes per second.
type pace struct {
	perSecond int64
	began     time.Time
	bytes     int64
}

func newPace(perSecond int64) *pace { return &pace{perSecond: perSecond, began: time.Now()} }

// wait waits until n more bytes are in order.
func (p *pace) wait(ctx context.Context, n int) error {
	if p.perSecond <= 0 {
		return ctx.Err()
	}
	due := p.began.Add(time.Duration(float64(p.bytes) / float64(p.perSecond) * float64(time.Second)))
	p.bytes += int64(n)
	if d := time.Until(due); d > 0 {
		pause(ctx, d)
	}
	return ctx.Err()
}

var (
	errMoved    = errors.New("the file changed while it was being sent")
	errNotThere = errors.New("there is no such file (any more)")
)
