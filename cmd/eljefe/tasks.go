package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/server/api"
	"github.com/eljefe/eljefe/internal/wire"
)

type taskCommand struct {
	List          taskList      `cmd:"" help:"List what stations were asked to do."`
	Fetch         taskFetch     `cmd:"" help:"Fetch a file that has run on stations, by its SHA-256."`
	Diagnose      taskDiagnose  `cmd:"" help:"Ask agents for their own log and figures."`
	ListProcesses taskProcesses `cmd:"" help:"Ask stations to report all running processes once more."`
	Cancel        taskCancel    `cmd:"" help:"Cancel a task that is not over."`
}

type taskList struct {
	remote
	listFormat
	Station string `arg:"" optional:"" help:"Name or number of a station; all, where it is left out."`
	State   string `env:"-" help:"Those in one state: ${enum}." enum:",queued,sent,running,done,failed,refused,cancelled,expired" default:"" placeholder:"STATE"`
}

// Run lists tasks.
func (c *taskList) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		query := url.Values{"state": {c.State}}
		if c.Station != "" {
			s, err := cl.station(ctx, c.Station)
			if err != nil {
				return err
			}
			query.Set("station", strconv.FormatInt(s.ID, 10))
		}
		var list []api.Task
		if err := cl.eachPage(ctx, "/tasks", query, func(page *listPage) { list = append(list, page.Tasks...) }); err != nil {
			return err
		}
		return printList(a.out, c.listFormat, list, []string{"id", "station", "task", "state", "who", "created", "why", "message"}, func(t *api.Task) []string {
			return []string{strconv.FormatInt(t.ID, 10), t.Station.Name, strings.ReplaceAll(t.Verb, "_", " "), t.State, t.Who, moment(&t.Created), t.Why, t.Message}
		})
	})
}

// ask gives each station a task.
func (c *stationArgs) ask(ctx context.Context, a *app, task map[string]any) error {
	return c.each(ctx, a, func(cl *client, s *api.Station) error {
		var added api.Task
		if err := cl.call(ctx, http.MethodPost, stationPath(s.ID)+"/tasks", nil, task, &added); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Task %d waits for station %d, %s, until %s.\n", added.ID, s.ID, cli.Printable(s.Name), moment(&added.Expires))
		return nil
	})
}

type taskFetch struct {
	SHA256 string `name:"sha256" env:"-" required:"" help:"SHA-256 of the file, in hexadecimal." placeholder:"HEX"`
	Why    string `env:"-" required:"" help:"What the file is for; it is kept with the task." placeholder:"TEXT"`
	stationArgs
}

// Run asks for a file.
func (c *taskFetch) Run(ctx context.Context, a *app) error {
	return c.ask(ctx, a, map[string]any{"verb": wire.FetchFile, "sha256": c.SHA256, "why": c.Why})
}

type taskDiagnose struct {
	Why string `env:"-" help:"What it is for." placeholder:"TEXT"`
	stationArgs
}

// Run asks for diagnoses.
func (c *taskDiagnose) Run(ctx context.Context, a *app) error {
	return c.ask(ctx, a, map[string]any{"verb": wire.Diagnose, "why": c.Why})
}

type taskProcesses struct {
	Why string `env:"-" help:"What it is for." placeholder:"TEXT"`
	stationArgs
}

// Run asks for running processes.
func (c *taskProcesses) Run(ctx context.Context, a *app) error {
	return c.ask(ctx, a, map[string]any{"verb": wire.ListProcesses, "why": c.Why})
}

type taskCancel struct {
	remote
	ID int64 `arg:"" help:"Number of the task, from \"eljefe station task list\"."`
}

// Run cancels a task.
func (c *taskCancel) Run(ctx context.Context, a *app) error {
	return c.use(ctx, a, func(cl *client) error {
		if err := cl.call(ctx, http.MethodPost, fmt.Sprintf("/tasks/%d/cancel", c.ID), nil, nil, nil); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Task %d is cancelled.\n", c.ID)
		return nil
	})
}
