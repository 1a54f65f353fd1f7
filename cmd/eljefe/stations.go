package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/server/api"
)

type stationCommand struct {
	List    stationList    `cmd:"" help:"List stations."`
	Rename  stationRename  `cmd:"" help:"Give a station a name that stays, or none to call it as its computer does."`
	Label   stationLabel   `cmd:"" help:"Give a station labels, or take them away."`
	Retire  stationRetire  `cmd:"" help:"Say that nothing is expected of stations any more."`
	Restore stationRestore `cmd:"" help:"Take back that stations were retired."`
	Revoke  stationRevoke  `cmd:"" help:"Refuse stations for good: their keys are in wrong hands."`
	Gaps    stationGaps    `cmd:"" help:"List the spans for which stations' records are incomplete."`
	Task    taskCommand    `cmd:"" help:"Ask stations for something."`
}

type stationList struct {
	remote
	listFormat
	Search string `env:"-" help:"Part of the name." placeholder:"TEXT"`
	Show   string `env:"-" help:"Those in one state, or all live ones: ${enum}. Without it, all but the retired ones." enum:",live,online,silent,waiting,retired,revoked,imported" default:"" placeholder:"STATE"`
	Label  string `env:"-" help:"Those with this label." placeholder:"LABEL"`
}

// Run lists stations.
func (c *stationList) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		var list []api.Station
		err := cl.eachStation(ctx, url.Values{"search": {c.Search}, "show": {c.Show}, "label": {c.Label}}, func(s *api.Station) { list = append(list, *s) })
		if err != nil {
			return err
		}
		return printList(a.out, c.listFormat, list, []string{"id", "name", "state", "labels", "system", "agent", "last contact"}, func(s *api.Station) []string {
			contact := "-"
			if s.State != "imported" {
				contact = moment(s.LastContact)
			}
			return []string{strconv.FormatInt(s.ID, 10), s.Name, s.State, strings.Join(s.Labels, ", "), s.System, s.AgentVersion, contact}
		})
	})
}

// eachStation calls f with all stations of a list.
func (c *client) eachStation(ctx context.Context, query url.Values, f func(*api.Station)) error {
	return c.eachPage(ctx, "/stations", query, func(page *listPage) {
		for i := range page.Stations {
			f(&page.Stations[i])
		}
	})
}

// listPage is a page of one of the lists that the commands print.
type listPage struct {
	Stations []api.Station `json:"stations"`
	Gaps     []api.Gap     `json:"gaps"`
	Tasks    []api.Task    `json:"tasks"`
	Next     string        `json:"next"`
}

// eachPage calls f with all pages of a list. Empty parameters are left out.
func (c *client) eachPage(ctx context.Context, path string, query url.Values, f func(*listPage)) error {
	for name := range query {
		if query.Get(name) == "" {
			query.Del(name)
		}
	}
	for {
		var page listPage
		if err := c.call(ctx, http.MethodGet, path, query, nil, &page); err != nil {
			return err
		}
		f(&page)
		if page.Next == "" {
			return nil
		}
		query.Set("cursor", page.Next)
	}
}

// station returns the station that a person named: by its number, or by a name
// that only one has.
func (c *client) station(ctx context.Context, name string) (*api.Station, error) {
	if id, err := strconv.ParseInt(name, 10, 64); err == nil && id > 0 {
		var s api.Station
		return &s, c.call(ctx, http.MethodGet, stationPath(id), nil, nil, &s)
	}
	var found []api.Station
	for _, show := range [...]string{"", "retired"} {
		err := c.eachStation(ctx, url.Values{"search": {name}, "show": {show}}, func(s *api.Station) {
			if strings.EqualFold(s.Name, name) {
				found = append(found, *s)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("there is no station %q; \"eljefe station list\" names them", name)
	case 1:
		return &found[0], nil
	}
	ids := make([]string, len(found))
	for i, s := range found {
		ids[i] = fmt.Sprintf("%d (%s)", s.ID, s.State)
	}
	return nil, fmt.Errorf("%d stations are called %q: name one by its number: %s", len(found), name, strings.Join(ids, ", "))
}

func stationPath(id int64) string { return "/stations/" + strconv.FormatInt(id, 10) }

type stationRename struct {
	remote
	Station string `arg:"" help:"Name or number of the station."`
	Name    string `arg:"" optional:"" help:"New name; none: as the computer calls itself."`
}

// Run renames a station.
func (c *stationRename) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		s, err := cl.station(ctx, c.Station)
		if err != nil {
			return err
		}
		var now api.Station
		if err := cl.call(ctx, http.MethodPatch, stationPath(s.ID), nil, map[string]any{"name": c.Name}, &now); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Station %d, %s, is now called %s.\n", s.ID, cli.Printable(s.Name), cli.Printable(now.Name))
		return nil
	})
}

type stationLabel struct {
	remote
	Station string   `arg:"" help:"Name or number of the station."`
	Label   []string `arg:"" optional:"" help:"Its labels, in place of those it has; none takes all away."`
}

// Run labels a station.
func (c *stationLabel) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		s, err := cl.station(ctx, c.Station)
		if err != nil {
			return err
		}
		labels := append([]string{}, c.Label...) // a nil one would be left out, and nothing changed
		var now api.Station
		if err := cl.call(ctx, http.MethodPatch, stationPath(s.ID), nil, map[string]any{"labels": labels}, &now); err != nil {
			return err
		}
		if len(now.Labels) == 0 {
			fmt.Fprintf(a.out, "Station %d, %s, has no labels.\n", s.ID, cli.Printable(now.Name))
			return nil
		}
		fmt.Fprintf(a.out, "Station %d, %s, has the labels %s.\n", s.ID, cli.Printable(now.Name), cli.Printable(strings.Join(now.Labels, ", ")))
		return nil
	})
}

// stationArgs names stations.
type stationArgs struct {
	remote
	Station []string `arg:"" help:"Names or numbers of stations."`
}

// each calls f with each of the stations, all of which are looked up first: a
// name that is wrong stops the command before it has done anything.
func (c *stationArgs) each(ctx context.Context, a *app, f func(*client, *api.Station) error) error {
	return c.use(ctx, a, func(cl *client) error {
		stations := make([]*api.Station, len(c.Station))
		for i, name := range c.Station {
			var err error
			if stations[i], err = cl.station(ctx, name); err != nil {
				return err
			}
		}
		for _, s := range stations {
			if err := f(cl, s); err != nil {
				return fmt.Errorf("station %d, %s: %w", s.ID, s.Name, err)
			}
		}
		return nil
	})
}

// post does to each station what the last part of a path says.
func (c *stationArgs) post(ctx context.Context, a *app, action, done string) error {
	return c.each(ctx, a, func(cl *client, s *api.Station) error {
		if err := cl.call(ctx, http.MethodPost, stationPath(s.ID)+"/"+action, nil, nil, nil); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Station %d, %s, is %s.\n", s.ID, cli.Printable(s.Name), done)
		return nil
	})
}

type stationRetire struct{ stationArgs }

// Run retires stations.
func (c *stationRetire) Run(ctx context.Context, a *app) error {
	return c.post(ctx, a, "retire", "retired; what it has reported stays")
}

type stationRestore struct{ stationArgs }

// Run restores stations.
func (c *stationRestore) Run(ctx context.Context, a *app) error {
	return c.post(ctx, a, "restore", "expected to report again")
}

type stationRevoke struct{ stationArgs }

// Run revokes stations.
func (c *stationRevoke) Run(ctx context.Context, a *app) error {
	return c.post(ctx, a, "revoke", "refused from now on; what it has reported stays")
}

type stationGaps struct {
	remote
	listFormat
	Station string    `arg:"" optional:"" help:"Name or number of a station; all, where it is left out."`
	From    time.Time `env:"-" help:"Leave out gaps that end before, as 2026-11-17T08:00:00Z." placeholder:"TIME"`
	To      time.Time `env:"-" help:"Leave out gaps that begin then or later." placeholder:"TIME"`
}

// Run lists gaps.
func (c *stationGaps) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		query := url.Values{"from": {timeParameter(c.From)}, "to": {timeParameter(c.To)}}
		if c.Station != "" {
			s, err := cl.station(ctx, c.Station)
			if err != nil {
				return err
			}
			query.Set("station", strconv.FormatInt(s.ID, 10))
		}
		var list []api.Gap
		if err := cl.eachPage(ctx, "/gaps", query, func(page *listPage) { list = append(list, page.Gaps...) }); err != nil {
			return err
		}
		return printList(a.out, c.listFormat, list, []string{"station", "cause", "from", "to", "events", "detail"}, func(g *api.Gap) []string {
			events := "unknown"
			if g.Events != nil {
				events = strconv.FormatInt(*g.Events, 10)
			}
			return []string{g.Station.Name, strings.ReplaceAll(g.Cause, "_", " "), moment(&g.From), moment(&g.To), events, g.Detail}
		})
	})
}

// timeParameter is a time as a request takes it; "" where it was not given.
func timeParameter(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}
