package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/importer"
	"github.com/eljefe/eljefe/internal/store"
)

// Import is a file given to be imported, and what came of it so far.
type Import struct {
	ID         int64        `json:"id"`
	Name       string       `json:"name" doc:"file name"`
	State      string       `json:"state" enum:"receiving,running,done,failed,interrupted"`
	User       string       `json:"user" doc:"who imported it"`
	Bytes      int64        `json:"bytes"`
	BytesDone  int64        `json:"bytes_done"`
	Records    int64        `json:"records" doc:"that could be read, whatever they were"`
	Starts     int64        `json:"starts" doc:"process starts among them"`
	Stops      int64        `json:"stops" doc:"process stops among them"`
	Other      int64        `json:"other" doc:"records that report no process"`
	Added      int64        `json:"added" doc:"events stored"`
	Duplicates int64        `json:"duplicates" doc:"events that were stored before"`
	Damaged    int64        `json:"damaged" doc:"records that could not be read"`
	Reason     string       `json:"reason,omitempty" doc:"why records are damaged, or why it failed"`
	Reasons    []fault.Text `json:"reasons,omitempty" doc:"the same one by one, each with its code; absent for old imports"`
	Stations   []NamedThing `json:"stations" doc:"the stations it spoke of"`
	Created    time.Time    `json:"created"`
	Finished   *time.Time   `json:"finished,omitempty"`
}

// NamedThing is something with an id and a name.
type NamedThing struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func (a *API) importsJSON(ctx context.Context, imports ...store.Import) ([]Import, error) {
	var ids []int64
	for _, i := range imports {
		ids = append(ids, i.Stations...)
	}
	names, err := a.Store.StationNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Import, len(imports))
	for n, i := range imports {
		list[n] = Import{
			ID: i.ID, Name: i.Name, State: i.State, User: i.UserName, Bytes: i.Bytes, BytesDone: i.BytesDone, Records: i.Records,
			Starts: i.Starts, Stops: i.Stops, Other: i.Other, Added: i.Added, Duplicates: i.Duplicates, Damaged: i.Damaged,
			Reason: i.Reason, Reasons: i.Reasons, Created: i.Created.UTC(), Finished: i.Finished, Stations: []NamedThing{},
		}
		for _, id := range i.Stations {
			if name, ok := names[id]; ok {
				list[n].Stations = append(list[n].Stations, NamedThing{id, name})
			}
		}
	}
	return list, nil
}

type addImportInput struct {
	Name    string `query:"name" required:"true" minLength:"1" maxLength:"1024" doc:"file name"`
	Station string `query:"station" maxLength:"256" doc:"the computer of events that name none; absent: an event trace that names none is known by its file's name, and other such events are refused"`
	size    int64
	body    io.Reader
}

// Resolve takes hold of the body: it is streamed, not kept in memory.
func (in *addImportInput) Resolve(ctx huma.Context) []error {
	r, w := humago.Unwrap(ctx)
	in.size, in.body = r.ContentLength, r.Body
	// A large file on a slow line takes as long as it takes.
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return []error{err}
	}
	return nil
}

type importOutput struct {
	Body Import
}

func (a *API) addImport(ctx context.Context, in *addImportInput) (*importOutput, error) {
	if a.Imports == nil {
		return nil, fault.New(fault.Unavailable, "this server takes no uploads").Coded("no_uploads")
	}
	job, err := a.Imports.Receive(ctx, importer.Log{Name: in.Name, Station: in.Station}, caller(ctx).User.Name, in.size, in.body)
	if err != nil {
		return nil, err
	}
	list, err := a.importsJSON(ctx, *job)
	if err != nil {
		return nil, err
	}
	return &importOutput{Body: list[0]}, a.audit(ctx, "import", job.Name, map[string]any{"id": job.ID, "bytes": job.Bytes})
}

type importsOutput struct {
	Body struct {
		Imports    []Import `json:"imports"`
		LimitBytes int64    `json:"limit_bytes" doc:"greatest size of an upload"`
	}
}

func (a *API) listImports(ctx context.Context, _ *struct{}) (*importsOutput, error) {
	imports, err := a.Store.Imports(ctx, 200)
	if err != nil {
		return nil, err
	}
	out := &importsOutput{}
	if a.Imports != nil {
		out.Body.LimitBytes = a.Imports.Limit()
	}
	out.Body.Imports, err = a.importsJSON(ctx, imports...)
	return out, err
}

func (a *API) getImport(ctx context.Context, in *IDInput) (*importOutput, error) {
	i, err := a.Store.Import(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := a.importsJSON(ctx, *i)
	if err != nil {
		return nil, err
	}
	return &importOutput{Body: list[0]}, nil
}
