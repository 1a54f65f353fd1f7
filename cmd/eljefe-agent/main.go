// Command eljefe-agent records the processes of a station and reports them to
// an El Jefe server.
//
// Settings come from flags, from environment variables called ELJEFE_AGENT_ and
// the flag's name, and from the configuration file, in this order.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/agent/update"
	"github.com/eljefe/eljefe/internal/cli"
)

// version is set by the linker.
var version = "development"

// app is the command line.
type app struct {
	StateDir  string `help:"Folder for the station's key and the events that wait." type:"path" default:"${state_dir}"`
	LogFormat string `help:"Form of the log on standard error: ${enum}." enum:"text,json" default:"text"`
	LogLevel  string `help:"What is logged: ${enum}." enum:"debug,info,warn,error" default:"info"`

	Run       runCommand       `cmd:"" help:"Record and report, in the foreground."`
	Install   installCommand   `cmd:"" help:"Install or upgrade the agent on this station, and start it."`
	Uninstall uninstallCommand `cmd:"" help:"Stop the agent and remove it; its state stays."`
	Status    statusCommand    `cmd:"" help:"Say how the agent is; the exit code is 0 if it is well."`
	Selftest  selftestCommand  `cmd:"" help:"Start a harmless process and see whether each way of seeing processes sees it."`
	Setup     setupCommand     `cmd:"" hidden:""`
	Canary    canaryCommand    `cmd:"" hidden:""`
	Version   versionCommand   `cmd:"" help:"Print the version."`

	out   io.Writer
	err   io.Writer
	alarm slog.Handler // if not nil, gets the log too: for what somebody should look at
}

func main() {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "eljefe-agent:", err)
		os.Exit(cli.Failure)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs one command and returns the exit code: 0, 1 for a failure, 2 for a
// command line or a configuration that is wrong.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	if len(args) == 0 && openDesktop != nil {
		args = []string{"setup"}
	}
	a := &app{out: out, err: errOut}
	return cli.Program{
		Name: "eljefe-agent", Description: "Record the processes of this station and report them to an El Jefe server.",
		Env: "ELJEFE_AGENT", Vars: map[string]string{"state_dir": defaultStateDir(), "config": systemConfig(), "sensors": sensorNames(), "trial_time": update.TrialTime.String(), "languages": strings.Join(plain.Names(), ",")},
		Grammar: a, Out: out, Err: errOut,
	}.Run(ctx, args)
}

// log returns the logger that the flags ask for, which writes to w.
func (a *app) log(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.LogLevel)); err != nil {
		panic(err) // kong has checked it
	}
	handler := cli.LogHandler(w, a.LogFormat, level)
	if a.alarm != nil {
		handler = slog.NewMultiHandler(handler, a.alarm)
	}
	return slog.New(handler)
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(a *app) error {
	fmt.Fprintln(a.out, "eljefe-agent", version)
	return nil
}
