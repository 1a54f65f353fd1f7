package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
)

// Event is a stored event. Its members have the names of the filter language.
// A start carries its stop's figures once the stop is stored.
type Event struct {
	ID        string `json:"id" doc:"of the event"`
	ProcessID string `json:"process" doc:"of the process; what /processes/{id} takes"`
	StationID int64  `json:"station_id"`
	event.Process

	ParentProcess  string     `json:"parent_process,omitempty" doc:"id of the parent's process, where it is stored"`
	Stopped        *time.Time `json:"stopped,omitempty"`
	DurationMS     *int64     `json:"duration_ms,omitempty" doc:"how long the process ran"`
	BinaryID       int64      `json:"binary_id,omitempty"`
	ParentBinaryID int64      `json:"parent_binary_id,omitempty"`
	Prevalence     int64      `json:"prevalence,omitempty" doc:"stations that have run the binary"`
	Runs           int64      `json:"runs,omitempty" doc:"of the binary, in the fleet"`
	LaunchStations int64      `json:"launch_stations,omitempty" doc:"on which the parent's binary has started this one; absent: the parent is not stored"`
	LaunchRuns     int64      `json:"launch_runs,omitempty" doc:"how often it has"`
}

func eventJSON(e *store.Event) Event {
	j := Event{
		ProcessID: e.Ref.String(), StationID: e.StationID, Process: e.Process, BinaryID: e.BinaryID, ParentBinaryID: e.ParentBinaryID,
		Prevalence: e.Prevalence, Runs: e.Runs, LaunchStations: e.LaunchStations, LaunchRuns: e.LaunchRuns,
	}
	j.ID = j.ProcessID + "-" + string(e.Kind)
	if e.Parent != nil {
		j.ParentProcess = e.Parent.String()
	}
	if !e.Stopped.IsZero() {
		j.Stopped = &e.Stopped
		if !e.Started.IsZero() {
			ms := e.Stopped.Sub(e.Started).Milliseconds()
			j.DurationMS = &ms
		}
	}
	return j
}

// SearchInput is what every search over events takes.
type SearchInput struct {
	Q    string    `query:"q" maxLength:"16384" doc:"filter, as in image:*\\temp\\*.exe user:bob -signed:true"`
	From time.Time `query:"from" doc:"oldest time; absent: everything stored"`
	To   time.Time `query:"to" doc:"newest time, exclusive"`
}

func (in *SearchInput) search(now time.Time) (store.Search, error) {
	q, err := query.Parse(in.Q, now)
	if err != nil {
		return store.Search{}, err
	}
	if err := checkRange(in.From, in.To); err != nil {
		return store.Search{}, err
	}
	return store.Search{Query: q, From: in.From.UTC(), To: in.To.UTC()}, nil
}

func eventsJSON(list []store.Event) []Event {
	all := make([]Event, len(list))
	for i := range list {
		all[i] = eventJSON(&list[i])
	}
	return all
}

type listEventsInput struct {
	SearchInput
	Cursor string `query:"cursor" maxLength:"256" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Order  string `query:"order" enum:"desc,asc" default:"desc" doc:"by time"`
}

type eventsOutput struct {
	Body struct {
		Events     []Event    `json:"events"`
		Next       string     `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
		Complete   bool       `json:"complete" doc:"false: the time for one search was up; everything on this side of searched_to was looked through, and next goes on from there"`
		SearchedTo *time.Time `json:"searched_to,omitempty"`
		Coverage   Coverage   `json:"coverage" doc:"of the whole span that was asked for"`
	}
}

func (a *API) listEvents(ctx context.Context, in *listEventsInput) (*eventsOutput, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	var page *store.Page
	coverage, err := a.coveredSearch(ctx, search, func(ctx context.Context) (err error) {
		page, err = a.Store.ListEvents(ctx, store.List{Search: search, Cursor: in.Cursor, Limit: in.Limit, Ascending: in.Order == "asc"})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &eventsOutput{}
	out.Body.Coverage = coverage
	out.Body.Events, out.Body.Next, out.Body.Complete = eventsJSON(page.Events), page.Next, page.Complete
	if !page.Complete {
		out.Body.SearchedTo = &page.SearchedTo
	}
	return out, nil
}

// exactCount is up to where events are counted exactly.
const exactCount = 10_000

type countOutput struct {
	Body struct {
		Count    int64 `json:"count"`
		AtLeast  bool  `json:"at_least" doc:"counting stopped at 10000"`
		Complete bool  `json:"complete" doc:"false: the time was up; there may be more"`

		Coverage Coverage `json:"coverage"`
	}
}

func (a *API) countEvents(ctx context.Context, in *SearchInput) (*countOutput, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	var c store.Count
	coverage, err := a.coveredSearch(ctx, search, func(ctx context.Context) (err error) {
		c, err = a.Store.CountEvents(ctx, search, exactCount)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &countOutput{}
	out.Body.Coverage = coverage
	out.Body.Count, out.Body.AtLeast, out.Body.Complete = c.Events, c.AtLeast, c.Complete
	return out, nil
}

// ProcessInput names a process.
type ProcessInput struct {
	ID string `path:"id" maxLength:"128"`
}

type processOutput struct {
	Body struct {
		Event
		Children *int64 `json:"children,omitempty" doc:"how many processes it has started; absent where counting takes too long"`

		Coverage Coverage `json:"coverage" doc:"of its station while it ran"`
	}
}

func (a *API) getProcess(ctx context.Context, in *ProcessInput) (*processOutput, error) {
	ref, err := store.ParseProcessRef(in.ID)
	if err != nil {
		return nil, err
	}
	e, err := a.Store.Process(ctx, ref)
	if err != nil {
		return nil, err
	}
	out := &processOutput{}
	out.Body.Event = eventJSON(e)
	out.Body.Coverage, err = a.covered(ctx, known(a.question(ref.Started, afterward(e.Stopped), ref.Station)), func(ctx context.Context) error {
		children, counted, err := a.Store.CountChildren(ctx, e)
		if counted {
			out.Body.Children = &children
		}
		return err
	})
	return out, err
}

// afterward returns the end of a span that ends with t, exclusive; it is open
// where t is not known.
func afterward(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(time.Microsecond)
}

// Ancestor is a process above another. One that is not stored is known from
// what its child told.
type Ancestor struct {
	Known bool `json:"known" doc:"whether it is stored"`
	Event
}

type ancestorsOutput struct {
	Body struct {
		Ancestors []Ancestor `json:"ancestors" doc:"nearest first"`
	}
}

func (a *API) getAncestors(ctx context.Context, in *ProcessInput) (*ancestorsOutput, error) {
	ref, err := store.ParseProcessRef(in.ID)
	if err != nil {
		return nil, err
	}
	chain, err := a.Store.Ancestors(ctx, ref)
	if err != nil {
		return nil, err
	}
	out := &ancestorsOutput{}
	out.Body.Ancestors = make([]Ancestor, len(chain))
	for i := range chain {
		known := chain[i].Ref != (store.ProcessRef{})
		out.Body.Ancestors[i] = Ancestor{Known: known, Event: eventJSON(&chain[i])}
		if !known {
			out.Body.Ancestors[i].ID, out.Body.Ancestors[i].ProcessID = "", ""
		}
	}
	return out, nil
}

// Descendant is a process below another.
type Descendant struct {
	Depth  int    `json:"depth" doc:"1 for a child"`
	Parent string `json:"parent" doc:"id of the process in the tree it hangs from"`
	Event
}

type descendantsInput struct {
	ProcessInput
	Limit  int    `query:"limit" minimum:"1" maximum:"5000" default:"500"`
	Cursor string `query:"cursor" maxLength:"128" doc:"next of the page before"`
}

type descendantsOutput struct {
	Body struct {
		Descendants []Descendant `json:"descendants" doc:"in the order of their starts"`
		Next        string       `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) getDescendants(ctx context.Context, in *descendantsInput) (*descendantsOutput, error) {
	ref, err := store.ParseProcessRef(in.ID)
	if err != nil {
		return nil, err
	}
	after, err := parseTreeCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, more, err := a.Store.Descendants(ctx, ref, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &descendantsOutput{}
	out.Body.Descendants = make([]Descendant, len(list))
	if more {
		out.Body.Next = list[len(list)-1].Ref.String()
	}
	for i := range list {
		out.Body.Descendants[i] = Descendant{Depth: list[i].Depth, Parent: list[i].Parent.String(), Event: eventJSON(&list[i].Event)}
	}
	return out, nil
}
