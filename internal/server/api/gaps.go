package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
)

// StationName names a station beside something else.
type StationName struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Gap is a span for which a station's record is incomplete.
type Gap struct {
	ID       int64       `json:"id"`
	Station  StationName `json:"station"`
	Cause    string      `json:"cause" enum:"source_lost,spool_evicted,spool_damaged,enrichment_skipped,agent_off,before_agent,clock_jump,refused,unexplained"`
	From     time.Time   `json:"from" doc:"by the station's clock"`
	To       time.Time   `json:"to"`
	Events   *int64      `json:"events,omitempty" doc:"that are missing or lack something; absent where nobody can know"`
	FirstSeq uint64      `json:"first_seq,omitempty" doc:"of the records that are missing in the station's stream; absent: none are"`
	LastSeq  uint64      `json:"last_seq,omitempty"`
	Detail   string      `json:"detail" doc:"for people: what exactly happened"`
	Received time.Time   `json:"received"`
}

func gapJSON(g *store.Gap) Gap {
	return Gap{
		ID: g.ID, Station: StationName{g.Station, g.StationName}, Cause: string(g.Cause), From: g.From.UTC(), To: g.To.UTC(), Events: g.Events,
		FirstSeq: g.FirstSeq, LastSeq: g.LastSeq, Detail: g.Detail, Received: g.Received.UTC(),
	}
}

type listGapsInput struct {
	StationsInput
	From  time.Time `query:"from" doc:"gaps that end before it are left out"`
	To    time.Time `query:"to" doc:"gaps that begin at it or later are left out"`
	Cause string    `query:"cause" enum:"source_lost,spool_evicted,spool_damaged,enrichment_skipped,agent_off,before_agent,clock_jump,refused,unexplained" doc:"absent: all"`
	PartInput
}

type gapsOutput struct {
	Body struct {
		Gaps []Gap  `json:"gaps" doc:"newest first, by their ends"`
		Next string `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listGaps(ctx context.Context, in *listGapsInput) (*gapsOutput, error) {
	if err := checkRange(in.From, in.To); err != nil {
		return nil, err
	}
	list, next, err := a.Store.Gaps(ctx, store.GapList{
		Stations: in.Station, From: in.From.UTC(), To: in.To.UTC(), Cause: event.Cause(in.Cause), Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &gapsOutput{}
	out.Body.Gaps, out.Body.Next = make([]Gap, len(list)), next
	for i := range list {
		out.Body.Gaps[i] = gapJSON(&list[i])
	}
	return out, nil
}
