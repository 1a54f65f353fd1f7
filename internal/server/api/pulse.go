package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// PulseHour is an hour of the pulse.
type PulseHour struct {
	Start  time.Time `json:"start"`
	Starts int64     `json:"starts" doc:"processes that started, or were found running"`
	Stops  int64     `json:"stops"`
}

// BusyStation is a station with many process starts.
type BusyStation struct {
	StationID int64  `json:"station_id"`
	Station   string `json:"station"`
	Starts    int64  `json:"starts"`
}

type pulseInput struct {
	From      time.Time `query:"from" doc:"absent: seven days before to"`
	To        time.Time `query:"to" doc:"absent: the newest event"`
	StationID int64     `query:"station_id" minimum:"0" doc:"absent: all stations"`
	Top       int       `query:"top" minimum:"0" maximum:"100" default:"10"`
}

type pulseOutput struct {
	Body struct {
		From          time.Time     `json:"from" doc:"a whole hour"`
		To            time.Time     `json:"to" doc:"a whole hour"`
		BucketSeconds int64         `json:"bucket_seconds"`
		Hours         []PulseHour   `json:"hours" doc:"every hour of the range, by the times of the events"`
		Top           []BusyStation `json:"top" doc:"the stations with most starts in the range"`
		Coverage      Coverage      `json:"coverage"`
	}
}

const (
	usualPulse   = 7 * 24 * time.Hour
	longestPulse = 92 * 24 * time.Hour
)

func (a *API) getPulse(ctx context.Context, in *pulseInput) (*pulseOutput, error) {
	from, to, err := a.pulseRange(ctx, in.From.UTC(), in.To.UTC())
	if err != nil {
		return nil, err
	}
	var p *store.Pulse
	out := &pulseOutput{}
	b := &out.Body
	b.Coverage, err = a.covered(ctx, known(a.question(from, to, in.StationID)), func(ctx context.Context) (err error) {
		p, err = a.Store.Pulse(ctx, from, to, in.StationID, in.Top)
		return err
	})
	if err != nil {
		return nil, err
	}
	b.From, b.To, b.BucketSeconds, b.Hours, b.Top = from, to, 3600, []PulseHour{}, []BusyStation{}
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		hour := PulseHour{Start: at}
		if len(p.Hours) > 0 && p.Hours[0].Start.Equal(at) {
			hour.Starts, hour.Stops = p.Hours[0].Starts, p.Hours[0].Stops
			p.Hours = p.Hours[1:]
		}
		b.Hours = append(b.Hours, hour)
	}
	for _, s := range p.Top {
		b.Top = append(b.Top, BusyStation{StationID: s.ID, Station: s.Name, Starts: s.Starts})
	}
	return out, nil
}

// pulseRange widens a range to whole hours; an end that is missing it takes from
// what is stored.
func (a *API) pulseRange(ctx context.Context, from, to time.Time) (time.Time, time.Time, error) {
	if to.IsZero() {
		_, newest, ok, err := a.Store.Bounds(ctx)
		if err != nil {
			return from, to, err
		}
		if to = a.Now().UTC(); ok {
			to = newest.Add(time.Microsecond)
		}
		if !from.IsZero() && !from.Before(to) {
			to = from.Add(time.Hour)
		}
	}
	to = to.Add(time.Hour - time.Nanosecond).Truncate(time.Hour)
	if from.IsZero() {
		from = to.Add(-usualPulse)
	}
	from = from.Truncate(time.Hour)
	switch {
	case !from.Before(to):
		return from, to, fault.Invalidf("the time range ends at %s, before it begins at %s", to.Format(time.RFC3339), from.Format(time.RFC3339)).Coded("range_backwards", "to_time", "from_time")
	case to.Sub(from) > longestPulse:
		return from, to, fault.Invalidf("the time range is longer than 92 days; ask for less").Coded("range_long")
	}
	return from, to, nil
}

// RecentEvents counts the events before now. OpenAPI knows structures by name:
// another one of the name "events" is in the status.
type RecentEvents struct {
	LastHour int64 `json:"last_hour"`
	Last24h  int64 `json:"last_24h"`
}

// FleetStations is how many stations there are, those that were retired aside.
type FleetStations struct {
	Total     int64 `json:"total"`
	Live      int64 `json:"live"`
	Imported  int64 `json:"imported"`
	Active24h int64 `json:"active_24h" doc:"with an event in the last 24 hours"`
	Silent    int64 `json:"silent" doc:"that should be in contact, and are not"`
}

// FleetBinaries is how many binaries have run.
type FleetBinaries struct {
	Total      int64 `json:"total"`
	New24h     int64 `json:"new_24h" doc:"first seen in the last 24 hours"`
	NewRare24h int64 `json:"new_rare_24h" doc:"of those, the ones on one station only"`
}

// FleetEvents is how many events there were lately.
type FleetEvents struct {
	LastHour int64 `json:"last_hour"`
	Last24h  int64 `json:"last_24h"`
}

type overviewOutput struct {
	Body struct {
		Now      time.Time     `json:"now" doc:"what all 24 hours are counted back from"`
		Stations FleetStations `json:"stations"`
		Binaries FleetBinaries `json:"binaries"`
		Events   FleetEvents   `json:"events"`
		Newest   *time.Time    `json:"newest,omitempty" doc:"time of the newest event"`
	}
}

func (a *API) getOverview(ctx context.Context, _ *struct{}) (*overviewOutput, error) {
	now := a.Now().UTC()
	o, err := a.Store.Overview(ctx, now)
	if err != nil {
		return nil, err
	}
	out := &overviewOutput{}
	b := &out.Body
	b.Now, b.Newest = now, o.Newest
	b.Stations = FleetStations{Total: o.Stations, Live: o.Live, Imported: o.Stations - o.Live, Active24h: o.Active, Silent: o.Silent}
	b.Binaries = FleetBinaries{Total: o.Binaries, New24h: o.New, NewRare24h: o.NewRare}
	b.Events = FleetEvents{LastHour: o.LastHour, Last24h: o.LastDay}
	return out, nil
}
