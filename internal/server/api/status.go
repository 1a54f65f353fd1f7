package api

import (
	"context"
	"time"
)

// Agents tells where agents report, and how they know the server.
type Agents struct {
	Listen    string `json:"listen" doc:"address of the listener"`
	Address   string `json:"address" doc:"under which this server supposes that stations reach it, as https://host:port"`
	Authority string `json:"authority" doc:"SHA-256 of the authority's certificate, in hexadecimal"`
}

type statusOutput struct {
	Body struct {
		Version  string `json:"version"`
		Demo     bool   `json:"demo" doc:"the demo's stations are shown"`
		Database struct {
			Version string `json:"version"`
			Private bool   `json:"private" doc:"run by this server itself"`
			Bytes   int64  `json:"bytes"`
		} `json:"database"`
		Events struct {
			Starts int64 `json:"starts" doc:"process starts stored, estimated"`
			Stops  int64 `json:"stops" doc:"process stops stored, estimated"`
		} `json:"events"`
		Oldest   *time.Time `json:"oldest,omitempty" doc:"time of the oldest event"`
		Newest   *time.Time `json:"newest,omitempty" doc:"time of the newest event"`
		Stations int64      `json:"stations"`
		Agents   *Agents    `json:"agents,omitempty" doc:"absent where this server hears no agents"`
	}
}

func (a *API) getStatus(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	s, err := a.Store.Status(ctx)
	if err != nil {
		return nil, err
	}
	demo, err := a.Store.DemoStations(ctx)
	if err != nil {
		return nil, err
	}
	out := &statusOutput{}
	b := &out.Body
	b.Version, b.Demo, b.Database.Version, b.Database.Private, b.Database.Bytes = a.Version, len(demo) > 0, s.ServerVersion, a.Private, s.Bytes
	b.Events.Starts, b.Events.Stops, b.Oldest, b.Newest, b.Stations = s.Starts, s.Stops, s.Oldest, s.Newest, s.Stations
	b.Agents = a.Agents
	return out, nil
}
