// Command eljefe is the El Jefe server and its administration.
//
// Settings come from flags, or from environment variables called ELJEFE_ and
// the flag's name. "eljefe serve" with neither works.
package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/installer/carried"
)

// version is set by the linker.
var version = "development"

// app is the command line.
type app struct {
	DataDir     string `help:"Folder for keys, uploads and the private database." type:"path" default:"${data_dir}"`
	DatabaseURL string `name:"database-url" help:"PostgreSQL 15 or later to use instead of the private one, as postgres://user:password@host:5432/eljefe." placeholder:"URL"`
	LogFormat   string `help:"Form of the log on standard error: ${enum}." enum:"text,json" default:"text"`
	LogLevel    string `help:"What is logged: debug, info, warn or error; info for serve, warn for the other commands." enum:",debug,info,warn,error" default:"" placeholder:"LEVEL"`

	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Import  importCommand  `cmd:"" help:"Import Windows event logs and NDJSON."`
	Export  exportCommand  `cmd:"" help:"Write stored events as NDJSON or CSV."`
	User    userCommand    `cmd:"" help:"Manage the users of the page."`
	Token   tokenCommand   `cmd:"" help:"Manage the tokens by which programs use the API."`
	Station stationCommand `cmd:"" help:"Manage stations: names, labels, gaps, tasks; retire and revoke them."`
	Client  clientCommand  `cmd:"" help:"Make clients; manage how agents are let in."`
	Rules   rulesCommand   `cmd:"" help:"Check Sigma rules, and try them on recorded events."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date; serve does it too."`
	Demo    demoCommand    `cmd:"" help:"Remove the demo; play and write scenarios."`
	Bench   benchCommand   `cmd:"" help:"Measure this machine: ingest, searches, bytes per event."`
	OpenAPI openAPICommand `cmd:"" name:"openapi" help:"Write the description of the API." hidden:""`
	Version versionCommand `cmd:"" help:"Print the version."`

	out     io.Writer
	err     io.Writer
	carried fs.FS // generic clients in this program
	serving bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, carried.Files(), os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs one command and returns the exit code: 0, 1 for a failure, 2 for a
// command line that is wrong. clients are those that the program carries.
func run(ctx context.Context, clients fs.FS, args []string, out, errOut io.Writer) int {
	a := &app{out: out, err: errOut, carried: clients}
	return cli.Program{
		Name: "eljefe", Description: "See every process that starts on every station of a network.",
		Env: "ELJEFE", Vars: map[string]string{"data_dir": defaultDataDir(), "version": version},
		Grammar: a, Out: out, Err: errOut,
	}.Run(ctx, args)
}

// defaultDataDir is the system's for root and the user's own otherwise.
func defaultDataDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/eljefe"
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "eljefe")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "eljefe-data"
	}
	return filepath.Join(home, ".local", "share", "eljefe")
}

// log returns the logger that the flags ask for. A command other than serve
// has its own output: of the log it shows warnings, or what was asked for.
func (a *app) log() *slog.Logger {
	level := slog.LevelInfo
	if !a.serving {
		level = slog.LevelWarn
	}
	if a.LogLevel != "" {
		if err := level.UnmarshalText([]byte(a.LogLevel)); err != nil {
			panic(err) // kong has checked it
		}
	}
	return slog.New(cli.LogHandler(a.err, a.LogFormat, level))
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(a *app) error {
	fmt.Fprintln(a.out, "eljefe", version)
	return nil
}
