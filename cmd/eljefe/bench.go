package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/bench"
)

type benchCommand struct {
	Store benchStore `cmd:"" default:"withargs" help:"Measure ingest, searches and bytes per event on a database of its own (the default)."`
	Fleet benchFleet `cmd:"" help:"Load a server with simulated stations."`
}

type benchStore struct {
	Events     []int     `help:"Measure when so many events are stored." default:"1000000,5000000,20000000" placeholder:"N,..."`
	Stations   int       `help:"Stations of the simulated fleet." default:"2000" placeholder:"N"`
	Days       float64   `help:"Days over which the events are spread." default:"30" placeholder:"DAYS"`
	Until      time.Time `help:"End of these days, which is the present for the searches; now, if absent. Searches of the last 24 h take longest before 02:00 UTC, when the day before is closed." placeholder:"TIME"`
	Writers    int       `help:"Connections that store events at the same time." default:"2" placeholder:"N"`
	Batch      int       `help:"Events in one transaction." default:"1500" placeholder:"N"`
	Burst      int       `help:"Events that a station sends at once." default:"16" placeholder:"N"`
	Runs       int       `help:"How often each search is asked." default:"20" placeholder:"N"`
	CPUProfile string    `name:"cpu-profile" help:"File for a profile of the first stage's ingest." placeholder:"FILE"`
	JSON       bool      `help:"Write JSON instead of tables."`
}

// Help says where it works.
func (benchStore) Help() string {
	return "It works on a private database in a folder of its own, made in the place for temporary files or, if that is given, in --data-dir, and removed at the end. " +
		"A database given by --database-url must be empty, and is left filled with invented events."
}

// Validate refuses what cannot be meant.
func (c *benchStore) Validate() error {
	if c.Days <= 0 || min(c.Stations, c.Writers, c.Batch, c.Burst, c.Runs) < 1 || c.Writers > c.Stations {
		return fmt.Errorf("the numbers must be positive, and --writers at most --stations")
	}
	if c.Until.After(time.Now()) {
		return fmt.Errorf("--until is %s: it must be past, since stations cannot send what has not happened", c.Until.Format(time.RFC3339))
	}
	return nil
}

// Run measures and prints.
func (c *benchStore) Run(ctx context.Context, a *app) error {
	dir := a.DataDir
	if dir == defaultDataDir() {
		dir = ""
	}
	collectSeldom() // as the server does
	report, err := bench.Run(ctx, bench.Config{
		Events: c.Events, Stations: c.Stations, Span: time.Duration(c.Days * float64(24*time.Hour)), Until: c.Until, Writers: c.Writers, Batch: c.Batch, Burst: c.Burst,
		Runs: c.Runs, DatabaseURL: a.DatabaseURL, Dir: dir, CPUProfile: c.CPUProfile, Log: a.log(), Progress: a.err,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	return report.Print(a.out)
}
