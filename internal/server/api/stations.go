package api

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// Station is a monitored machine, or a computer that an imported log speaks of.
type Station struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name" doc:"as the computer calls itself"`
	Origin    string    `json:"origin" enum:"live,imported"`
	FirstSeen time.Time `json:"first_seen" doc:"time of the oldest event"`
	LastSeen  time.Time `json:"last_seen" doc:"time of the newest event"`
	Processes int64     `json:"processes" doc:"process starts that were ever stored"`
}

func stationJSON(s *store.Station) Station {
	return Station{ID: s.ID, Name: s.Name, Origin: string(s.Origin), FirstSeen: s.FirstSeen.UTC(), LastSeen: s.LastSeen.UTC(), Processes: s.Starts}
}

type listStationsInput struct {
	Search string `query:"search" maxLength:"256" doc:"part of the name"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Cursor string `query:"cursor" maxLength:"1024"`
}

type stationsOutput struct {
	Body struct {
		Stations []Station `json:"stations"`
		Next     string    `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listStations(ctx context.Context, in *listStationsInput) (*stationsOutput, error) {
	list := store.StationList{Search: in.Search, Limit: in.Limit}
	if in.Cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		id, name, ok := strings.Cut(string(raw), " ")
		n, err2 := strconv.ParseInt(id, 10, 64)
		if err != nil || err2 != nil || !ok {
			return nil, fault.Invalidf("the cursor is not one of ours; begin without one")
		}
		list.AfterID, list.AfterName = n, name
	}
	stations, more, err := a.Store.Stations(ctx, list)
	if err != nil {
		return nil, err
	}
	out := &stationsOutput{}
	out.Body.Stations = make([]Station, len(stations))
	for i := range stations {
		out.Body.Stations[i] = stationJSON(&stations[i])
	}
	if more {
		last := stations[len(stations)-1]
		out.Body.Next = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(last.ID, 10) + " " + last.Name))
	}
	return out, nil
}

type stationOutput struct {
	Body Station
}

func (a *API) getStation(ctx context.Context, in *IDInput) (*stationOutput, error) {
	s, err := a.Store.Station(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &stationOutput{Body: stationJSON(s)}, nil
}

func (a *API) removeStation(ctx context.Context, in *IDInput) (*struct{}, error) {
	s, err := a.Store.Station(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Store.RemoveImportedStation(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.audit(ctx, "station.remove", s.Name, map[string]any{"id": s.ID, "processes": s.Starts})
}

type statusOutput struct {
	Body struct {
		Version  string `json:"version"`
		Demo     bool   `json:"demo"`
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
	}
}

func (a *API) getStatus(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	s, err := a.Store.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := &statusOutput{}
	b := &out.Body
	b.Version, b.Demo, b.Database.Version, b.Database.Private, b.Database.Bytes = a.Version, a.Demo, s.ServerVersion, a.Private, s.Bytes
	b.Events.Starts, b.Events.Stops, b.Oldest, b.Newest, b.Stations = s.Starts, s.Stops, s.Oldest, s.Newest, s.Stations
	return out, nil
}
