package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/importer"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/server"
	"github.com/eljefe/eljefe/internal/server/api"
)

type importCommand struct {
	remote
	Files   []string `arg:"" name:"file" help:"Files, or folders to look for .evtx, .etl, .ndjson and .jsonl in."`
	Station string   `env:"-" help:"Computer of the events that name none. An event trace (.etl) that names none is otherwise known by its file's name." placeholder:"NAME"`
	JSON    bool     `env:"-" name:"json" help:"One JSON object per file instead of a table."`
}

// fileReport says what came of one file.
type fileReport struct {
	File string `json:"file"`
	importer.Summary
	Error string `json:"error,omitempty"`
}

// Run imports files. It goes on after one that fails, and fails at the end.
func (c *importCommand) Run(ctx context.Context, a *app) (err error) {
	files, err := findLogs(c.Files)
	if err != nil {
		return err
	}
	importFile, end, err := c.importer(ctx, a)
	if err != nil {
		return err
	}
	defer closeAfter(end, &err)
	var reports []fileReport
	failed := 0
	for _, name := range files {
		r := fileReport{File: name}
		if r.Summary, err = importFile(ctx, name); err != nil {
			r.Error = cli.ForPeople(err)
			failed++
		}
		reports = append(reports, r)
		if c.JSON {
			if err := json.NewEncoder(a.out).Encode(r); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return errors.New("the import was stopped; import the rest again: what was added is not added twice")
		}
	}
	if !c.JSON {
		if err := printReports(a, reports); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files could not be imported", failed, len(files))
	}
	return nil
}

// importer returns the function that imports one file, here or far away.
func (c *importCommand) importer(ctx context.Context, a *app) (func(context.Context, string) (importer.Summary, error), func() error, error) {
	if c.Server != "" {
		cl, err := c.dial()
		if err != nil {
			return nil, nil, err
		}
		return func(ctx context.Context, name string) (importer.Summary, error) {
			return cl.upload(ctx, name, c.Station)
		}, func() error { return nil }, nil
	}
	db, closeDB, err := server.OpenStore(ctx, a.DataDir, a.DatabaseURL, a.log())
	if err != nil {
		return nil, nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(err, closeDB())
	}
	in := ingest.New(db, ingest.Config{Guard: server.DiskGuard(a.DataDir), Log: a.log()})
	return func(ctx context.Context, name string) (importer.Summary, error) {
		if err := db.Audit(ctx, localUser, "import", filepath.Base(name), nil); err != nil {
			return importer.Summary{}, err
		}
		return importer.Here(ctx, db, in, localUser, name, c.Station)
	}, closeDB, nil
}

// upload imports a file through the API and waits for its end.
func (c *client) upload(ctx context.Context, name, station string) (sum importer.Summary, err error) {
	file, err := os.Open(name)
	if err != nil {
		return sum, err
	}
	defer closeAfter(file.Close, &err)
	info, err := file.Stat()
	if err != nil {
		return sum, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/v1/imports?"+url.Values{"name": {filepath.Base(name)}, "station": {station}}.Encode(), io.NopCloser(file))
	if err != nil {
		return sum, err
	}
	req.ContentLength = info.Size()
	req.Header.Set("Content-Type", "application/octet-stream")
	var job api.Import
	if err := c.send(req, &job); err != nil {
		return sum, err
	}
	for job.State == "receiving" || job.State == "running" {
		select {
		case <-ctx.Done():
			return sum, ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
		if err := c.call(ctx, http.MethodGet, "/imports/"+strconv.FormatInt(job.ID, 10), nil, nil, &job); err != nil {
			return sum, err
		}
	}
	sum = importer.Summary{
		Records: job.Records, Starts: job.Starts, Stops: job.Stops, Other: job.Other,
		Added: job.Added, Duplicates: job.Duplicates, Damaged: job.Damaged,
	}
	for _, s := range job.Stations {
		sum.Stations = append(sum.Stations, s.ID)
	}
	if job.State != "done" {
		return sum, errors.New(job.Reason)
	}
	if job.Reason != "" {
		sum.Reasons = importer.Texts{{Message: job.Reason}}
	}
	return sum, nil
}

// findLogs returns the files that args name; folders are searched.
func findLogs(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && slices.Contains([]string{".evtx", ".etl", ".ndjson", ".jsonl"}, strings.ToLower(filepath.Ext(path))) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, fmt.Errorf("there is no .evtx, .etl, .ndjson or .jsonl file in %s", arg)
		}
	}
	return files, nil
}

func printReports(a *app, reports []fileReport) error {
	var rows [][]string
	var total importer.Summary
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	row := func(file string, s *importer.Summary, remark string) []string {
		return []string{file, number(s.Records), number(s.Starts), number(s.Stops), number(s.Added), number(s.Duplicates), number(s.Damaged), remark}
	}
	for i := range reports {
		r := &reports[i]
		remark := r.Reason()
		if r.Error != "" {
			remark = "FAILED: " + r.Error
		}
		rows = append(rows, row(r.File, &r.Summary, remark))
		for _, sum := range [...]struct {
			to   *int64
			from int64
		}{
			{&total.Records, r.Records}, {&total.Starts, r.Starts}, {&total.Stops, r.Stops},
			{&total.Added, r.Added}, {&total.Duplicates, r.Duplicates}, {&total.Damaged, r.Damaged},
		} {
			*sum.to += sum.from
		}
	}
	if len(reports) > 1 {
		rows = append(rows, row(fmt.Sprintf("%d files", len(reports)), &total, ""))
	}
	return printTable(a.out, []string{"file", "records", "starts", "stops", "added", "duplicates", "damaged", "reason"}, rows)
}
