package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/eljefe/eljefe/internal/fleet"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
	"github.com/eljefe/eljefe/internal/fleet/world"
	"github.com/eljefe/eljefe/internal/server"
)

// demoSeed is that of the demo everywhere, so that everybody sees the same office.
const demoSeed = 5

// playDemo plays the demo to the server that runs in this process.
func playDemo(days int) server.DemoPlay {
	return func(ctx context.Context, to server.DemoAccess) error {
		if to.Known > 0 && !fleet.DemoBegan(to.Dir) {
			return errors.New("the database has the stations of a demo that another server plays or played, or whose folder is lost: it is removed by eljefe demo remove")
		}
		s, err := scenario.Load(scenario.DemoFiles()...)
		if err != nil {
			return err
		}
		return (&fleet.Demo{
			Scenario: s, Server: to.Server, Authority: to.Authority, Key: to.Key, Dir: to.Dir, Version: version, Days: days, Seed: demoSeed, Log: to.Log,
		}).Run(ctx)
	}
}

type demoCommand struct {
	Remove demoRemove `cmd:"" help:"Remove the demo's stations and all their events."`
	Run    demoRun    `cmd:"" help:"Play a scenario to a server, as serve --demo does."`
	Write  demoWrite  `cmd:"" help:"Write what happens in a scenario, as NDJSON."`
	Check  demoCheck  `cmd:"" help:"Say what is wrong with a scenario."`
}

type demoRemove struct{ remote }

// Run removes the demo.
func (c *demoRemove) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		var out struct {
			Removed int `json:"removed"`
		}
		if err := cl.call(ctx, http.MethodDelete, "/demo", nil, nil, &out); err != nil {
			return err
		}
		if out.Removed == 0 {
			fmt.Fprintln(a.out, "There are no stations of the demo.")
			return nil
		}
		fmt.Fprintf(a.out, "%d stations of the demo are removed, with all their events.\n", out.Removed)
		return nil
	})
}

// scenarioFiles name a scenario.
type scenarioFiles struct {
	File  []string `arg:"" optional:"" help:"Files of a scenario, which add to the office that the demo shows." type:"existingfile"`
	Alone bool     `help:"Without the office: the files are the whole scenario."`
}

func (f *scenarioFiles) load() (*scenario.Scenario, error) {
	var sources []scenario.Source
	switch {
	case len(f.File) == 0 && f.Alone:
		return nil, errors.New("--alone needs the files of a scenario")
	case len(f.File) == 0:
		sources = scenario.DemoFiles()
	case !f.Alone:
		sources = scenario.OfficeFiles()
	}
	for _, name := range f.File {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, scenario.Source{Name: name, Data: data})
	}
	return scenario.Load(sources...)
}

// scenarioTime says how much of a scenario happens.
type scenarioTime struct {
	Days int     `help:"Days that lie behind the present." default:"30"`
	Seed uint64  `help:"Equal seeds give equal events." default:"5"`
	Busy float64 `help:"How much happens: 2 is twice as much as the scenario says." default:"1"`
}

// Validate refuses what cannot be meant.
func (t *scenarioTime) Validate() error {
	if t.Days < 1 || t.Days > 366 || t.Busy <= 0 || t.Busy > 100 {
		return errors.New("--days must be 1 to 366, and --busy above 0 and at most 100")
	}
	return nil
}

type demoRun struct {
	scenarioFiles
	scenarioTime
	Server    string  `help:"Address of the server's listener for agents." required:"" placeholder:"URL"`
	Authority string  `help:"SHA-256 of the server's authority, as serve prints it." required:"" placeholder:"HEX"`
	Key       string  `help:"Enrolment key. Give it the label demo, and eljefe demo remove removes what it lets in." required:"" placeholder:"KEY"`
	Speed     float64 `help:"How fast the past goes by: 60 plays an hour in a minute, 0 as fast as it goes."`
	State     string  `help:"Folder for the stations' keys, and for going on later; by default one in --data-dir." type:"path" placeholder:"DIR"`
}

// Run plays a scenario until it is interrupted.
func (c *demoRun) Run(ctx context.Context, a *app) error {
	a.serving = true // its log is all that it says
	s, err := c.load()
	if err != nil {
		return err
	}
	if c.State == "" {
		c.State = filepath.Join(a.DataDir, "demo-run")
	}
	return (&fleet.Demo{
		Scenario: s, Server: c.Server, Authority: c.Authority, Key: func(context.Context) (string, error) { return c.Key, nil }, Dir: c.State,
		Version: version, Days: c.Days, Seed: c.Seed, Busy: c.Busy, Speed: c.Speed, Log: a.log(),
	}).Run(ctx)
}

type demoWrite struct {
	scenarioFiles
	scenarioTime
	Until time.Time `help:"When the last event happens; by default now." format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME"`
}

// Run writes the events, station after station.
func (c *demoWrite) Run(ctx context.Context, a *app) error {
	s, err := c.load()
	if err != nil {
		return err
	}
	if c.Until.IsZero() {
		c.Until = time.Now()
	}
	w := world.New(s, world.Config{Seed: c.Seed, From: c.Until.AddDate(0, 0, -c.Days), Live: c.Until, Zone: c.Until.Location(), Busy: c.Busy})
	lines := json.NewEncoder(a.out)
	for _, st := range w.Stations() {
		for r, ok := st.Next(c.Until); ok; r, ok = st.Next(c.Until) {
			if r.Event == nil {
				continue // a file tells of events
			}
			r.Event.Station = st.Name()
			if err := lines.Encode(r.Event); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

type demoCheck struct{ scenarioFiles }

// Run checks a scenario.
func (c *demoCheck) Run(a *app) error {
	s, err := c.load()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "The scenario can be played: %d stations, %d programs, %d acts.\n", len(s.Stations), len(s.Programs), len(s.Acts))
	return nil
}
