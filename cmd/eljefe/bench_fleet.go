package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/eljefe/eljefe/internal/bench"
)

type benchFleet struct {
	Stations  int           `help:"Simulated stations." default:"1000" placeholder:"N"`
	Rate      float64       `help:"Events per second of each; 0: as fast as the server takes them." default:"0.5" placeholder:"R"`
	For       time.Duration `help:"How long." default:"1m" placeholder:"D"`
	Server    string        `help:"Address of a server's listener for agents; by default one is started with a database of its own, and removed at the end." placeholder:"URL"`
	Authority string        `help:"SHA-256 of that server's authority, as serve prints it." placeholder:"HEX"`
	Key       string        `help:"Enrolment key of that server. The stations stay there: give the key a label by which they are found." placeholder:"KEY"`
	Metrics   string        `help:"URL of that server's metrics, if it runs on this machine, as https://localhost:8443/metrics." placeholder:"URL"`
	JSON      bool          `help:"Write JSON instead of tables."`
}

// Validate refuses what cannot be meant.
func (c *benchFleet) Validate() error {
	if c.Stations < 1 || c.Stations > 100_000 || c.Rate < 0 || c.For < time.Second {
		return errors.New("--stations must be 1 to 100000, --rate 0 or more, and --for a second or more")
	}
	if c.Server != "" && (c.Authority == "" || c.Key == "") {
		return errors.New("--server needs --authority and --key")
	}
	return nil
}

// Run loads and prints.
func (c *benchFleet) Run(ctx context.Context, a *app) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	dir := a.DataDir
	if dir == defaultDataDir() {
		dir = ""
	}
	report, err := bench.RunFleet(ctx, bench.FleetConfig{
		Stations: c.Stations, Rate: c.Rate, For: c.For, Server: c.Server, Authority: c.Authority, Key: c.Key, Metrics: c.Metrics,
		Program: program, Dir: dir, Log: a.log(), Progress: a.err,
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
