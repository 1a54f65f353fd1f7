package api

import (
	"context"
	"slices"

	"github.com/eljefe/eljefe/internal/fault"
)

// Demo says what is left of the demo.
type Demo struct {
	Running   bool  `json:"running" doc:"the server plays the demo"`
	Stations  int   `json:"stations" doc:"that the demo has"`
	Processes int64 `json:"processes" doc:"that started on them"`
}

type demoOutput struct{ Body Demo }

func (a *API) getDemo(ctx context.Context, _ *struct{}) (*demoOutput, error) {
	stations, err := a.Store.DemoStations(ctx)
	if err != nil {
		return nil, err
	}
	processes, err := a.Store.ProcessesOf(ctx, stations)
	if err != nil {
		return nil, err
	}
	return &demoOutput{Demo{Running: a.Demo, Stations: len(stations), Processes: processes}}, nil
}

type removeDemoOutput struct {
	Body struct {
		Removed int `json:"removed" doc:"stations that were removed, with all their events"`
	}
}

// removeDemo removes the demo's stations. Those that are being played are let in
// no more, and fall silent.
func (a *API) removeDemo(ctx context.Context, _ *struct{}) (*removeDemoOutput, error) {
	stations, err := a.Store.DemoStations(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Store.RemoveDemoKeys(ctx); err != nil {
		return nil, err
	}
	late, err := a.Store.DemoStations(ctx) // some may have come in meanwhile
	if err != nil {
		return nil, err
	}
	stations = append(stations, late...)
	slices.Sort(stations)
	stations = slices.Compact(stations)
	out := &removeDemoOutput{}
	for _, id := range stations {
		err := a.Store.RemoveDemoStation(ctx, id)
		if fault.KindOf(err) == fault.NotFound {
			continue // somebody else removes them too
		}
		if err != nil {
			return nil, err
		}
		out.Body.Removed++
	}
	return out, a.audit(ctx, "demo.remove", "demo", map[string]any{"stations": out.Body.Removed})
}
