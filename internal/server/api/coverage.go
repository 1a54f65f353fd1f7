package api

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
)

// Coverage says how complete the record is for the span and the stations that
// an answer is about.
type Coverage struct {
	Complete    bool            `json:"complete" doc:"no station is blind, silent or behind"`
	OfStations  []int64         `json:"of_stations,omitempty" maxItems:"20" doc:"numbers of the stations that the question is bound to; absent: to none, or to more than 20"`
	Gaps        int64           `json:"gaps" doc:"of any cause"`
	Stations    int64           `json:"stations" doc:"that were blind for a part of the span: events of theirs are missing"`
	Lost        int64           `json:"lost" doc:"events that are missing, as far as that is known"`
	LostUnknown bool            `json:"lost_unknown" doc:"and more, that nobody can count"`
	From        *time.Time      `json:"from,omitempty" doc:"of the first blind moment; absent: there is none"`
	To          *time.Time      `json:"to,omitempty" doc:"of the last one"`
	Silent      int64           `json:"silent" doc:"stations that should report and do not, so that nothing is known of the end of the span"`
	Behind      int64           `json:"behind" doc:"stations that are in contact and have not sent all of the span yet"`
	Causes      []CauseCoverage `json:"causes"`
}

// CauseCoverage is what one cause of gaps has done.
type CauseCoverage struct {
	Cause    string `json:"cause"`
	Gaps     int64  `json:"gaps"`
	Stations int64  `json:"stations"`
	Events   int64  `json:"events" doc:"that are missing or lack something, as far as that is known"`
}

// stationsAsked is how many stations a question can be bound to by name.
const stationsAsked = 20

// coverageJSON writes how complete the record of the stations is; nil: of all.
func coverageJSON(c *store.Coverage, of []int64) Coverage {
	if len(of) > stationsAsked {
		of = nil
	}
	j := Coverage{
		Complete: c.Complete(), OfStations: of, Gaps: c.Gaps, Stations: c.Stations, Lost: c.Lost, LostUnknown: c.LostUnknown, Silent: c.Silent, Behind: c.Behind,
		Causes: make([]CauseCoverage, len(c.Causes)),
	}
	if !c.From.IsZero() {
		from, to := c.From.UTC(), c.To.UTC()
		j.From, j.To = &from, &to
	}
	for i, cause := range c.Causes {
		j.Causes[i] = CauseCoverage{string(cause.Cause), cause.Gaps, cause.Stations, cause.Events}
	}
	return j
}

// CoverageBand is a part of a span.
type CoverageBand struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Stations int64     `json:"stations" doc:"that are blind, silent or behind in it"`
}

// CoverageExample is a station whose record is incomplete.
type CoverageExample struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Why  string `json:"why" enum:"gap,silent,behind"`
}

// StationsInput binds a question to stations.
type StationsInput struct {
	Station []int64 `query:"station,explode" maxItems:"20" minimum:"1" doc:"number of a station, once for each; absent: all that report by themselves"`
}

type coverageInput struct {
	From time.Time `query:"from" doc:"absent: 24 hours before to"`
	To   time.Time `query:"to" doc:"exclusive; absent: now"`
	StationsInput
	Bands int `query:"bands" minimum:"0" maximum:"500" doc:"equal parts of the span to tell apart; absent: none"`
}

type coverageOutput struct {
	Body struct {
		Coverage
		Bands    []CoverageBand    `json:"bands" doc:"in their order"`
		Examples []CoverageExample `json:"examples" doc:"up to 20 of the stations, those with the latest gaps first"`
	}
}

const coverageExamples = 20

func (a *API) getCoverage(ctx context.Context, in *coverageInput) (*coverageOutput, error) {
	q := a.question(in.From, in.To, 0)
	q.Stations = in.Station
	if in.From.IsZero() {
		q.From = q.To.Add(-recently)
	}
	if err := checkRange(q.From, q.To); err != nil {
		return nil, err
	}
	q.Bands, q.Examples = in.Bands, coverageExamples
	c, err := a.Store.Coverage(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &coverageOutput{}
	b := &out.Body
	b.Coverage, b.Bands, b.Examples = coverageJSON(c, q.Stations), make([]CoverageBand, len(c.Bands)), make([]CoverageExample, len(c.Examples))
	for i, band := range c.Bands {
		b.Bands[i] = CoverageBand{band.From.UTC(), band.To.UTC(), band.Stations}
	}
	for i, e := range c.Examples {
		b.Examples[i] = CoverageExample(e)
	}
	return out, nil
}

// question asks about a span whose ends may be open, of all stations that report
// by themselves, or of one.
func (a *API) question(from, to time.Time, station int64) store.CoverageQuestion {
	now := a.Now()
	if to.IsZero() {
		to = now
	}
	q := store.CoverageQuestion{From: from.UTC(), To: to.UTC(), Now: now}
	if station != 0 {
		q.Stations = []int64{station}
	}
	return q
}

// coveredSearch is covered, of what a search is about.
func (a *API) coveredSearch(ctx context.Context, s store.Search, main func(context.Context) error) (Coverage, error) {
	return a.covered(ctx, func(ctx context.Context) (q store.CoverageQuestion, err error) {
		q = a.question(s.From, s.To, 0)
		q.Stations, err = a.stationsOf(ctx, s.Query)
		return q, err
	}, main)
}

// covered runs main and, beside it, asks how complete the record is. That this
// cannot be told is an error: an answer that may lack something must say so. Of
// two errors it returns the first; the other may be its consequence.
func (a *API) covered(ctx context.Context, question func(context.Context) (store.CoverageQuestion, error), main func(context.Context) error) (Coverage, error) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	var found *store.Coverage
	var asked []int64
	var work sync.WaitGroup
	work.Go(func() {
		q, err := question(ctx)
		if err == nil {
			asked = q.Stations
			found, err = a.Store.Coverage(ctx, q)
		}
		if err != nil {
			giveUp(err)
		}
	})
	if err := main(ctx); err != nil {
		giveUp(err)
	}
	work.Wait()
	if err := context.Cause(ctx); err != nil {
		return Coverage{}, err
	}
	return coverageJSON(found, asked), nil
}

// known is a question that needs no looking up.
func known(q store.CoverageQuestion) func(context.Context) (store.CoverageQuestion, error) {
	return func(context.Context) (store.CoverageQuestion, error) { return q, nil }
}

// namesLookedUp is how many stations of one name are looked up at most.
const namesLookedUp = 200

// stationsOf returns the stations that a filter is bound to by a term that must
// hold; nil: it may be about any.
func (a *API) stationsOf(ctx context.Context, q *query.Query) ([]int64, error) {
	for _, n := range q.Terms() {
		t, ok := n.(*query.Term)
		if !ok || t.Field == nil {
			continue
		}
		switch t.Field.Name {
		case "station_id":
			if ids, ok := numbersOf(t); ok {
				return ids, nil
			}
		case "station":
			if names, ok := literalsOf(t); ok {
				return a.stationsNamed(ctx, names)
			}
		}
	}
	return nil, nil
}

// numbersOf returns the numbers that a term names one by one.
func numbersOf(t *query.Term) (ids []int64, ok bool) {
	for _, v := range t.Values {
		if v.Op != query.Is {
			return nil, false
		}
		if v.Number <= 1<<31-1 { // no station has a higher one
			ids = append(ids, int64(v.Number))
		}
	}
	return listOf(ids), true
}

// literalsOf returns the texts that a term names, if none has a wildcard.
func literalsOf(t *query.Term) (texts []string, ok bool) {
	for _, v := range t.Values {
		if v.Op != query.Is || len(v.Pattern) != 1 || v.Pattern[0].Wild != query.Literal {
			return nil, false
		}
		texts = append(texts, v.Pattern[0].Text)
	}
	return texts, true
}

// stationsNamed returns the live stations with one of these names, in any case;
// nil where there are too many to tell.
func (a *API) stationsNamed(ctx context.Context, names []string) ([]int64, error) {
	ids := []int64{}
	for _, name := range names {
		for _, show := range [...]store.Shown{store.ShowLive, store.ShowRetired} {
			list, next, err := a.Store.Stations(ctx, store.StationList{Search: name, Show: show, Sort: "name", Limit: namesLookedUp, Now: a.Now(), Since: a.Now()})
			if err != nil {
				return nil, err
			}
			if next != "" {
				return nil, nil
			}
			for _, s := range list {
				if s.Origin == event.Live && strings.EqualFold(s.Name, name) {
					ids = append(ids, s.ID)
				}
			}
		}
	}
	return ids, nil
}
