package agentapi

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

const (
	// bodyMemory is how many bytes of batches may be held as they were sent,
	// those that are still arriving included.
	bodyMemory = 256 << 20
	// bodyPiece is by how much a body grows while it arrives: nobody holds more
	// memory than they have sent.
	bodyPiece = 64 << 10
	// mostRefusals is how many refused records an answer names, which agents read
	// up to wire.MaxJSON. The gaps that were noted count all of them.
	mostRefusals = 1000
)

// events handles POST wire.PathEvents: a piece of a station's stream. It is
// answered once everything is on disk.
func (a *API) events(ctx context.Context, c *call) (any, error) {
	stored, err := a.addEvents(ctx, c)
	if err != nil {
		f := a.failure(ctx, err)
		a.metrics.batch(f)
		return nil, f
	}
	a.metrics.batch(nil)
	return stored, nil
}

func (a *API) addEvents(ctx context.Context, c *call) (*wire.Stored, error) {
	if err := c.wants(wire.ContentBatch); err != nil {
		return nil, err
	}
	// A stream has one end. Who sends it twice at a time can wait, and holds
	// one place in the queue.
	if !a.sending.try(c.number()) {
		return nil, busy("another batch of station %d is being stored", c.number())
	}
	defer a.sending.release(c.number())
	on, err := a.contextOf(c)
	if err != nil {
		return nil, err
	}
	batch, last, err := a.receiveBatch(ctx, c, on)
	if err != nil {
		return nil, err
	}
	defer a.unpacker.release(last)
	res, err := a.cfg.Ingest.Add(ctx, *batch)
	if e, ok := isFault(err, fault.Invalid); ok && errors.Is(err, store.ErrSequence) {
		return nil, fail(http.StatusUnprocessableEntity, wire.CodeSequence, "%s", e.Message)
	}
	if _, ok := isFault(err, fault.Conflict); ok {
		return nil, fail(http.StatusUnauthorized, wire.CodeCertificate, "station %d was removed: enrol again", c.number())
	}
	if err != nil {
		return nil, err
	}
	a.metrics.events.Add(float64(res.Starts + res.Stops))
	a.metrics.duplicates.Add(float64(res.Duplicates))
	a.metrics.gaps.Add(float64(res.Gaps))
	a.metrics.refused.Add(float64(len(res.Refused)))
	stored := &wire.Stored{Acknowledged: res.LastSeq}
	if on != nil {
		on.Append(last.name, last.lines)
		stored.NoContext = !a.contexts.keep(c.number(), on, a.cfg.Now())
	}
	for _, r := range res.Refused[:min(len(res.Refused), mostRefusals)] {
		stored.Refused = append(stored.Refused, wire.Refusal{Seq: r.Seq, Reason: r.Reason})
	}
	return stored, nil
}

// receiveBatch takes a batch from the network, at the sender's pace, and then
// decodes it, at ours. on is what it is packed on, last what there is to remember
// of it.
func (a *API) receiveBatch(ctx context.Context, c *call, on *wire.Context) (batch *ingest.LiveBatch, last *tail, err error) {
	body, err := a.receiveBody(c)
	defer a.bodies.give(int64(cap(body)))
	if err != nil {
		return nil, nil, err
	}
	select {
	case a.unpacking <- struct{}{}:
		defer func() { <-a.unpacking }()
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	batch, last, err = a.unpacker.decode(c.Header.Get("Content-Encoding"), body, on)
	if err != nil {
		return nil, nil, err
	}
	batch.Station = c.number()
	return batch, last, nil
}

// receiveBody reads a batch as it was sent. What it returns is taken from
// a.bodies, also with an error.
func (a *API) receiveBody(c *call) (body []byte, err error) {
	if c.ContentLength > wire.MaxBatch {
		return nil, &http.MaxBytesError{Limit: wire.MaxBatch}
	}
	r := http.MaxBytesReader(c.w, c.Body, wire.MaxBatch)
	for {
		if len(body) == cap(body) {
			grown := min(max(bodyPiece, 2*cap(body)), wire.MaxBatch+1)
			if body == nil && c.ContentLength >= 0 {
				grown = min(grown, int(c.ContentLength)+1) // one more, to see the end
			}
			if !a.bodies.take(int64(grown - cap(body))) {
				return body, busy("too many batches arrive at once")
			}
			body = append(make([]byte, 0, grown), body...)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, c.arrived()
		case err != nil:
			return body, bodyError(err)
		}
	}
}
