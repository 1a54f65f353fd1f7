package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
)

// FindDeviceEventsInput chooses records of devices.
type FindDeviceEventsInput struct {
	DeviceQueryInput
	From time.Time `query:"from" doc:"oldest time; absent: everything stored"`
	To   time.Time `query:"to" doc:"newest time, exclusive"`
	StationsInput
	Device int64 `query:"device" minimum:"1" doc:"number of the device; absent: all"`
}

func (in *FindDeviceEventsInput) search(now time.Time) (store.DeviceEventSearch, error) {
	q, err := query.ParseDevices(in.Q, now)
	if err != nil {
		return store.DeviceEventSearch{}, err
	}
	if err := checkRange(in.From, in.To); err != nil {
		return store.DeviceEventSearch{}, err
	}
	return store.DeviceEventSearch{Query: q, Stations: in.Station, Device: in.Device, From: in.From.UTC(), To: in.To.UTC()}, nil
}

// coveredDevices is covered, of what a search for records of devices is about.
func (a *API) coveredDevices(ctx context.Context, s store.DeviceEventSearch, main func(context.Context) error) (Coverage, error) {
	return a.covered(ctx, func(ctx context.Context) (q store.CoverageQuestion, err error) {
		q = a.question(s.From, s.To, 0)
		if q.Stations = s.Stations; q.Stations == nil {
			q.Stations, err = a.stationsOf(ctx, s.Query)
		}
		return q, err
	}, main)
}

type listDeviceEventsInput struct {
	FindDeviceEventsInput
	PartInput
	Order string `query:"order" enum:"desc,asc" default:"desc" doc:"by time"`
}

type deviceEventsOutput struct {
	Body struct {
		Events   []DeviceEvent `json:"events"`
		Next     string        `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
		Coverage Coverage      `json:"coverage" doc:"of the whole span that was asked for"`
	}
}

func (a *API) listDeviceEvents(ctx context.Context, in *listDeviceEventsInput) (*deviceEventsOutput, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	out := &deviceEventsOutput{}
	out.Body.Coverage, err = a.coveredDevices(ctx, search, func(ctx context.Context) error {
		list, next, err := a.Store.DeviceEvents(ctx, store.DeviceEventList{DeviceEventSearch: search, Ascending: in.Order == "asc", Cursor: in.Cursor, Limit: in.Limit})
		out.Body.Events, out.Body.Next = make([]DeviceEvent, len(list)), next
		for i := range list {
			out.Body.Events[i] = DeviceEvent{list[i].ID, StationName{list[i].Station, list[i].StationName}, deviceRecordJSON(&list[i])}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type deviceEventCountOutput struct {
	Body struct {
		Count    int64    `json:"count"`
		AtLeast  bool     `json:"at_least" doc:"counting stopped at 10000"`
		Coverage Coverage `json:"coverage"`
	}
}

func (a *API) countDeviceEvents(ctx context.Context, in *FindDeviceEventsInput) (*deviceEventCountOutput, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	out := &deviceEventCountOutput{}
	out.Body.Coverage, err = a.coveredDevices(ctx, search, func(ctx context.Context) (err error) {
		out.Body.Count, out.Body.AtLeast, err = a.Store.CountDeviceEvents(ctx, search, exactCount)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type exportDevicesInput struct {
	FindDevicesInput
	ExportInput
}

func (a *API) exportDevices(ctx context.Context, in *exportDevicesInput) (*huma.StreamResponse, error) {
	l, err := in.list(a.Now())
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, "devices.export", in.Q, map[string]any{"format": in.Format}); err != nil {
		return nil, err
	}
	l.Sort = "name" // what hardly changes while they are read
	return export(a, "devices", in.Format, func(ctx context.Context, write func([]Device) error) error {
		return a.Store.EachDevice(ctx, l, func(list []store.Device) error { return write(devicesJSON(list)) })
	}), nil
}

// exportedDeviceEvent is a record of a device in a row.
type exportedDeviceEvent struct {
	ID        int64  `json:"id"`
	StationID int64  `json:"station_id"`
	Station   string `json:"station"`
	DeviceRecord
}

type exportDeviceEventsInput struct {
	FindDeviceEventsInput
	ExportInput
}

func (a *API) exportDeviceEvents(ctx context.Context, in *exportDeviceEventsInput) (*huma.StreamResponse, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	detail := map[string]any{"from": in.From, "to": in.To, "stations": in.Station, "device": in.Device, "format": in.Format}
	if err := a.audit(ctx, "device_events.export", in.Q, detail); err != nil {
		return nil, err
	}
	return export(a, "device-events", in.Format, func(ctx context.Context, write func([]exportedDeviceEvent) error) error {
		return a.Store.EachDeviceEvent(ctx, search, func(list []store.DeviceEvent) error {
			rows := make([]exportedDeviceEvent, len(list))
			for i := range list {
				rows[i] = exportedDeviceEvent{list[i].ID, list[i].Station, list[i].StationName, deviceRecordJSON(&list[i])}
			}
			return write(rows)
		})
	}), nil
}
