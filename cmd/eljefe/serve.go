package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/eljefe/eljefe/internal/server"
	"github.com/eljefe/eljefe/internal/server/api"
)

type serveCommand struct {
	Listen      string   `help:"Address of the page and the API." default:":8443" placeholder:"HOST:PORT"`
	AgentListen string   `help:"Address for agents; \"off\" or nothing: agents are not served." default:":8444" placeholder:"HOST:PORT"`
	Name        []string `help:"Further host names or addresses for the certificate." placeholder:"NAME"`
	Demo        bool     `help:"Show the demo: an office of 39 simulated stations, and an intrusion in it."`
	DemoDays    int      `help:"Days that lie behind a demo that begins." default:"30" placeholder:"DAYS"`
	Files       string   `help:"Where files fetched from stations are kept: a folder, or the URL of a bucket; by default a folder in the data directory." placeholder:"PLACE"`
	MaxUpload   int64    `help:"Greatest size in MiB of a file imported through the page." default:"1024" placeholder:"MIB"`
	Retention   int      `help:"Days of events to keep; 0 keeps all." default:"0" placeholder:"DAYS"`
}

// Validate refuses what cannot be meant.
func (c *serveCommand) Validate() error {
	if c.MaxUpload < 1 || c.Retention < 0 {
		return fmt.Errorf("--max-upload must be at least 1 and --retention at least 0")
	}
	if c.DemoDays < 1 || c.DemoDays > 366 {
		return fmt.Errorf("--demo-days must be 1 to 366")
	}
	return nil
}

// Run serves until the process is told to stop.
func (c *serveCommand) Run(ctx context.Context, a *app) error {
	a.serving = true
	if c.AgentListen == "off" {
		c.AgentListen = ""
	}
	var demo server.DemoPlay
	if c.Demo {
		demo = playDemo(c.DemoDays)
	}
	collectSeldom()
	return server.Run(ctx, server.Config{
		DataDir: a.DataDir, Listen: c.Listen, AgentListen: c.AgentListen, Names: c.Name, DatabaseURL: a.DatabaseURL, Demo: demo,
		Files: c.Files, MaxUpload: c.MaxUpload << 20, Retention: c.Retention, Version: version, Log: a.log(), Out: a.out,
		Clients: a.carried,
	})
}

// collectSeldom lets garbage gather to twice what is in use before it is
// collected, where GOGC does not say otherwise: what comes from stations is
// garbage as soon as it is stored, and to look through what stays costs more
// than the room.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

type migrateCommand struct{}

// Run migrates the database.
func (migrateCommand) Run(ctx context.Context, a *app) (err error) {
	db, closeDB, err := server.OpenStore(ctx, a.DataDir, a.DatabaseURL, a.log())
	if err != nil {
		return err
	}
	defer closeAfter(closeDB, &err)
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "The database's schema is up to date.")
	return nil
}

type openAPICommand struct{}

// Run writes the OpenAPI description, from which the page's types are made.
func (openAPICommand) Run(a *app) error {
	raw, err := api.New(api.Config{Version: version}).OpenAPI()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\n", raw)
	return err
}
