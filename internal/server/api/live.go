package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/sse"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

type liveInput struct {
	Q     string `query:"q" maxLength:"16384" doc:"filter"`
	After string `query:"after" maxLength:"160" doc:"the newest event that is shown, by its id or its time; absent: now"`
	conn  *http.ResponseController
}

// Resolve takes hold of the connection, see stream.
func (in *liveInput) Resolve(ctx huma.Context) []error {
	_, w := humago.Unwrap(ctx)
	in.conn = http.NewResponseController(w)
	return nil
}

// stream returns a sender after which the connection may be silent: sse.Sender
// leaves the deadline of its write behind, which would end an idle stream.
func (in *liveInput) stream(send sse.Sender) sse.Sender {
	return func(m sse.Message) error {
		if err := send(m); err != nil {
			return err
		}
		return in.conn.SetWriteDeadline(time.Time{})
	}
}

// LiveNew tells how many events of the filter are newer than after.
type LiveNew struct {
	Count   int64 `json:"count"`
	AtLeast bool  `json:"at_least"`
}

// LiveStored tells that events were stored, new ones or old ones of an import.
type LiveStored struct {
	Count int `json:"count"`
}

// LiveDevices tells that records of USB devices were stored.
type LiveDevices struct {
	Count int `json:"count" doc:"0: there may be some, nobody has counted them"`
}

// LiveStations tells that stations enrolled.
type LiveStations struct {
	Count int `json:"count" doc:"0: there may be some, nobody has counted them"`
}

// LivePing keeps the connection open.
type LivePing struct {
	Time time.Time `json:"time"`
}

// LiveProblem ends the stream: the filter is wrong, or the session has ended.
type LiveProblem struct {
	Detail string         `json:"detail"`
	Code   string         `json:"code,omitempty"`
	Params map[string]any `json:"params,omitempty"`
}

const (
	// However fast events come, a page hears of them this often.
	liveInterval = time.Second
	livePing     = 15 * time.Second
	liveMost     = 1000 // counted up to here
)

func (a *API) liveRoute() {
	sse.Register(a.huma, huma.Operation{
		OperationID: "live-events", Method: http.MethodGet, Path: "/api/v1/events/live", Summary: "Hear of new events as they are stored (server-sent events)",
		Metadata: map[string]any{"access": auth.Viewer}, Security: []map[string][]string{{"session": {}}, {"token": {}}},
	}, map[string]any{"new": LiveNew{}, "stored": LiveStored{}, "devices": LiveDevices{}, "stations": LiveStations{}, "ping": LivePing{}, "problem": LiveProblem{}}, a.live)
}

func (a *API) live(ctx context.Context, in *liveInput, send sse.Sender) {
	send = in.stream(send)
	q, err := query.Parse(in.Q, a.Now())
	var after time.Time
	if err == nil {
		after, err = a.newerThan(ctx, in.After)
	}
	if err != nil {
		p := a.problem(ctx, err)
		_ = send.Data(LiveProblem{p.Detail, p.Code, p.Params}) // if it does not arrive, the caller is gone
		return
	}
	var stored <-chan Stored
	if a.Stored != nil {
		var end func()
		stored, end = a.Stored.Subscribe()
		defer end()
	}
	ping := time.NewTicker(livePing)
	defer ping.Stop()
	if err := send.Data(LivePing{Time: a.Now()}); err != nil {
		return
	}
	var last LiveNew
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.Closing:
			return
		case <-ping.C:
			err = send.Data(LivePing{Time: a.Now()})
		case n := <-stored:
			if n.Devices > 0 || n.Missed {
				if err = send.Data(LiveDevices{Count: n.Devices}); err != nil {
					return
				}
			}
			if n.Stations > 0 || n.Missed {
				if err = send.Data(LiveStations{Count: n.Stations}); err != nil {
					return
				}
			}
			if err = send.Data(LiveStored{Count: n.Events}); err != nil {
				return
			}
			last, err = a.sendNew(ctx, q, after, last, send)
			select {
			case <-ctx.Done():
			case <-time.After(liveInterval):
			}
		}
		if err != nil {
			return
		}
	}
}

// newerThan returns the time that the after parameter stands for.
func (a *API) newerThan(ctx context.Context, after string) (time.Time, error) {
	if after == "" {
		return a.Now(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, after); err == nil {
		return t, nil
	}
	process, kind, _ := cutLast(after, "-")
	ref, err := store.ParseProcessRef(process)
	if err != nil {
		return time.Time{}, fault.Invalidf("after=%.80q is neither a time nor the id of an event", after).Coded("after_unknown", "after")
	}
	e, err := a.Store.Process(ctx, ref)
	if err != nil {
		return time.Time{}, err
	}
	if kind == string(event.Stop) {
		return e.Stopped, nil
	}
	return e.Started, nil
}

// cutLast cuts s at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// sendNew tells how many events are newer than after, if that has changed.
func (a *API) sendNew(ctx context.Context, q *query.Query, after time.Time, last LiveNew, send sse.Sender) (LiveNew, error) {
	// One microsecond is the resolution of stored times.
	c, err := a.Store.CountEvents(ctx, store.Search{Query: q, From: after.Add(time.Microsecond), Budget: liveInterval}, liveMost)
	if err != nil {
		if ctx.Err() == nil {
			a.Log.WarnContext(ctx, "new events not counted", "err", err)
		}
		return last, nil // the next time will tell
	}
	now := LiveNew{Count: c.Events, AtLeast: c.AtLeast || !c.Complete}
	if now == last {
		return last, nil
	}
	if err := send.Data(now); err != nil {
		return last, fmt.Errorf("send: %w", err)
	}
	return now, nil
}
